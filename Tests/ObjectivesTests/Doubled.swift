import Networks
import Objectives
import Torch

/// The example of `Objective`'s documentation: an objective from outside the tree.
struct Doubled: Objective {
  static let name = "doubled"
  static let summary = "softmax cross-entropy, times a factor"
  static let role = Role.base
  static let parameters = [ObjectiveParameter("factor", "multiplies the loss", .positive)]
  var factor = 2.0
  init() {}
  func loss(of outputs: Tensor, labels: Tensor, head: Linear) throws(TorchError) -> Tensor {
    try crossEntropy(of: outputs, labels: labels) * factor
  }
}
