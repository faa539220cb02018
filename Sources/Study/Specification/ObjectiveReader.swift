import Datasets
import Objectives
import Training

/// Reads `objectives`: names in the command line's grammar, or `name: { parameter: value }` where a list or range of values is
/// a sweep and `training` sets options for this objective alone.
enum ObjectiveReader {
  struct Entry {
    var objective: Specification.Objective
    /// Name without parameters, as written: `paper/cosine-softmax`.
    var short: String
    var node: SpecNode
  }

  /// Points that the sweeps of one entry may have together.
  static let mostPoints = 10_000

  static func read(
    _ node: SpecNode, training: TrainingOptions, catalog: Catalog
  ) throws(SpecificationError) -> [Entry] {
    var entries: [Entry] = []
    for item in try node.list("objectives") {
      entries += try expand(item, training: training, catalog: catalog)
    }
    return try label(entries, over: training)
  }

  /// One entry of the list: one objective, or as many as its sweeps have points; the first parameter varies slowest.
  private static func expand(
    _ node: SpecNode, training: TrainingOptions, catalog: Catalog
  ) throws(SpecificationError) -> [Entry] {
    guard case .mapping(let pairs) = node.content else {
      if case .sequence = node.content {
        throw node.error("objectives: expected a name or 'name: { ... }', found a list")
      }
      return [try entry(node.text("objectives"), node: node, training: training, catalog: catalog)]
    }
    guard let pair = pairs.first, pairs.count == 1 else {
      throw node.error("objectives: one objective an entry; start each with '- '")
    }
    guard case .mapping(let parameters) = pair.value.content else {
      if case .scalar("", plain: true) = pair.value.content {
        return [try entry(pair.key, node: node, training: training, catalog: catalog)]
      }
      throw pair.value.error(
        "objectives: expected parameters such as { smoothing: 0.1 }, found \(pair.value.shown)")
    }
    guard !pair.key.contains(":"), !pair.key.contains("+") else {
      throw SpecificationError(
        place: pair.place,
        message: "objectives: write a combination or ready parameters as one text, such as "
          + "'- label-smoothing:smoothing=0.1+logit-penalty', without a mapping behind it")
    }
    var options = training
    var points: [[String]] = [[]]
    for parameter in parameters {
      if parameter.key == "training" {
        options = try TrainingReader.read(parameter.value, over: training)
        continue
      }
      let values = try values(parameter)
      guard points.count * values.count <= mostPoints else {
        throw SpecificationError(
          place: parameter.place,
          message: "objectives: the sweeps of '\(pair.key)' have more than \(mostPoints) points",
          isUsage: parameter.value.isUsage)
      }
      points = points.flatMap { point in values.map { point + ["\(parameter.key)=\($0)"] } }
    }
    var entries: [Entry] = []
    for point in points {
      let text = point.isEmpty ? pair.key : "\(pair.key):\(point.joined(separator: ","))"
      entries.append(try entry(text, node: node, training: options, catalog: catalog))
    }
    return entries
  }

  static func values(_ parameter: SpecNode.Entry) throws(SpecificationError) -> [String] {
    var values: [String] = []
    for item in try parameter.value.numbers(parameter.key) {
      let text = try item.text(parameter.key)
      guard text == "true" || text == "false" || Double(text)?.isFinite == true else {
        throw item.error("\(parameter.key): expected a number, true or false, found \(item.shown)")
      }
      guard !values.contains(text) else {
        throw item.error("\(parameter.key): \(text) is given twice; keep one")
      }
      values.append(text)
    }
    return values
  }

  private static func entry(
    _ text: String, node: SpecNode, training: TrainingOptions, catalog: Catalog
  ) throws(SpecificationError) -> Entry {
    do {
      // The number of classes only scales presets; it is known once the data are read.
      let spec = try ObjectiveSpec(parsing: text, classes: 10, from: catalog.objectives)
      let objective = try spec.objective(from: catalog.objectives)
      for augmentation in training.augment where augmentation.stage == .batch {
        try objective.checkMixedTargets(of: augmentation.description)
      }
    } catch {
      throw node.error("objectives: \(error)")
    }
    // A plus sign before a digit belongs to a number, as in 1e+3.
    let short = text.split(separator: /\+(?![0-9])/).map { $0.prefix { $0 != ":" } }.joined(separator: "+")
    return Entry(
      objective: Specification.Objective(text: text, label: text, training: training), short: short,
      node: node)
  }

  /// The shortest labels that tell the objectives apart.
  private static func label(
    _ entries: [Entry], over training: TrainingOptions
  ) throws(SpecificationError) -> [Entry] {
    var entries = entries
    let shorts = Dictionary(grouping: entries, by: \.short)
    let texts = Dictionary(grouping: entries, by: \.objective.text)
    for index in entries.indices {
      let objective = entries[index].objective
      if shorts[entries[index].short]?.count == 1 {
        entries[index].objective.label = entries[index].short
      } else if let same = texts[objective.text], same.count > 1 {
        let changes = differences(of: objective.training, from: training)
        entries[index].objective.label = ([objective.text] + changes).joined(separator: " ")
      }
    }
    for (index, entry) in entries.enumerated()
    where entries[..<index].contains(where: { $0.objective.label == entry.objective.label }) {
      throw entry.node.error("objectives: '\(entry.objective.label)' is given twice; keep one")
    }
    return entries
  }

  private static func differences(of options: TrainingOptions, from base: TrainingOptions) -> [String] {
    func difference<Value: Equatable>(_ name: String, _ path: KeyPath<TrainingOptions, Value>) -> String? {
      options[keyPath: path] == base[keyPath: path] ? nil : "\(name)=\(options[keyPath: path])"
    }
    func optional<Value: Equatable>(_ name: String, _ path: KeyPath<TrainingOptions, Value?>) -> String? {
      options[keyPath: path] == base[keyPath: path]
        ? nil : "\(name)=\(options[keyPath: path].map { "\($0)" } ?? "none")"
    }
    func names(_ augment: [AugmentationSpec]) -> String { AugmentationSpec.text(of: augment) }
    let augment = names(options.augment)
    return [
      difference("epochs", \.epochs), difference("batch", \.batch),
      difference("learning_rate", \.learningRate),
      difference("warmup", \.warmup), difference("decay", \.decay), difference("momentum", \.momentum),
      difference("weight_decay", \.weightDecay), difference("ema", \.ema),
      augment == names(base.augment) ? nil : "augment=\(augment)",
      difference("precision", \.precision), optional("optimizer", \.optimizer?.rawValue), optional("betas", \.betas),
      optional("epsilon", \.epsilon), optional("clip", \.clip), optional("accumulate", \.accumulate),
      optional("patience", \.patience), optional("test_size", \.testSize),
    ].compactMap { $0 }
  }
}
