import Foundation
import Networks
import Torch

/// One binary cross-entropy for each class, with a start at odds of 1 : K.
///
///     outputs = z - log K,   loss = sum_k BCE(sigmoid(outputs_k), t_k)
///             = -log sigmoid(outputs_label) - sum_{k != label} log sigmoid(-outputs_k)
///
/// Source: Beyer et al., arXiv 2006.07159; Kornblith et al., arXiv 2010.16402 (Sigmoid). Subtracting
/// log K equals a bias of -log K at the start: the initial loss is about log K + 1. Departures: none.
public struct Sigmoid: Objective {
  /// Its name in plans.
  public static let name = "sigmoid"
  /// What it is, in one line.
  public static let summary = "sum of binary cross-entropies, one a class"
  /// A whole loss.
  public static let role = Role.base

  /// Sigmoid has no parameters.
  public init() {}

  /// z - log K, `[B, K]`.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let logits = try head(features)
    return try logits - Self.shift(of: logits)
  }

  /// z, from outputs `[B, K]`.
  public func logits(from outputs: Tensor) throws(TorchError) -> Tensor {
    try outputs + Self.shift(of: outputs)
  }

  /// The sum of binary cross-entropies of outputs `[B, K]`, a mean over examples.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let signs = try targets(of: labels, like: outputs) * 2 - 1  // [B, K]: 1 for the label, else -1
    return try -((outputs * signs).logSigmoid().sum([1]).mean())
  }

  /// log K of logits `[B, K]`.
  private static func shift(of logits: Tensor) -> Double { log(Double(logits.shape.last ?? 1)) }
}

extension Tensor {
  /// log sigmoid(x) = -log(1 + e^-x), exact for large x of either sign, where log and softplus would round.
  func logSigmoid() throws(TorchError) -> Tensor {
    guard let result = try Tensor.call("aten::log_sigmoid", [.tensor(self)]).first else {
      throw TorchError(operation: "logSigmoid", message: "the operator returned nothing")
    }
    return result
  }
}
