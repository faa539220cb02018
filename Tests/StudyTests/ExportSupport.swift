import Features
import Foundation
import Torch

@testable import Study

/// A study whose store and features are made up, for exports: two runs done, one in work, one not begun.
struct ExportedStudy {
  let folder: TemporaryFolder
  let directory: URL
  let store: StudyStore
  /// When it was made: 2026-01-01 00:00 UTC.
  static let begin = Date(timeIntervalSince1970: 1_767_225_600)
  static let eventFile = "events.out.tfevents.1767225600.separatrix"

  static func digest(_ text: String) -> String {
    String(String(repeating: Hex.text(Array(text.utf8)), count: 64).prefix(64))
  }

  static func run(_ place: Int, _ label: String, _ parameters: String, seed: Int, name: String = "softmax") -> RunRecord
  {
    RunRecord(
      digest: digest("run \(place)"), label: label, objective: name,
      objectiveJSON: "{\"parts\":[{\"name\":\"\(name)\",\"parameters\":{\(parameters)}}]}", network: "resnet8",
      seed: seed,
      planJSON: """
        {"training":{"epochs":3,"batch":32,"learning_rate":0.\(place + 1),"weight_decay":0.0005,
        "augment":["flip",{"shift":{"reach":0.25}}]}}
        """,
      position: place)
  }

  static let runs = [
    run(0, "softmax", "", seed: 0),
    run(1, "label-smoothing:smoothing=0.1", "\"smoothing\":0.1", seed: 0, name: "label-smoothing"),
    run(2, "softmax", "", seed: 1), run(3, "a, \"b\" \u{E9}", "", seed: 1),
  ]

  static let kinds: [(kind: StageKind, target: String)] = [
    (.train, ""), (.evaluate, ""), (.extract, ""), (.separation, ""), (.probe, "mnist"), (.probe, "not/mnist"),
    (.knn, "mnist"),
  ]

  static func stage(_ run: RunRecord, _ place: Int) -> StageRecord {
    StageRecord(
      digest: digest("stage \(run.position) \(place)"), runDigest: run.digest, kind: kinds[place].kind,
      target: kinds[place].target, position: run.position * 10 + place)
  }

  init() throws {
    folder = try TemporaryFolder()
    directory = folder.url.appendingPathComponent("study")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    store = try StudyStore(at: directory.appendingPathComponent("study.sqlite"))
    let study = StudyRecord(
      name: "small", specYAML: "name: small", specJSON: "{}", createdAt: "2026-01-01T00:00:00Z", programVersion: "1")
    try store.plan(
      study: study, runs: Self.runs, stages: Self.runs.flatMap { run in Self.kinds.indices.map { Self.stage(run, $0) } }
    )
    for run in Self.runs.prefix(2) { try finish(run) }
    try train(Self.runs[2], epochs: 1, at: Self.begin.addingTimeInterval(5000))
  }

  /// Begins a training and tells its first epochs.
  func train(_ run: RunRecord, epochs: Int, at time: Date) throws {
    try store.start(stage: Self.stage(run, 0).digest, host: "here", at: time)
    for epoch in 1...epochs {
      try store.record(
        epoch: EpochRecord(
          runDigest: run.digest, epoch: epoch, loss: 2 / Double(epoch), trainAccuracy: 0.3 * Double(epoch),
          holdoutAccuracy: run.seed == 0 ? 0.25 * Double(epoch) : nil, learningRate: 0.1, imagesPerSecond: 1000))
    }
  }

  /// Does all stages of a run, each in 100 seconds.
  func finish(_ run: RunRecord) throws {
    var time = Self.begin.addingTimeInterval(Double(run.position) * 1000)
    try train(run, epochs: 3, at: time)
    for place in Self.kinds.indices {
      let stage = Self.stage(run, place)
      if place > 0 { try store.start(stage: stage.digest, host: "here", at: time) }
      func found(_ name: String, _ split: String, _ value: Double?, _ reason: String? = nil) -> MeasurementRecord {
        MeasurementRecord(
          runDigest: run.digest, stageDigest: stage.digest, name: name, target: stage.target, split: split,
          value: value,
          reason: reason)
      }
      var measured: [MeasurementRecord] = []
      switch stage.kind {
      case .evaluate:
        measured = [found("top1", "test", 0.9 + 0.01 / 3), found("nll", "test", nil, "no logits, \"so\"")]
      case .separation: measured = [found("r2_cosine", "train", 0.5), found("r2_cosine", "test", 1.0)]
      case .probe: measured = [found("probe_accuracy", "test", stage.target == "mnist" ? 0.75 : 0.25)]
      case .knn: measured = [found("knn_k", "test", 5), found("knn_accuracy", "test", 0.5)]
      case .extract: try writeFeatures(of: stage)
      case .train, .sparsity, .spectrum, .collapse, .fewShot, .finetune, .agreement, .cka: break
      }
      time += 100
      try store.finish(stage: stage.digest, seconds: 90, measurements: measured, at: time)
    }
  }

  func featureFile(of stage: StageRecord) -> URL {
    directory.appendingPathComponent("runs/\(stage.runDigest)/features/\(stage.digest.prefix(16))-test.safetensors")
  }

  /// Ten examples of two dimensions and three classes; the fourth is not finite.
  func writeFeatures(of stage: StageRecord) throws {
    let file = featureFile(of: stage)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    let numbers = (0..<20).map { $0 == 7 ? Float.nan : Float($0) / 3 }
    try FeatureSet.write(
      [
        .init(name: "features", type: .f32, shape: [10, 2], numbers: numbers),
        .init(name: "labels", type: .i64, shape: [10], numbers: (0..<10).map { $0 % 3 }),
      ], names: ["features"], metadata: ["class_names": "[\"a\\tb\",\"c\"]"], to: file)
  }

  func out(_ name: String) -> URL { folder.url.appendingPathComponent(name) }

  @discardableResult
  func export(_ format: ExportFormat, to name: String, examples: Int = 1000) throws -> StudyExport.Summary {
    var export = try StudyExport(directory: directory)
    export.examples = examples
    return try export.write(format, to: out(name))
  }

  /// All files below a folder with their bytes.
  func tree(_ name: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: out(name).path) {
      let file = out(name).appendingPathComponent(path)
      if !file.hasDirectoryPath { files[path] = try? Data(contentsOf: file) }
    }
    return files
  }
}
