import Datasets
import Networks
import Objectives
import Torch

extension SelfTest {
  /// Images that are mirrored, shifted and normalized on the device, against those made for the processor: not a bit differs.
  var images: [Case] {
    [
      Case(kind: "images", name: "flip+shift", tolerance: 0) {
        let batches = try Self.batches()
        let request = BatchRequest(indices: [3, 0, 17, 31, 8], epoch: 2)
        let here = try batches.batch(request.indices, epoch: 2)
        guard let resident = try ResidentImages(batches, on: device) else {
          throw TorchError(operation: "images", message: "there is no room for 32 images of 12 x 10 pixels")
        }
        let there = try resident.batch(request)
        return [(here.images, there.images), (here.labels, there.labels)]
      }
    ]
  }

  /// Eight steps with each optimizer, clipping, decay and averages, in f32 on both: losses, all weights and what is kept of them. On
  /// CUDA the last five are recorded and launched as a whole; a recording that fails fails the test.
  var training: [Case] {
    OptimizerKind.allCases.flatMap { kind in
      ["softmax", "softmax+dropout"].map { objective in
        Case(kind: "training", name: "\(kind.rawValue), \(objective)", tolerance: 1e-2, isEuclidean: true) {
          let reference = try Self.trained(kind, objective, on: .cpu, forced: false)
          let measured = try Self.trained(kind, objective, on: device, forced: true)
          return zip(reference, measured).map { ($0, $1) }
        }
      }
    }
  }

  /// 32 images of noise, in three channels and four classes.
  private static func batches() throws -> Batches {
    var random = CounterGenerator(seed: 1, purpose: .bench)
    let shape = ImageShape(channels: 3, height: 12, width: 10)
    let samples = try Samples(
      pixels: (0..<32 * shape.count).map { _ in UInt8(random.below(256)) }, labels: (0..<32).map { $0 % 4 },
      shape: shape,
      classNames: ["a", "b", "c", "d"])
    return try Batches(samples, normalization: Normalization(of: samples), augment: [.flip, .shift], seed: 7)
  }

  private static func trained(
    _ kind: OptimizerKind, _ objective: String, on device: Device, forced: Bool
  ) throws -> [Tensor] {
    var options = TrainingOptions()
    options.optimizer = kind
    options.clip = 0.5
    options.ema = 0.9
    options.weightDecay = 1e-2
    let model = try Model(
      NetworkSpec(name: "resnet8", width: 16), channels: 3, size: 10, classes: 4, source: .seed(2), device: device)
    let spec = try ObjectiveSpec(parsing: objective, classes: 4)
    let optimizer = try Optimizer(model, options: options)
    var reason: String?
    let step = try StepRunner(
      TrainingStep(model, spec.objective(), optimizer, .f32), on: device, seed: 5, batch: 16, forced: forced
    ) { reason = $0 }
    let source = try BatchSource(batches(), on: device) { number in
      number < 8 ? BatchRequest(indices: (0..<16).map { (5 * $0 + number) % 32 }, epoch: number, step: number) : nil
    }
    var results: [StepResult] = []
    var number = 0
    while let batch = try source.next() {
      results += try step(batch, epoch: number, rate: 1e-3, step: number)
      number += 1
    }
    results += try step.rest()
    if let reason { throw TorchError(operation: "training", message: reason) }
    return try [Tensor(results.map(\.loss))] + optimizer.state().map(\.tensor)
  }
}
