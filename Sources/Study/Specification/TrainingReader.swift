import Training

/// Reads `training`, and the options that an objective sets for itself.
enum TrainingReader {
  static let keys = [
    "epochs", "batch", "learning_rate", "warmup", "decay", "momentum", "weight_decay", "ema", "augment",
    "precision",
  ]
  private static let decays = Decay.allCases.map(\.rawValue)
  private static let augmentations = Augmentation.allCases.map(\.rawValue)
  private static let laterAugmentations = [
    "crop", "autoaugment", "mixup", "cutmix", "randaugment", "colour", "color",
  ]

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

  private static func augment(_ node: SpecNode) throws(SpecificationError) -> [Augmentation] {
    switch node.content {
    case .sequence(let items) where items.isEmpty: return []
    case .scalar("none", _): return []
    default: break
    }
    var result: [Augmentation] = []
    for item in try node.list("augment", single: true) {
      let name = try item.text("augment")
      guard !laterAugmentations.contains(name) else {
        throw item.error(
          "augment: '\(name)' is not supported by this version of separatrix; supported: "
            + augmentations.joined(separator: ", "))
      }
      guard let kind = Augmentation(rawValue: try item.choice("augment", of: augmentations)) else { continue }
      guard !result.contains(kind) else { throw item.error("augment: '\(name)' is given twice; keep one") }
      result.append(kind)
    }
    return result
  }
}
