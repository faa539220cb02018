import Datasets
import Foundation
import Testing

@testable import Study

/// Studies on folders of pictures: shifted accuracy, and bad pictures left out and told.
@Suite struct PictureStudyTests {
  private static let text = """
    name: pictures
    source: { dataset: folder, directory: photos, size: 32, holdout: 0.2, on_bad_image: skip }
    network: { name: convnet, width: 4 }
    training: { epochs: 1, batch: 8, learning_rate: 0.05, warmup: 0, augment: [crop, flip, color-jitter: { brightness: 0.2 }] }
    objectives: [softmax]
    seeds: 1
    transfer:
      - { dataset: source, protocols: [knn] }
    shift: [{ corrupt: [fog, jpeg], severities: [1, 5] }]
    """

  private func photos(in folder: TemporaryFolder) throws {
    let glyphs = try DataReference(dataset: "glyphs", samples: [.train: 48, .test: 24]).load(.train)
    for (split, range) in [("train", 0..<36), ("test", 36..<48)] {
      for index in range {
        let name = ["round", "square"][index % 2]
        let place = folder.url.appendingPathComponent("photos/\(split)/\(name)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try Data(glyphs.bitmap(index).jpeg(quality: 95)).write(to: place.appendingPathComponent("\(index).jpg"))
      }
    }
    try Data("no picture".utf8).write(to: folder.url.appendingPathComponent("photos/train/round/bad.jpg"))
  }

  @Test func measuresUnderCorruptionAndLeavesBadPicturesOut() throws {
    let folder = try TemporaryFolder()
    try photos(in: folder)
    let document = try document(Self.text, dataRoot: folder.url.path)
    var expansion = PlanExpansion(
      document: document, directory: folder.url.path, threads: 1, data: DataCatalog())
    let plan = try expansion.plan()
    #expect(plan.skipped["folder"]?.map(\.file) == ["train/round/bad.jpg"])
    #expect(plan.facts["data/folder/skipped"]?.contains("1 left out: train/round/bad.jpg: unknown format") == true)
    #expect(plan.facts["data/folder/train/images"] == "36")
    #expect(plan.stages.map(\.record.kind) == [.train, .evaluate, .evaluate, .extract, .separation, .knn])
    #expect(plan.stages[2].record.target == "shift")
    let stages = StageExecution()
    let context = Worker.Context(send: { _ in }, isStopping: { false })
    var found: [String: Double] = [:]
    for stage in plan.stages {
      for measurement in try stages.perform(stage.job, context) {
        found["\(measurement.name) \(measurement.target)"] = measurement.value
      }
    }
    let names = ["fog/1", "fog/5", "jpeg_compression/1", "jpeg_compression/5"]
    let values = names.compactMap { found["shift_top1 \($0)"] }
    #expect(values.count == 4)
    #expect(values.allSatisfy { (0...1).contains($0) && abs($0 * 12 - ($0 * 12).rounded()) < 1e-9 })
    let mean = try #require(found["shift_top1_mean "])
    #expect(abs(mean - values.reduce(0, +) / 4) < 1e-12)
    #expect(found["knn_accuracy folder"] != nil || found.keys.contains { $0.hasPrefix("knn_accuracy") })
  }

  @Test func whereTheFirstBadPictureStopsTheStudySaysWhich() throws {
    let folder = try TemporaryFolder()
    try photos(in: folder)
    for (policy, expected) in [("list", "bad.jpg"), ("stop", "bad.jpg")] {
      // Enough epochs that every picture is seen.
      let text = Self.text.replacingOccurrences(of: "on_bad_image: skip", with: "on_bad_image: \(policy)")
        .replacingOccurrences(of: "epochs: 1, batch: 8", with: "epochs: 4, batch: 2")
      let document = try document(text, dataRoot: folder.url.path)
      var expansion = PlanExpansion(
        document: document, directory: folder.url.path, threads: 1, data: DataCatalog())
      do {
        let plan = try expansion.plan()
        let context = Worker.Context(send: { _ in }, isStopping: { false })
        _ = try StageExecution().perform(plan.stages[0].job, context)
        Issue.record("no error with \(policy)")
      } catch {
        #expect("\(error)".contains(expected))
      }
    }
  }

  @Test func changedPicturesAreAnotherSet() throws {
    let folder = try TemporaryFolder()
    try photos(in: folder)
    func digest() throws -> String {
      let reference = DataReference(dataset: "folder", directory: folder.url.appendingPathComponent("photos").path)
      return SplitFacts(of: try reference.load(.test)).pixelDigest
    }
    let before = try digest()
    #expect(try digest() == before)
    let file = folder.url.appendingPathComponent("photos/test/round/36.jpg")
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: file)
    #expect(try digest() != before)
  }
}
