import Networks
import Torch

/// One base loss and any number of regularizers, used as one objective:
///
///     x' = every transform of x;   outputs = base(x');   loss = base loss + losses of x' + sum of penalties
///
/// Penalties see the raw logits z, before the base's shift and scale, or the outputs. A training step is
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
    try base.outputs(of: typed(features, like: head), head: head)
  }

  /// The scalar loss of outputs `[B, K]` and class indices `[B]` (i64), penalties included: what evaluation reports.
  /// Training also wants the features' own losses; see `loss(of:features:labels:head:)`.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    var loss = try base.loss(of: outputs, labels: labels, head: head)
    let logits = try base.logits(from: outputs)
    for part in [base] + regularizers {
      if let penalty = try part.penalty(on: logits, head: head) { loss = try loss + penalty }
      if let penalty = try part.penalty(onOutputs: outputs) { loss = try loss + penalty }
    }
    return loss
  }

  /// The scalar loss that training minimizes, of outputs `[B, K]`, the transformed features `[B, M]` that they come from,
  /// and class indices `[B]` (i64).
  public func loss(
    of outputs: Tensor, features: Tensor, labels: Tensor, head: Linear
  ) throws(TorchError) -> Tensor {
    var loss = try loss(of: outputs, labels: labels, head: head)
    let features = try typed(features, like: head)
    for part in [base] + regularizers {
      if let own = try part.featureLoss(of: features, labels: labels) { loss = try loss + own }
    }
    return loss
  }

  /// The whole way from features to loss, with the outputs on it.
  public func callAsFunction(
    _ features: Tensor, labels: Tensor, head: Linear, mode: Mode
  ) throws(TorchError) -> (loss: Tensor, outputs: Tensor) {
    let features = try transform(features, mode: mode)
    let outputs = try outputs(of: features, head: head)
    return (try loss(of: outputs, features: features, labels: labels, head: head), outputs)
  }

  /// Whether mixup and CutMix have a meaning: the loss under a mixed target is the mixture of the losses.
  public var supportsMixedTargets: Bool { curvedInTarget.isEmpty }

  /// The names of the objectives whose loss is not linear in the target.
  public var curvedInTarget: [String] {
    ([base] + regularizers).map { type(of: $0) }.filter { !$0.isLinearInTarget }.map { $0.name }
  }

  /// Whether the loss of a batch is the mean of its examples' losses, so that a batch may be cut in parts.
  public var isMeanOverExamples: Bool { ([base] + regularizers).allSatisfy { type(of: $0).isMeanOverExamples } }

  /// Refuses an augmentation that mixes targets, such as mixup, where the loss has no meaning for them.
  /// - Throws: `ObjectiveError.mixedTargets`.
  public func checkMixedTargets(of augmentation: String) throws(ObjectiveError) {
    guard supportsMixedTargets else {
      throw .mixedTargets(objectives: curvedInTarget, augmentation: augmentation)
    }
  }

  private func typed(_ features: Tensor, like head: Linear) throws(TorchError) -> Tensor {
    let type = head.weight.elementType
    return features.elementType == type ? features : try features.to(type)
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
