import Datasets
import Foundation
import Objectives
import TestSupport
import Testing
import Torch

@testable import Training

/// Folders of small JPEG and PNG files of different sizes, and the batches made from them.
@Suite struct PictureBatchesTests {
  /// `count` pictures of two classes below a scratch folder, class a red, class b blue, some PNG.
  func pictures(_ count: Int, in folder: ScratchFolder) throws -> DataReference {
    for number in 0..<count {
      let name = number % 2 == 0 ? "a" : "b"
      let place = folder.url.appendingPathComponent("train/\(name)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let (width, height) = (24 + number % 5 * 3, 20 + number % 7 * 2)
      var pixels: [UInt8] = []
      for y in 0..<height {
        for x in 0..<width {
          let bright = UInt8(clamping: 90 + (x * 5 + y * 3 + number * 7) % 120)
          pixels += number % 2 == 0 ? [bright, 20, 40] : [30, 20, bright]
        }
      }
      let image = try #require(Bitmap(width: width, height: height, channels: 3, pixels: pixels))
      let isPNG = number % 3 == 0
      let bytes = isPNG ? try image.png() : try image.jpeg(quality: 95)
      try Data(bytes).write(to: place.appendingPathComponent("\(100 + number).\(isPNG ? "png" : "jpg")"))
    }
    return DataReference(dataset: "folder", directory: folder.url.path)
  }

  func loaded(_ reference: DataReference, size: Int = 16) throws -> Samples {
    var reference = reference
    reference.size = [size]
    return try reference.loadStored(.train)
  }

  /// All images of the requests, one after another.
  private func images(_ loader: BatchLoader) throws -> [[Float]] {
    var found: [[Float]] = []
    while let batch = try loader.next() {
      let values = try batch.images.contiguous().floats()
      let size = values.count / max(batch.indices.count, 1)
      for place in batch.indices.indices { found.append(Array(values[place * size..<(place + 1) * size])) }
    }
    return found
  }

  @Test func whatIsDrawnDoesNotDependOnThreadsBatchesOrTheStart() throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(23, in: folder))
    let specs = try AugmentationSpec.list(parsing: "crop+flip+color-jitter:brightness=0.4,hue=0.1+rand-augment+erase")
    let batches = try Batches(samples, normalization: Normalization(of: samples), augment: specs, seed: 3)
    func all(threads: Int, size: Int, from start: Int = 0, ahead: Int = 2) throws -> [[Float]] {
      try images(
        BatchLoader(batches, threads: threads, ahead: ahead) { number in
          let first = start + number * size
          return first < 23 ? BatchRequest(indices: Array(first..<min(first + size, 23)), epoch: 4) : nil
        })
    }
    let expected = try all(threads: 0, size: 1)
    #expect(expected.count == 23)
    for (threads, size, ahead) in [(1, 5, 0), (2, 7, 1), (8, 23, 3), (3, 4, 2)] {
      #expect(try all(threads: threads, size: size, ahead: ahead) == expected)
    }
    #expect(try all(threads: 2, size: 6, from: 9) == Array(expected[9...]))
    let other = try images(BatchLoader(batches) { $0 == 0 ? BatchRequest(indices: Array(0..<23), epoch: 5) : nil })
    #expect(zip(other, expected).allSatisfy { $0 != $1 })
  }

  /// Memory is used again only after its batch, and every view of it, is gone.
  @Test func batchesThatAreHeldStayAsTheyAre() throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(24, in: folder))
    let batches = try Batches(samples, normalization: Normalization(of: samples), augment: [.crop, .flip], seed: 5)
    func loader() -> BatchLoader {
      BatchLoader(batches, threads: 2) { number in
        number < 24 ? BatchRequest(indices: [number / 2 * 2, number / 2 * 2 + 1], epoch: number) : nil
      }
    }
    let expected = try images(loader())
    let holding = loader()
    var held: [Tensor] = []
    while let batch = try holding.next() { held.append(try batch.images.narrow(0, 1, 1)) }
    for (number, image) in held.enumerated() {
      #expect(try image.contiguous().floats() == expected[2 * number + 1])
    }
  }

  @Test func evaluationIsTheSetsTransformNormalized() throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(9, in: folder))
    let normalization = try Normalization(of: samples)
    let batches = try Batches(samples, normalization: normalization, augment: [.crop, .flip], seed: 3)
    let found = try images(BatchLoader(batches) { $0 == 0 ? BatchRequest(indices: Array(0..<9)) : nil })
    let resident = try samples.decoded().samples
    for index in 0..<9 {
      for place in 0..<3 * 256 {
        let channel = place / 256
        let byte = Double(resident.pixels[index * 768 + place])
        let expected = (byte / 255 - normalization.mean[channel]) / normalization.deviation[channel]
        #expect(abs(Double(found[index][place]) - expected) < 1e-5)
      }
    }
  }

  @Test func badPicturesStopOrAreLeftOutAndNeverReplaced() throws {
    let folder = try ScratchFolder()
    var reference = try pictures(12, in: folder)
    let whole = try loaded(reference)
    let bad = folder.url.appendingPathComponent("train/a/104.jpg")
    try Data(contentsOf: bad).prefix(300).write(to: bad)
    let place = try #require((0..<12).first { whole.encoded?.name($0) == "train/a/104.jpg" })
    func loader(_ samples: Samples) throws -> BatchLoader {
      let plain = Normalization(mean: [0, 0, 0], deviation: [1, 1, 1])
      return BatchLoader(try Batches(samples, normalization: plain)) { number in
        number < 3 ? BatchRequest(indices: Array(number * 4..<number * 4 + 4)) : nil
      }
    }
    #expect {
      let loader = try loader(loaded(reference))
      while try loader.next() != nil {}
    } throws: { error in
      guard case .data(let cause) = error as? TrainingError else { return false }
      return cause.kind == .badImage && cause.file == "train/a/104.jpg" && cause.found.contains("truncated")
    }
    reference.onBadImage = .skip
    let left = try loader(loaded(reference))
    var indices: [Int] = []
    var skipped: [BadImage] = []
    while let batch = try left.next() {
      #expect(batch.images.shape[0] == batch.indices.count)
      #expect(try batch.labels.ints() == batch.indices.map { whole.labels[$0] })
      indices += batch.indices
      skipped += batch.skipped
    }
    #expect(indices == (0..<12).filter { $0 != place })
    #expect(skipped.map(\.file) == ["train/a/104.jpg"])
  }

  @Test(arguments: ["flip", "crop+flip", "crop+flip+mixup+cutmix"])
  func aRunOnPicturesStopsAndGoesOnToTheSameWeights(augment: String) throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(40, in: folder))
    var plan = try smallPlan { $0.epochs = 2 }
    plan.training.batch = 8
    plan.training.augment = try AugmentationSpec.list(parsing: augment)
    plan.holdout = 0.2
    let whole = TrainingRun(plan: plan, folder: folder.url.appendingPathComponent("whole"))
    try whole.go(samples)
    let parts = TrainingRun(plan: plan, folder: folder.url.appendingPathComponent("parts"))
    try parts.go(samples, stop: 3, every: .steps(2))
    try parts.go(samples, stop: 6, every: .steps(2))
    try parts.go(samples)
    #expect(try Data(contentsOf: whole.weights) == Data(contentsOf: parts.weights))
  }

  @Test func leftOutPicturesStandInTheLog() throws {
    // With a holdout some of them are in it.
    let bad = ["101", "103", "105", "107"].map { "train/b/\($0).jpg" }
    for (augment, holdout) in [("none", 0), ("crop", 0), ("none", 0.5), ("crop", 0.5)] {
      let folder = try ScratchFolder()
      var reference = try pictures(40, in: folder)
      reference.onBadImage = .skip
      for name in bad { try Data("no picture".utf8).write(to: folder.url.appendingPathComponent(name)) }
      var plan = try smallPlan { $0.epochs = 3 }  // An epoch drops the last samples that fill no batch.
      plan.training.batch = 8
      plan.training.augment = try AugmentationSpec.list(parsing: augment)
      plan.holdout = holdout
      let run = TrainingRun(plan: plan, folder: folder.url.appendingPathComponent("run"))
      let listener = Listener()
      try run.go(try loaded(reference), listener)
      let logged = try run.logged().filter { $0["event"] as? String == "skipped_image" }
      #expect(logged.compactMap { $0["file"] as? String }.sorted() == bad)
      for name in bad { #expect(listener.warnings.count { $0.contains(name) } == 1) }
    }
  }

  @Test func mixedLossIsTheMixtureOfLosses() throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(12, in: folder))
    let specs = try AugmentationSpec.list(parsing: "mixup:alpha=1")
    let batches = try Batches(samples, normalization: Normalization(of: samples), augment: specs, seed: 1)
    let loader = BatchLoader(batches) { $0 == 0 ? BatchRequest(indices: [0, 1, 2, 3, 4], epoch: 0, step: 7) : nil }
    let batch = try #require(try loader.next())
    let mixing = try #require(batch.mixing)
    let plain = try images(BatchLoader(batches) { $0 == 0 ? BatchRequest(indices: [0, 1, 2, 3, 4]) : nil })
    let mixed = try batch.images.contiguous().floats()
    let weight = Float(mixing.weight)
    for image in 0..<5 {
      let partner = (image + 4) % 5
      for place in 0..<768 {
        let expected = plain[image][place] * weight + plain[partner][place] * (1 - weight)
        #expect(abs(mixed[image * 768 + place] - expected) < 1e-4)
      }
    }
    // Cross-entropy under the mixed target, by its definition.
    let outputs = try Tensor((0..<10).map { Float($0 % 3) - 0.5 * Float($0 % 4) }, shape: [5, 2])
    let labels = batch.indices.map { samples.labels[$0] }
    let logs = try outputs.logSoftmax(1).doubles()
    var expected = 0.0
    for image in 0..<5 {
      let partner = labels[(image + 4) % 5]
      expected -=
        (mixing.weight * logs[2 * image + labels[image]] + (1 - mixing.weight) * logs[2 * image + partner]) / 5
    }
    let model = try TrainingRun(plan: smallPlan(), folder: folder.url).model(for: samples, .seed(0))
    let loss = try Combination(base: Softmax()).loss(
      of: outputs, features: outputs, batch, head: model.head
    ).item()
    #expect(abs(loss - expected) < 1e-6)
  }

  @Test func previewShowsTheImageAndWhatEpochsMakeOfIt() throws {
    let folder = try ScratchFolder()
    let samples = try loaded(pictures(20, in: folder))
    let drawn = try AugmentationPreview.samples(samples, augment: [.crop, .flip], count: 4, views: 3, seed: 2)
    #expect(drawn.count == 16)
    let resident = try samples.decoded().samples
    let chosen = CounterGenerator.permutation(count: 20, seed: 2, purpose: .order).prefix(4).sorted()
    for (row, index) in chosen.enumerated() {
      let shown = Array(drawn.pixels[row * 4 * 768..<(row * 4 + 1) * 768])
      let expected = Array(resident.pixels[index * 768..<(index + 1) * 768])
      #expect(zip(shown, expected).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
      #expect(drawn.labels[row * 4] == samples.labels[index])
      let second = Array(drawn.pixels[(row * 4 + 1) * 768..<(row * 4 + 2) * 768])
      #expect(second != shown)
    }
  }

  @Test func theBenchmarkMeasuresWhatItSays() throws {
    let folder = try ScratchFolder()
    var reference = try pictures(10, in: folder)
    reference.size = [16]
    let result = try ImageBenchmark(data: reference, batch: 4, images: 20, threads: 2).run()
    #expect(result.pictures == 10 && result.images == 20)
    #expect(result.pipeline > 0 && result.decode > 0 && result.pack > 0 && result.packBytes > 1000)
  }
}
