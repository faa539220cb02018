import Networks
import Torch

/// Cross-entropy in which examples that are already right count less.
///
///     loss = -(1 - p)^gamma log p,   p = softmax(z)_label,   gamma = focus
///
/// Source: Lin et al., "Focal Loss for Dense Object Detection", arXiv 1708.02002, equation 4 (gamma = 2); over classes,
/// as in Mukhoti et al., arXiv 2002.09437. gamma = 0 is softmax. Departures: no class weights (the paper's alpha balances
/// foreground against background). The power makes the loss curved in the target, so that mixed targets are refused.
public struct Focal: Objective {
  /// Its name in plans.
  public static let name = "focal"
  /// What it is, in one line.
  public static let summary = "softmax cross-entropy that counts examples less the surer they are right"
  /// A whole loss.
  public static let role = Role.base
  /// What it takes.
  public static let parameters = [
    ObjectiveParameter("focus", "gamma in (1 - p)^gamma; 0 is softmax", .nonNegative)
  ]
  /// The weight (1 - p)^gamma belongs to one label.
  public static let isLinearInTarget = false

  /// gamma, at least 0. The published setting for every K.
  public var focus = 2.0

  /// The plain defaults.
  public init() {}

  /// The mean of -(1 - p)^gamma log p of outputs `[B, K]`.
  public func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    let logs = try outputs.logSoftmax(1).gather(1, labels.unsqueeze(1))  // [B, 1]
    // 1 - p = -expm1(log p) keeps its digits near p = 1. The floor gives the power a finite slope at 1 - p = 0.
    let wrong = try -logs.expm1()
    return try -((wrong.clamp(1e-30, .infinity).pow(focus) * logs).mean())
  }
}

extension Tensor {
  /// e^x - 1, exact near 0.
  func expm1() throws(TorchError) -> Tensor {
    guard let result = try Tensor.call("aten::expm1", [.tensor(self)]).first else {
      throw TorchError(operation: "expm1", message: "the operator returned nothing")
    }
    return result
  }
}
