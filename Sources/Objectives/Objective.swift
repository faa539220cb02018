import Networks
import Torch

/// Whether an objective is a whole loss or something added to one.
public enum Role: String, Codable, Sendable {
  /// A loss of its own; a combination has exactly one.
  case base
  /// A penalty or a change of the features; combines with any base, and alone with softmax.
  case regularizer
}

/// What a network is trained to minimize: the way from features x `[B, M]` through the head (W `[K, M]`,
/// b `[K]`) to outputs `[B, K]`, and from outputs and labels to a loss.
///
/// Evaluation reads the same `outputs` that training does, so calibration, agreement and every other
/// measure see what the loss saw: logits after the objective's normalization, shift and scale.
///
/// A new objective is a struct of numbers and switches (`Codable`, all with defaults) in one file that
/// overrides what it changes, and one line in `Objectives.standard`:
/// ```swift
/// public struct Doubled: Objective {
///   public static let name = "doubled"
///   public static let summary = "softmax cross-entropy, times a factor"
///   public static let role = Role.base
///   public static let parameters = [ObjectiveParameter("factor", "multiplies the loss", .positive)]
///   public var factor = 2.0
///   public init() {}
///   public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
///     try crossEntropy(of: outputs, labels: labels) * factor
///   }
/// }
/// ```
public protocol Objective: Codable, Hashable, Sendable {
  /// The name in plans, for example `label-smoothing`.
  static var name: String { get }
  /// One line for `--help` and the documentation.
  static var summary: String { get }
  /// Whole loss or penalty.
  static var role: Role { get }
  /// The parameters, named as they are encoded. Default: none declared (then any finite number is taken).
  static var parameters: [ObjectiveParameter] { get }

  /// The plain defaults, meant for K near 10.
  init()
  /// The setting of Kornblith et al. (arXiv 2010.16402) for ImageNet, K = 1000. Default: `preset(classes: 1000)`.
  static func paper() -> Self
  /// The setting suggested for K classes (see `Presets`). Default: `init()`.
  static func preset(classes: Int) -> Self
  /// Why this objective makes no sense beside another, or nil. Default: nil.
  static func conflict(with other: any Objective.Type) -> String?
  /// Whether the loss under a mixture of two labels is the mixture of the losses under each. Where it is not, mixup and
  /// CutMix are refused. Default: true.
  static var isLinearInTarget: Bool { get }
  /// Whether the loss of a batch is the mean of its examples' losses. Where it is not, a batch cut in parts or spread over
  /// processes has another loss. Default: true.
  static var isMeanOverExamples: Bool { get }

  /// What becomes of features `[B, M]` before the head. Default: nothing.
  func transform(_ features: Tensor, mode: Mode) throws(TorchError) -> Tensor
  /// Outputs `[B, K]` of features `[B, M]`. Default: the head's logits z = x W' + b.
  func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor
  /// The raw logits z `[B, K]` behind outputs: undoes their shift and scale, for penalties on z. Default:
  /// the outputs.
  func logits(from outputs: Tensor) throws(TorchError) -> Tensor
  /// The scalar loss, a mean over examples, of outputs `[B, K]` and class indices `[B]` (i64). Default:
  /// cross-entropy. Penalties are not part of it.
  /// - Throws: `TorchError` also for a label outside `0..<K`.
  func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor
  /// A scalar added to the loss in training, of transformed features `[B, M]` and class indices `[B]` (i64). Default:
  /// nil, nothing.
  func featureLoss(of features: Tensor, labels: Tensor) throws(TorchError) -> Tensor?
  /// A scalar added to the base's loss, of raw logits `[B, K]` (a mean over examples) and the head.
  /// Default: nil, nothing.
  func penalty(on logits: Tensor, head: Linear) throws(TorchError) -> Tensor?
  /// A scalar added to the base's loss, of outputs `[B, K]` (a mean over examples), for penalties on what is predicted.
  /// Default: nil, nothing.
  func penalty(onOutputs outputs: Tensor) throws(TorchError) -> Tensor?
}

extension Objective {
  /// None declared.
  public static var parameters: [ObjectiveParameter] { [] }

  /// The preset for 1000 classes.
  public static func paper() -> Self { preset(classes: 1000) }

  /// The plain defaults.
  public static func preset(classes: Int) -> Self { Self() }

  /// None.
  public static func conflict(with other: any Objective.Type) -> String? { nil }

  /// It is.
  public static var isLinearInTarget: Bool { true }

  /// It is.
  public static var isMeanOverExamples: Bool { true }

  /// The features as they are.
  public func transform(_ features: Tensor, mode: Mode) throws(TorchError) -> Tensor { features }

  /// The head's logits.
  public func outputs(of features: Tensor, head: Linear) throws(TorchError) -> Tensor { try head(features) }

  /// The outputs as they are.
  public func logits(from outputs: Tensor) throws(TorchError) -> Tensor { outputs }

  /// Softmax cross-entropy.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try crossEntropy(of: outputs, labels: labels)
  }

  /// Nothing.
  public func featureLoss(of features: Tensor, labels: Tensor) throws(TorchError) -> Tensor? { nil }

  /// Nothing.
  public func penalty(on logits: Tensor, head: Linear) throws(TorchError) -> Tensor? { nil }

  /// Nothing.
  public func penalty(onOutputs outputs: Tensor) throws(TorchError) -> Tensor? { nil }
}
