import Datasets
import Objectives
import Torch
import Training

/// What a trained network does on a set of samples: accuracy, loss, calibration before and after one temperature.
/// Everything is computed from the objective's outputs, never from raw logits.
public struct Evaluation: Codable, Hashable, Sendable {
  /// Samples.
  public var n: Int
  /// Share whose largest output is the label's.
  public var top1: Double
  /// Share whose label is among the five largest outputs; nil with fewer than five classes.
  public var top5: Double?
  /// The objective's own mean loss, penalties included.
  public var loss: Double
  /// Mean of -log p(label), p = softmax(outputs), in nats; nil for squared error.
  public var nll: Double?
  /// Expected calibration error of the top class, 15 equal-width bins; nil for squared error.
  public var ece: Double?
  /// The temperature that minimizes the NLL on the holdout; nil without a holdout.
  public var temperature: Double?
  /// NLL after division by the temperature.
  public var nllScaled: Double?
  /// ECE after division by the temperature.
  public var eceScaled: Double?
  /// The reliability diagram of the outputs as they are, nil where `ece` is. Not in the JSON.
  public var bins: [CalibrationResult.Bin]?
  /// The same after division by the temperature, nil where `eceScaled` is. Not in the JSON.
  public var scaledBins: [CalibrationResult.Bin]?
  /// Why figures are nil.
  public var reason: String?

  enum CodingKeys: String, CodingKey {
    case n, top1, top5, loss, nll, ece, temperature, reason
    case nllScaled = "nll_scaled"
    case eceScaled = "ece_scaled"
  }

  /// Measures predictions on the set in question, with the temperature fitted on the predictions of the holdout.
  /// With `mask`, answers are sought among these classes only (the practice for ImageNet-A and -R): accuracy and
  /// calibration are of the outputs of these classes; the loss stays that of all.
  public init(_ trained: TrainedModel, _ test: Predictions, holdout: Predictions?, mask: [Int]? = nil) throws {
    n = test.labels.count
    let (outputs, labels) = try Self.masked(test, mask)
    top1 = try Accuracy.top1(outputs: outputs, labels: labels)
    let classes = outputs.shape[1]
    top5 = classes >= 5 ? try Accuracy.top5(outputs: outputs, labels: labels) : nil
    loss = try withoutGradient { () throws(TorchError) in
      try trained.objective.loss(of: test.outputs, labels: Tensor(test.labels), head: trained.model.head).item()
    }
    var reasons: [String] = []
    if classes < 5 { reasons.append("top5: there are \(classes) classes") }
    if let holdout {
      let fitted = try Calibration.fitTemperature(outputs: holdout.outputs, labels: holdout.labels)
      temperature = fitted.value
      if let reason = fitted.reason { reasons.append("temperature: \(reason)") }
    } else {
      reasons.append("temperature: there is no holdout to fit it on")
    }
    let calibration = try Calibration.measure(outputs: outputs, labels: labels, temperature: temperature)
    nllScaled = calibration.scaled?.nll
    eceScaled = calibration.scaled?.ece
    scaledBins = calibration.scaledBins
    if type(of: trained.objective.base) == SquaredError.self {
      reasons.append("nll, ece: outputs of squared error are no log-probabilities before the temperature")
    } else {
      nll = calibration.figures.nll
      ece = calibration.figures.ece
      bins = calibration.bins
    }
    reason = reasons.isEmpty ? nil : reasons.joined(separator: "; ")
  }

  /// The outputs of some classes, and the labels as places among them.
  static func masked(_ test: Predictions, _ mask: [Int]?) throws -> (outputs: Tensor, labels: [Int]) {
    guard let mask else { return (test.outputs, test.labels) }
    let place = Dictionary(mask.enumerated().map { ($1, $0) }) { first, _ in first }
    let labels = test.labels.compactMap { place[$0] }
    guard labels.count == test.labels.count, mask.allSatisfy({ (0..<test.outputs.shape[1]).contains($0) }) else {
      throw DatasetError(
        .labelOutOfRange, expected: "labels among the \(mask.count) classes of the mask", found: "others",
        cure: "use the set's own labels")
    }
    return (try test.outputs.indexSelect(1, Tensor(mask)), labels)
  }

  /// Writes nil as null; `reason` only where there is one.
  public func encode(to encoder: any Encoder) throws {
    var keys = encoder.container(keyedBy: CodingKeys.self)
    try keys.encode(n, forKey: .n)
    try keys.encode(top1, forKey: .top1)
    try keys.encode(top5, forKey: .top5)
    try keys.encode(loss, forKey: .loss)
    try keys.encode(nll, forKey: .nll)
    try keys.encode(ece, forKey: .ece)
    try keys.encode(temperature, forKey: .temperature)
    try keys.encode(nllScaled, forKey: .nllScaled)
    try keys.encode(eceScaled, forKey: .eceScaled)
    try keys.encodeIfPresent(reason, forKey: .reason)
  }
}
