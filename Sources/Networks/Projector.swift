import Torch

/// A multilayer perceptron between features and head, trained with them and thrown away for transfer (Wang et al. 2022,
/// "Revisiting the Transferability of Supervised Pretraining: an MLP Perspective"): for each width a linear layer
/// without bias, batch norm and ReLU. Names are those of PyTorch's Sequential: "projector.0.weight" (linear),
/// "projector.1.weight" (batch norm), "projector.3.weight" (the next linear layer), ...
///
/// Departure: the paper ends in a linear layer; here the head is the linear layer after the last ReLU.
public struct Projector {
  private let layers: [(weight: Tensor, norm: BatchNorm)]

  /// Makes one layer for each of `widths`.
  init(_ scope: Scope, from input: Int, widths: [Int]) throws(NetworkError) {
    guard !widths.isEmpty, widths.allSatisfy({ (1...65536).contains($0) }) else {
      throw .badProjector(widths: widths)
    }
    var layers: [(weight: Tensor, norm: BatchNorm)] = []
    var input = input
    for (index, output) in widths.enumerated() {
      let weight = try (scope / "\(3 * index)").parameter(
        "weight", shape: [output, input], kind: .weight, .varianceScaling(fanIn: input))
      layers.append((weight, try BatchNorm(scope / "\(3 * index + 1)", channels: output)))
      input = output
    }
    self.layers = layers
  }

  /// Features [n, d] to [n, last width], in the type of the features.
  func callAsFunction(_ features: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var x = features
    for (weight, norm) in layers {
      let y = try x.matmul(weight.t())
      pass.counting?(y.count * weight.shape[1])
      // Batch norm is over [n, c, h, w].
      x = try norm(y.unsqueeze(2).unsqueeze(3), relu: true, pass).reshape(y.shape)
    }
    return x
  }
}
