import Datasets
import Networks
import Objectives
import Torch

extension SelfTest {
  /// Every objective of the list in training: loss, outputs, and the gradients of features, weights and bias.
  var objectives: [Case] {
    catalog.objectives.map { type in
      Case(kind: "objective", name: type.name, tolerance: 1e-4) {
        let own = type.preset(classes: 10)
        let objective =
          type.role == .base ? try Combination(base: own) : try Combination(base: Softmax(), regularizers: [own])
        let inputs = [
          try Self.numbers([12, 16], 0, 2, stream: 1), try Self.numbers([10, 16], -0.5, 0.5, stream: 2),
          try Self.numbers([10], -0.2, 0.2, stream: 3),
        ]
        let reference = try results(of: objective, inputs.map { try $0.to(.f64) }, on: nil)
        let measured = try results(of: objective, inputs.map { try $0.to(device) }, on: device)
        return zip(reference, measured).map { ($0, $1) }
      }
    }
  }

  /// - Parameter place: where random numbers are drawn; nil draws them as the processor does.
  private func results(of objective: Combination, _ inputs: [Tensor], on place: Device?) throws -> [Tensor] {
    let leaves = try inputs.map { try $0.clone().requiresGradient() }
    let samples = Array(0..<12)
    let labels = try Tensor(samples.map { $0 * 7 % 10 % 4 }).to(leaves[0].device)
    let remote = try place.map {
      RemoteSamples(epoch: try Tensor([2], shape: []).to($0), samples: try Tensor(samples).to($0))
    }
    let (loss, outputs) = try objective(
      leaves[0], labels: labels, head: Linear(weight: leaves[1], bias: leaves[2]),
      mode: .training(SampleRandomness(seed: 3, epoch: 2, samples: samples, remote: remote)))
    try loss.backward()
    let gradients = try leaves.map { try $0.gradient() ?? $0 * 0 }  // contrastive features give the head's bias none
    return [try loss.detach(), try outputs.detach()] + gradients
  }

  /// Every network of the list, 16 channels wide, in training: features and logits in f32 and bf16, and the gradients of all
  /// weights in f32, as one vector.
  ///
  /// A wrong kernel shows as a difference of order one. Rounding alone, and ReLUs that fall on the other side, come to 0.016
  /// in the gradient and, in bf16, to some tenths in single features of the deepest network (Inception v3) on the
  /// processor, which is why bf16 is compared in the Euclidean norm.
  var networks: [Case] {
    catalog.networks.flatMap { architecture in
      [
        Case(kind: "network", name: architecture.name, tolerance: 1e-4) { try pairs(architecture, .f32, false) },
        Case(kind: "gradient", name: architecture.name, tolerance: 3e-2, isEuclidean: true) {
          try pairs(architecture, .f32, true)
        },
        Case(kind: "network", name: architecture.name, type: .bf16, tolerance: 0.2, isEuclidean: true) {
          try pairs(architecture, .bf16, false)
        },
      ]
    }
  }

  private func pairs(
    _ architecture: Architecture, _ type: ElementType, _ gradients: Bool
  ) throws -> [(reference: Tensor, measured: Tensor)] {
    let spec = NetworkSpec(name: architecture.name, width: 16)
    let side = max(16, 2 * architecture.leastImageSize)
    func model(_ source: ParameterSource, on device: Device = .cpu) throws -> Model {
      try Model(spec, channels: 3, size: side, classes: 10, source: source, networks: catalog.networks, device: device)
    }
    // Fresh networks have zeros where nothing would show.
    var (values, exact): ([String: Tensor], [String: Tensor]) = ([:], [:])
    for (place, entry) in try model(.seed(1)).parameters.entries.enumerated() {
      var value = entry.tensor
      if entry.kind == .plain { value = try value + Self.numbers(value.shape, 0.4, 0.6, stream: UInt64(1000 + place)) }
      values[entry.name] = value
      exact[entry.name] = try value.to(.f64)
    }
    let images = try Self.numbers([8, 3, side, side], -2, 2, stream: 4).channelsLast()
    let reference = try results(of: model(.tensors(exact)), images.to(.f64), .f64, gradients)
    let measured = try results(of: model(.tensors(values), on: device), images.to(device), type, gradients)
    return zip(reference, measured).map { ($0, $1) }
  }

  /// Features and logits, or the gradients of a loss of the logits, as one vector.
  private func results(
    of model: Model, _ images: Tensor, _ type: ElementType, _ gradients: Bool
  ) throws -> [Tensor] {
    for entry in model.parameters.trained { try entry.tensor.requiresGradient(gradients) }
    let count = images.shape[0]
    let pass = Pass(
      .training(SampleRandomness(seed: 0, epoch: 0, samples: Array(0..<count))), precision: type)
    let (features, auxiliary) = try model.network.allFeatures(images.to(type), pass)
    let logits = try model.head(features.to(model.head.weight.elementType))
    guard gradients else { return [features, logits] }
    let labels = try Tensor((0..<count).map { $0 % 10 }).to(model.device)
    var loss = try crossEntropy(of: logits, labels: labels)
    if let auxiliary, let head = model.auxiliaryHead {
      loss = try loss + crossEntropy(of: head(auxiliary), labels: labels) * TrainingStep.auxiliaryShare
    }
    try loss.backward()
    return [try Tensor.concat(model.parameters.trained.compactMap { try $0.tensor.gradient()?.reshape([-1]) })]
  }
}
