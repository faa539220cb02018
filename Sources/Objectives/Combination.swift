import Networks
import Torch

/// One base loss and any number of regularizers, used as one objective:
///
///     x' = every transform of x;   outputs = base(x');   loss = base loss + sum of penalties
///
/// Penalties see the raw logits z, before the base's shift and scale. A training step is
/// ```swift
/// let step = try objective(features, labels: labels, head: head, mode: .training(randomness))
/// try step.loss.backward()
/// ```
/// and evaluation calls `outputs(of:head:)` alone.
public struct Combination: Sendable {
  /// The whole loss.
  public let base: any Objective
  /// What is added to it, in canonical order.
  public let regularizers: [any Objective]

  /// Combines a base with regularizers.
  /// - Throws: `ObjectiveError` if the base is a regularizer or a regularizer a base, if one is named twice, or if two
  ///   make no sense together.
  public init(base: any Objective, regularizers: [any Objective] = []) throws(ObjectiveError) {
    let all = [base] + regularizers
    try Self.check(all.map { type(of: $0) })
    guard type(of: base).role == .base else {
      throw .syntax(text: type(of: base).name, reason: "it is a penalty and needs a base, such as softmax")
    }
    self.base = base
    self.regularizers = regularizers
  }

  /// Features `[B, M]` as the head sees them. In evaluation, dropout and its like do nothing.
  public func transform(_ features: Tensor, mode: Mode) throws(TorchError) -> Tensor {
    var features = try base.transform(features, mode: mode)
    for regularizer in regularizers { features = try regularizer.transform(features, mode: mode) }
    return features
  }

  /// Outputs `[B, K]` of transformed features `[B, M]`, in the element type of the head's weights.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let type = head.weight.elementType
    return try base.outputs(of: features.elementType == type ? features : features.to(type), head: head)
  }

  /// The scalar loss of outputs `[B, K]` and class indices `[B]` (i64), penalties included.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    var loss = try base.loss(of: outputs, labels: labels, head: head)
    let logits = try base.logits(from: outputs)
    for part in [base] + regularizers {
      if let penalty = try part.penalty(on: logits, head: head) { loss = try loss + penalty }
    }
    return loss
  }

  /// The whole way from features to loss, with the outputs on it.
  public func callAsFunction(
    _ features: Tensor, labels: Tensor, head: Linear, mode: Mode
  ) throws(TorchError) -> (loss: Tensor, outputs: Tensor) {
    let outputs = try outputs(of: transform(features, mode: mode), head: head)
    return (try loss(of: outputs, labels: labels, head: head), outputs)
  }

  /// Refuses a set of objectives that cannot be combined.
  static func check(_ types: [any Objective.Type]) throws(ObjectiveError) {
    var names: Set<String> = []
    for type in types {
      guard names.insert(type.name).inserted else { throw .repeatedObjective(name: type.name) }
    }
    let bases = types.filter { $0.role == .base }.map { $0.name }
    guard bases.count <= 1 else { throw .severalBases(names: bases) }
    for first in types {
      for second in types where first != second {
        if let reason = first.conflict(with: second) {
          throw .conflict(first: first.name, second: second.name, reason: reason)
        }
      }
    }
  }
}
