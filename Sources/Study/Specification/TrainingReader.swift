import Datasets
import Training

/// Reads `training`, and the options that an objective sets for itself.
enum TrainingReader {
  static let keys = [
    "preset", "epochs", "batch", "learning_rate", "warmup", "decay", "momentum", "weight_decay", "ema", "augment",
    "precision", "optimizer", "betas", "epsilon", "clip", "accumulate", "patience", "test_size",
  ]
  static let decays = Decay.allCases.map(\.rawValue)

  /// - Parameter options: what holds where a key is absent; nil for the program's defaults, where `epochs` must be given.
  static func read(_ node: SpecNode, over options: TrainingOptions?) throws(SpecificationError)
    -> TrainingOptions
  {
    let fields = try SpecFields(
      node, of: "training", keys: keys, later: ["label_noise", "devices"])
    var result = options ?? TrainingOptions()
    if let node = fields["preset"] {
      guard options == nil else {
        throw node.error("preset: belongs in the training of the whole study; an objective sets single options")
      }
      let known = TrainingPreset.standard
      let name = try node.choice("preset", of: known.map(\.name))
      result = known.first { $0.name == name }?.options ?? result
    } else if options == nil {
      _ = try fields.required("epochs", "epochs: 30")
    }
    if let node = fields["epochs"] { result.epochs = try node.integer("epochs", in: SpecBounds.epochs) }
    if let node = fields["batch"] { result.batch = try node.integer("batch", in: SpecBounds.batch) }
    if let node = fields["learning_rate"] { result.learningRate = try positive(node, "learning_rate") }
    if let node = fields["warmup"] { result.warmup = try node.number("warmup", in: SpecBounds.warmup) }
    if let node = fields["decay"] {
      result.decay = Decay(rawValue: try node.choice("decay", of: decays)) ?? result.decay
    }
    if let node = fields["momentum"] { result.momentum = try node.number("momentum", in: SpecBounds.momentum) }
    if let node = fields["weight_decay"] {
      result.weightDecay = try node.number("weight_decay", in: SpecBounds.weightDecay)
    }
    if let node = fields["ema"] { result.ema = try node.number("ema", in: SpecBounds.average) }
    if let node = fields["augment"] { result.augment = try augment(node) }
    if let node = fields["precision"] {
      let known = Precision.allCases.map(\.rawValue)
      result.precision = Precision(rawValue: try node.choice("precision", of: known)) ?? result.precision
    }
    try readFurther(fields, &result)
    guard result.warmup <= Double(result.epochs) else {
      throw (fields["warmup"] ?? node).error(
        "warmup: \(result.warmup) epochs of warm-up do not fit into \(result.epochs) epochs; lower warmup")
    }
    return result
  }

  /// The options that are off by default.
  private static func readFurther(_ fields: SpecFields, _ result: inout TrainingOptions) throws(SpecificationError) {
    if let node = fields["optimizer"] {
      let known = OptimizerKind.allCases.map(\.rawValue)
      result.optimizer = OptimizerKind(rawValue: try node.choice("optimizer", of: known))
    }
    if let node = fields["betas"] {
      var betas: [Double] = []
      for item in try node.list("betas") { betas.append(try item.number("betas", in: SpecBounds.betas)) }
      guard betas.count == 2 else { throw node.error("betas: expected two numbers, found \(betas.count)") }
      result.betas = betas
    }
    if let node = fields["epsilon"] { result.epsilon = try positive(node, "epsilon") }
    if let node = fields["clip"] { result.clip = try positive(node, "clip") }
    if let node = fields["accumulate"] { result.accumulate = try node.integer("accumulate", in: SpecBounds.accumulate) }
    if let node = fields["patience"] { result.patience = try node.integer("patience", in: SpecBounds.patience) }
    if let node = fields["test_size"] { result.testSize = try node.integer("test_size", in: SpecBounds.side) }
    for (key, node) in [("betas", fields["betas"]), ("epsilon", fields["epsilon"])] where result.optimizer != .adamw {
      if let node { throw node.error("\(key): only adamw has it; set optimizer: adamw") }
    }
    if let parts = result.accumulate, parts * 2 > result.batch {
      throw (fields["accumulate"] ?? fields["batch"] ?? fields.node).error(
        "accumulate: \(parts) parts of a batch of \(result.batch) leave fewer than two samples in each; lower it")
    }
  }

  private static func positive(_ node: SpecNode, _ what: String) throws(SpecificationError) -> Double {
    let value = try node.number(what, in: 0 ... .greatestFiniteMagnitude)
    guard value > 0 else { throw node.error("\(what): must be above 0") }
    return value
  }

  /// A list of names, or of a name with its parameters, `[flip, color-jitter: {brightness: 0.4}]`; or text as on the
  /// command line, `flip+shift`.
  static func augment(_ node: SpecNode) throws(SpecificationError) -> [AugmentationSpec] {
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
