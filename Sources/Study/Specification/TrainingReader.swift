import Datasets
import Training

/// Reads `training`, and the options that an objective sets for itself.
enum TrainingReader {
  static let keys = [
    "epochs", "batch", "learning_rate", "warmup", "decay", "momentum", "weight_decay", "ema", "augment",
    "precision",
  ]
  private static let decays = Decay.allCases.map(\.rawValue)

  /// - Parameter options: what holds where a key is absent; nil for the program's defaults, where `epochs` must be given.
  static func read(_ node: SpecNode, over options: TrainingOptions?) throws(SpecificationError)
    -> TrainingOptions
  {
    let fields = try SpecFields(
      node, of: "training", keys: keys, later: ["optimizer", "label_noise", "devices"])
    var result = options ?? TrainingOptions()
    if options == nil { _ = try fields.required("epochs", "epochs: 30") }
    if let node = fields["epochs"] { result.epochs = try node.integer("epochs", in: 1...100_000) }
    if let node = fields["batch"] { result.batch = try node.integer("batch", in: 2...1_000_000) }
    if let node = fields["learning_rate"] { result.learningRate = try positive(node, "learning_rate") }
    if let node = fields["warmup"] { result.warmup = try node.number("warmup", in: 0...100_000) }
    if let node = fields["decay"] {
      result.decay = Decay(rawValue: try node.choice("decay", of: decays)) ?? result.decay
    }
    if let node = fields["momentum"] { result.momentum = try node.number("momentum", in: 0...0.9999) }
    if let node = fields["weight_decay"] {
      result.weightDecay = try node.number("weight_decay", in: 0 ... .greatestFiniteMagnitude)
    }
    if let node = fields["ema"] { result.ema = try node.number("ema", in: 0...0.999999) }
    if let node = fields["augment"] { result.augment = try augment(node) }
    if let node = fields["precision"] {
      let known = Precision.allCases.map(\.rawValue)
      result.precision = Precision(rawValue: try node.choice("precision", of: known)) ?? result.precision
    }
    guard result.warmup <= Double(result.epochs) else {
      throw (fields["warmup"] ?? node).error(
        "warmup: \(result.warmup) epochs of warm-up do not fit into \(result.epochs) epochs; lower warmup")
    }
    return result
  }

  private static func positive(_ node: SpecNode, _ what: String) throws(SpecificationError) -> Double {
    let value = try node.number(what, in: 0 ... .greatestFiniteMagnitude)
    guard value > 0 else { throw node.error("\(what): must be above 0") }
    return value
  }

  /// A list of names, or of a name with its parameters, `[flip, color-jitter: {brightness: 0.4}]`; or text as on the
  /// command line, `flip+shift`.
  private static func augment(_ node: SpecNode) throws(SpecificationError) -> [AugmentationSpec] {
    if case .sequence(let items) = node.content, items.isEmpty { return [] }
    var result: [AugmentationSpec] = []
    for item in try node.list("augment", single: true) {
      do throws(AugmentationError) {
        switch item.content {
        case .scalar(let text, _): result += try AugmentationSpec.list(parsing: text)
        case .mapping(let entries) where entries.count == 1:
          result.append(try AugmentationSpec(entries[0].key, settings(entries[0].value)))
        default: throw .syntax(text: item.shown, reason: "write a list item for each augmentation")
        }
      } catch {
        throw item.error("augment: \(error)")
      }
    }
    for (place, spec) in result.enumerated() where result[..<place].contains(where: { $0.name == spec.name }) {
      throw node.error("augment: '\(spec.name)' is given twice; keep one")
    }
    return result
  }

  private static func settings(_ node: SpecNode) throws(AugmentationError) -> [String: AugmentationValue] {
    guard case .mapping(let entries) = node.content else {
      throw .syntax(text: node.shown, reason: "write parameters as {name: value}")
    }
    var settings: [String: AugmentationValue] = [:]
    for entry in entries {
      guard case .scalar(let text, _) = entry.value.content else {
        throw .syntax(text: "\(entry.key): \(entry.value.shown)", reason: "a parameter is a number or a word")
      }
      settings[entry.key] = AugmentationValue(parsing: text)
    }
    return settings
  }
}
