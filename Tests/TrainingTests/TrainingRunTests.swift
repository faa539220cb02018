import Foundation
import Networks
import TestSupport
import Testing
import Torch

@testable import Training

@Suite(.serialized) struct TrainingRunTests {
  @Test func aSeparableProblemIsLearned() throws {
    let folder = try ScratchFolder()
    let plan = try smallPlan { options in
      options.epochs = 12
      options.augment = []
    }
    let listener = Listener()
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants(160), listener)
    let last = try #require(listener.epochs.last)
    #expect(last.trainAccuracy > 0.95 && (last.holdoutAccuracy ?? 0) > 0.95)
    let losses = listener.epochs.map(\.loss)
    #expect(abs(losses[0] - log(4)) < 0.5 && last.loss < 0.3 * losses[0])
    let model = try TrainedModel(folder.url)
    let predictions = try model.predict(try quadrants(400, seed: 2))
    #expect(try predictions.accuracy() > 0.95)
    #expect(
      model.description.network == plan.network && model.description.classNames == ["a", "b", "c", "d"])
    #expect(try model.description.planDigest == plan.digest())
  }

  @Test func aLossThatIsNotFiniteStops() throws {
    let folder = try ScratchFolder()
    let plan = try smallPlan {
      $0.learningRate = 1e30
      $0.warmup = 0
    }
    let run = TrainingRun(plan: plan, folder: folder.url)
    let error = #expect(throws: TrainingError.self) { try run.go(quadrants()) }
    guard case .notFinite(let step, let epoch, let rate, let loss, let last)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(step >= 1 && epoch == step / 4 && rate > 1e29 && !loss.isEmpty)
    #expect(!last.isEmpty && last.count <= 5 && last.allSatisfy(\.isFinite))
    #expect(error?.description.contains("step \(step)") == true)
    #expect(error?.isBadInput == false)
    #expect(!FileManager.default.fileExists(atPath: run.weights.path))
    let event = try #require(run.logged().last)
    #expect(event["event"] as? String == "not_finite" && event["step"] as? Int == step)
    #expect(event["learning_rate"] as? Double == rate)
    #expect((event["last_finite_losses"] as? [Double])?.count == last.count)
    // The lock is free again, and it ends in the same way.
    #expect(throws: TrainingError.self) { try run.go(quadrants()) }
  }

  /// The last update may spoil the weights when no further loss tells of it.
  @Test func weightsThatAreNotFiniteAreNotKept() throws {
    let folder = try ScratchFolder()
    let run = TrainingRun(
      plan: try smallPlan {
        $0.epochs = 1
        $0.batch = 72
        $0.warmup = 0
        $0.learningRate = 1e39
      }, folder: folder.url)
    let error = #expect(throws: TrainingError.self) { try run.go(quadrants()) }
    guard case .notFinite? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: run.weights.path))
  }

  /// What cannot be trained leaves no folder behind that refuses the mended plan.
  @Test func aRefusedPlanLeavesNothing() throws {
    let folder = try ScratchFolder()
    let out = folder.url.appendingPathComponent("run")
    for change: (inout Plan) -> Void in [
      { $0.network.name = "resnet9" }, { $0.training.batch = 100_000 }, { $0.holdout = 2 }, { $0.threads = 0 },
      { $0.dataDigest = "other" }, { $0.objective.parts[0].name = "softmix" },
    ] {
      var plan = try smallPlan()
      change(&plan)
      #expect(throws: TrainingError.self) { try TrainingRun(plan: plan, folder: out).go(quadrants()) }
      #expect(!FileManager.default.fileExists(atPath: out.path))
    }
    try TrainingRun(plan: try smallPlan(), folder: out).go(quadrants(), stop: 1)
  }

  @Test func theFolderNamesItsHolder() throws {
    let folder = try ScratchFolder()
    let run = TrainingRun(plan: try smallPlan(), folder: folder.url)
    do {
      let lock = try FileLock(folder.url.appendingPathComponent("lock"))
      defer { withExtendedLifetime(lock) {} }
      let error = #expect(throws: TrainingError.self) { try run.go(quadrants()) }
      guard case .folderInUse(let path, let holder)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(path == folder.url.path)
      #expect(holder.hasPrefix("process \(ProcessInfo.processInfo.processIdentifier) on "))
      #expect(error?.description.contains(holder) == true)
    }
    try run.go(quadrants(), stop: 1)  // free once the holder is gone
  }

  @Test func aFolderOfAnotherPlanIsRefused() throws {
    let folder = try ScratchFolder()
    try TrainingRun(plan: try smallPlan(), folder: folder.url).go(quadrants(), stop: 1)
    let before = try Data(contentsOf: folder.url.appendingPathComponent("plan.yaml"))
    let other = TrainingRun(plan: try smallPlan { $0.learningRate = 0.06 }, folder: folder.url)
    let error = #expect(throws: TrainingError.self) { try other.go(quadrants()) }
    guard case .otherPlan(_, let difference)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(difference == "training.learning_rate: there 0.05, here 0.06")
    #expect(try Data(contentsOf: folder.url.appendingPathComponent("plan.yaml")) == before)
    #expect(try TrainingRun.plan(in: folder.url) == smallPlan())
  }

  /// A run that left nothing does not keep its folder from another.
  @Test func aFolderWhereNothingCameAboutIsFree() throws {
    let folder = try ScratchFolder()
    let first = TrainingRun(plan: try smallPlan { $0.batch = 4096 }, folder: folder.url)
    #expect(throws: TrainingError.self) { try first.go(quadrants()) }
    try Data(try smallPlan { $0.learningRate = 0.06 }.yaml().utf8)
      .write(to: folder.url.appendingPathComponent("plan.yaml"))
    try TrainingRun(plan: try smallPlan(), folder: folder.url).go(quadrants(), stop: 1)
    #expect(try TrainingRun.plan(in: folder.url) == smallPlan())
  }

  /// A plan whose numbers need all their digits is still the same plan when it is read back.
  @Test func thePlanIsRecognizedAgain() throws {
    let folder = try ScratchFolder()
    let plan = try smallPlan { $0.learningRate = 0.1 + 0.2 - 0.25 }
    let run = TrainingRun(plan: plan, folder: folder.url)
    try run.go(quadrants(), stop: 1)
    #expect(try TrainingRun.plan(in: folder.url) == plan)
    try run.go(quadrants(), stop: 2)
  }

  @Test func foldersThatAreNoRunsAreSaid() throws {
    let folder = try ScratchFolder()
    for body in [
      { _ = try TrainedModel(folder.url) },
      { _ = try TrainedModel(folder.url.appendingPathComponent("none")) },
      { _ = try TrainingRun.plan(in: folder.url) },
    ] as [() throws -> Void] {
      let error = #expect(throws: TrainingError.self) { try body() }
      #expect(error?.description.contains(folder.url.path) == true)
    }
    let file = folder.url.appendingPathComponent("weights.safetensors")
    try Data("none".utf8).write(to: file)
    #expect(throws: TrainingError.self) { try TrainedModel(folder.url) }
    try TensorFile.write([("a", try Tensor([1.0]))], metadata: [:], to: file)
    let error = #expect(throws: TrainingError.self) { try TrainedModel(folder.url) }
    #expect(error?.description.contains("'separatrix'") == true)
  }
}

