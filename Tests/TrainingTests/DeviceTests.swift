import Datasets
import Foundation
import Networks
import Objectives
import TestSupport
import Testing
import Torch

@testable import Training

/// What can be tested of other devices without one: the same code on the processor.
@Suite struct DeviceTests {
  @Test(arguments: [1, 3], [[], [AugmentationSpec.flip], [.shift], [.flip, .shift]]) func residentImagesAreTheLoaders(
    channels: Int, augment: [AugmentationSpec]
  ) throws {
    var random = CounterGenerator(seed: 1, purpose: .bench)
    let shape = ImageShape(channels: channels, height: 9, width: 13)
    let samples = try Samples(
      pixels: (0..<20 * shape.count).map { _ in UInt8(random.below(256)) }, labels: (0..<20).map { $0 % 3 },
      shape: shape,
      classNames: ["a", "b", "c"])
    let batches = try Batches(samples, normalization: Normalization(of: samples), augment: augment, seed: 11)
    let resident = try #require(try ResidentImages(batches, on: .cpu))
    for epoch in [0, 1, 7] {
      let request = BatchRequest(indices: [19, 0, 3, 3, 12, 8], epoch: epoch)
      let (here, there) = (try batches.batch(request.indices, epoch: epoch), try resident.batch(request))
      #expect(try here.images.floats() == there.images.floats() && here.images.shape == there.images.shape)
      #expect(try here.labels.ints() == there.labels.ints())
      // Channels-last, as convolutions like it.
      #expect(
        try there.images.permute([0, 2, 3, 1]).bytes() == there.images.channelsLast().permute([0, 2, 3, 1]).bytes())
      let remote = try #require(there.remote)
      #expect(try remote.samples.samples.ints() == request.indices && remote.samples.epoch.item() == Double(epoch))
    }
  }

  @Test func whatTheDeviceCannotMakeIsStreamed() throws {
    let samples = try quadrants(16)
    for augment in [[try AugmentationSpec("mixup")], [.flip, try AugmentationSpec("cutmix")], [.crop]] {
      let batches = try Batches(samples, normalization: Normalization(of: samples), augment: augment)
      #expect(try ResidentImages(batches, on: .cpu) == nil)
    }
  }

  /// All that a step reads is on its device where images are streamed and mixed.
  @Test(arguments: ["mixup", "cutmix+flip"]) func batchesComeWhole(augment: String) throws {
    let samples = try quadrants(32)
    let batches = try Batches(
      samples, normalization: Normalization(of: samples), augment: AugmentationSpec.list(parsing: augment), seed: 3)
    func source(_ device: Device) throws -> BatchSource {
      try BatchSource(batches, on: device) { $0 < 3 ? BatchRequest(indices: [5, 9, 1, 30], epoch: $0, step: $0) : nil }
    }
    let (here, there) = (try source(.cpu), try source(.meta))
    #expect(!there.isResident && !here.isResident)
    for _ in 0..<3 {
      let (a, b) = (try #require(try here.next()), try #require(try there.next()))
      #expect(b.indices == a.indices && b.mixing == a.mixing && b.images.shape == a.images.shape && b.epoch == a.epoch)
      let remote = try #require(b.remote)
      #expect((remote.weight == nil) == (a.mixing == nil) && (b.partners == nil) == (a.partners == nil))
      let tensors =
        [b.images, b.labels, remote.samples.epoch, remote.samples.samples]
        + [b.partners, remote.weight].compactMap { $0 }
      #expect(tensors.allSatisfy { $0.device == .meta })
    }
    #expect(try here.next() == nil && there.next() == nil)
  }

  /// A run by the way of other devices ends where a run of the processor ends, up to rounding.
  @Test(arguments: ["softmax", "cosine-softmax+dropout"], [OptimizerKind.sgd, .adamw]) func runsEndAlike(
    objective: String, optimizer: OptimizerKind
  ) throws {
    let samples = try quadrants()
    func weights(_ asElsewhere: Bool) throws -> [String: Tensor] {
      let folder = try ScratchFolder()
      let plan = try smallPlan(objective: objective) {
        $0.optimizer = optimizer
        $0.clip = 1
        $0.accumulate = 2
        $0.learningRate = optimizer == .adamw ? 1e-3 : 0.02
      }
      var run = TrainingRun(plan: plan, folder: folder.url)
      run.stepsAsElsewhere = asElsewhere
      let listener = Listener()
      try run.go(samples, listener)
      #expect(listener.epochs.count == 3 && listener.epochs.allSatisfy { $0.loss.isFinite })
      return try TensorFile.read(run.weights, requiresDigest: true).tensors
    }
    let (here, there) = (try weights(false), try weights(true))
    #expect(here.keys.sorted() == there.keys.sorted())
    for (name, tensor) in here { #expect(try relativeGap(#require(there[name]), tensor) < 2e-3, "\(name)") }
  }

  /// Results come late, checkpoints and ends do not: stopped anywhere and gone on with, the same bytes.
  @Test(arguments: [1, 4, 7]) func runsGoOnToTheSameBytes(stop: Int) throws {
    let samples = try quadrants()
    let (whole, broken) = (try ScratchFolder(), try ScratchFolder())
    var run = TrainingRun(plan: try smallPlan(), folder: whole.url)
    run.stepsAsElsewhere = true
    try run.go(samples)
    var other = TrainingRun(plan: try smallPlan(), folder: broken.url)
    other.stepsAsElsewhere = true
    var calls = 0
    let outcome = try other.run(
      all: samples, checkpointEvery: .steps(3),
      shouldStop: {
        calls += 1
        return calls == stop
      })
    var step: Int?
    if case .interrupted(let at) = outcome { step = at }
    #expect(step == stop)
    let listener = Listener()
    try other.go(samples, every: .steps(3), listener)
    #expect(listener.resumed == [stop])
    #expect(try Data(contentsOf: run.weights) == Data(contentsOf: other.weights))
    let losses = try [run, other].map {
      try $0.logged().filter { $0["event"] as? String == "epoch" }.map { "\($0["loss"]!)" }
    }
    #expect(losses[0] == losses[1] && losses[0].count == 3)
  }

  /// The step whose loss is not finite is named although others were launched after it.
  @Test func theStepThatDivergedIsNamed() throws {
    func failure(_ asElsewhere: Bool) throws -> String {
      let folder = try ScratchFolder()
      var run = TrainingRun(
        plan: try smallPlan {
          $0.learningRate = 1e18; $0.warmup = 0
        }, folder: folder.url)
      run.stepsAsElsewhere = asElsewhere
      do {
        try run.go(try quadrants())
      } catch TrainingError.notFinite(let step, let epoch, let rate, _, let last) {
        return "\(step) \(epoch) \(rate) \(last.count)"
      }
      return "finished"
    }
    let here = try failure(false)
    #expect(here != "finished")
    #expect(try failure(true) == here)
  }

  /// A plan without a device has the bytes that it always had.
  @Test func plansTellTheDevice() throws {
    var plan = try smallPlan()
    let text = String(decoding: try plan.canonicalJSON(), as: UTF8.self)
    #expect(!text.contains("device") && !text.contains("deterministic"))
    let digest = try plan.digest()
    plan.device = "cuda"
    #expect(try plan.digest() != digest)
    let folder = try ScratchFolder()
    #expect(try TrainingRun.plan(yaml: plan.yaml(), path: "plan.yaml") == plan)
    if !Machine.isBuiltWithCUDA {
      #expect {
        try TrainingRun(plan: plan, folder: folder.url).go(try quadrants())
      } throws: {
        if case TrainingError.device(.notBuilt(name: "cuda")) = $0 { true } else { false }
      }
    }
    #expect(throws: TrainingError.self) { try TrainingRun(plan: plan, folder: folder.url, device: .cpu).place() }
    plan.device = "tpu"
    #expect(throws: TrainingError.self) { try TrainingRun(plan: plan, folder: folder.url).place() }
    plan.device = nil
    plan.deterministic = false
    #expect(throws: TrainingError.self) { try TrainingRun(plan: plan, folder: folder.url).place() }
    #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("plan.yaml").path))
  }
}
