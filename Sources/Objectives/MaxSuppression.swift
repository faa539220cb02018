import Networks
import Torch

/// A penalty on how far the largest logit stands above the mean of all.
///
///     penalty = mean over examples of alpha (max_k o_k - mean_k o_k),   o the outputs, alpha = strength
///
/// Source: Zhou et al., "MaxSup: Overcoming Representation Collapse in Label Smoothing", NeurIPS 2025, arXiv 2502.15798.
/// Label smoothing is cross-entropy plus alpha (o_label - mean o); here the largest output takes the label's place, so
/// that a wrong answer is held back too instead of being strengthened. The two are equal where the answer is right.
/// A regularizer, for it needs no label and so goes with any base. Departures: alpha stays what it is; the authors' code
/// raises it from 0.1 to 0.2 over the epochs.
public struct MaxSuppression: Objective {
  /// Its name in plans.
  public static let name = "maxsup"
  /// What it is, in one line.
  public static let summary = "penalty on the largest logit above the mean, in place of label smoothing"
  /// Added to a base.
  public static let role = Role.regularizer
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("strength", "alpha in alpha (max - mean)", .nonNegative)
  ]

  /// alpha, at least 0. Where the authors' code starts, for every K.
  public var strength = 0.1

  /// The plain defaults.
  public init() {}

  /// The mean over examples of alpha (max_k o_k - mean_k o_k). Equal largest outputs share the gradient.
  public func penalty(onOutputs outputs: Tensor) throws(TorchError) -> Tensor? {
    try (outputs.max([1]).mean() - outputs.mean()) * strength
  }
}