@Suite struct TensorFileTests {
  @Test func tensorsAndMetadataComeBackAndDamageShows() throws {
    let folder = try ScratchFolder()
    let url = folder.url.appendingPathComponent("t.safetensors")
    let half = try Tensor([0.1, 0.2]).to(.bf16)
    let last = try Tensor(counterNumbers(1, 24), shape: [1, 2, 3, 4]).to(.f32).channelsLast()
    try TensorFile.write([("b", half), ("a", last)], metadata: ["k": "v\n"], to: url)
    let (tensors, metadata) = try TensorFile.read(url, requiresDigest: true)
    #expect(try tensors["a"]?.floats() == last.floats() && tensors["a"]?.shape == [1, 2, 3, 4])
    #expect(try tensors["b"]?.floats() == half.floats() && tensors["b"]?.elementType == .f32)
    #expect(metadata["k"] == "v\n" && metadata["digest"]?.count == 64)
    // Every byte matters, also those of the header.
    let bytes = try Data(contentsOf: url)
    for place in stride(from: 0, to: bytes.count, by: 3) {
      var damaged = bytes
      damaged[place] ^= 1
      try damaged.write(to: url)
      guard let read = try? TensorFile.read(url, requiresDigest: true) else { continue }
      #expect(bytes[place] == 0x20, "a change of byte \(place) went unseen: \(read.metadata)")  // padding
    }
    for length in stride(from: 0, to: bytes.count, by: 7) {
      try bytes.prefix(length).write(to: url)
      #expect(throws: TrainingError.self) { try TensorFile.read(url, requiresDigest: true) }
    }
  }

  @Test func filesFromElsewhereNeedNoDigestUnlessAsked() throws {
    let folder = try ScratchFolder()
    let url = folder.url.appendingPathComponent("t.safetensors")
    try SafeTensorsFile.write([.init(name: "a", type: .f16, shape: [1], bytes: [0, 0x3C])], to: url)
    #expect(try TensorFile.read(url, requiresDigest: false).tensors["a"]?.item() == 1)
    #expect(throws: TrainingError.self) { try TensorFile.read(url, requiresDigest: true) }
    try SafeTensorsFile.write([.init(name: "a", type: .u16, shape: [1], bytes: [0, 0])], to: url)
    #expect(throws: TrainingError.self) { try TensorFile.read(url, requiresDigest: false) }
  }
}
