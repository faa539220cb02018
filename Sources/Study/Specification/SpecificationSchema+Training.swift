import Datasets
import Networks
import Objectives
import Training

extension SpecificationSchema {
  // MARK: Networks

  var network: [String: SchemaValue] {
    let layer = SchemaValue.integer(SpecBounds.projector)
    return [
      "name": .names(catalog.networks.map(\.name)), "width": .integer(SpecBounds.width),
      "projector": .any(of: [layer, .array(layer)]),
    ]
  }

  /// - Parameter swept: whether the width may be several.
  func networkEntry(swept: Bool) -> SchemaValue {
    var keys = network
    if swept { keys["width"] = .numbers(.integer(SpecBounds.width), whole: true) }
    return .any(of: [
      .names(catalog.networks.map(\.name)), .object(SpecificationReader.networkKeys, keys, required: ["name"]),
    ])
  }

  // MARK: Training

  var training: [String: SchemaValue] {
    [
      "preset": .names(TrainingPreset.standard.map(\.name)),
      "epochs": .integer(SpecBounds.epochs), "batch": .integer(SpecBounds.batch), "learning_rate": .positive(),
      "warmup": .decimal(SpecBounds.warmup), "decay": .names(TrainingReader.decays),
      "momentum": .decimal(SpecBounds.momentum), "weight_decay": .decimal(SpecBounds.weightDecay),
      "ema": .decimal(SpecBounds.average), "augment": Self.augment,
      "precision": .names(Precision.allCases.map(\.rawValue)),
      "optimizer": .names(OptimizerKind.allCases.map(\.rawValue)),
      "betas": .array(.decimal(SpecBounds.betas), from: 2, to: 2), "epsilon": .positive(), "clip": .positive(),
      "accumulate": .integer(SpecBounds.accumulate), "patience": .integer(SpecBounds.patience),
      "test_size": .integer(SpecBounds.side),
    ]
  }

  /// A list of augmentations, or one text of them.
  static let augment: SchemaValue = ["$ref": "#/$defs/augment"]

  /// What stands once and is pointed at from many places.
  var trainingDefinitions: [String: SchemaValue] {
    [
      "augmentation": augmentation,
      "augment": .any(of: [
        ["$ref": "#/$defs/augmentation"], .array(["$ref": "#/$defs/augmentation"], from: 0),
      ]),
      "own_training": .object(TrainingReader.keys.filter { $0 != "preset" }, training),
    ]
  }

  /// A name, a text in the command line's grammar, or a name with its settings.
  private var augmentation: SchemaValue {
    let types = Augmentations.standard
    var entries: [String: SchemaValue] = [:]
    for type in types {
      var settings: [String: SchemaValue] = [:]
      for parameter in type.parameters { settings[parameter.name] = Self.setting(parameter) }
      entries[type.name] = .object(type.parameters.map(\.name), settings).with(["description": .text(type.summary)])
    }
    return .any(of: [
      .names(types.map { $0.name } + ["none"]), ["type": "string", "pattern": "[:+,]"],
      Self.oneKey(entries),
    ])
  }

  private static func setting(_ parameter: AugmentationParameter) -> SchemaValue {
    var choices: [SchemaValue] = []
    if let range = parameter.range {
      choices.append(SchemaValue.decimal(range).with(["type": parameter.isWhole ? "integer" : "number"]))
    }
    if !parameter.words.isEmpty { choices.append(.names(parameter.words)) }
    return SchemaValue.any(of: choices).with(["description": .text(parameter.meaning)])
  }

  var augmentVariants: SchemaValue {
    let variants: SchemaValue = [
      "type": "object", "minProperties": 1, "propertyNames": ["pattern": "^[A-Za-z0-9_.-]+$"],
      "additionalProperties": Self.augment,
    ]
    return .any(of: [variants, .array(variants.with(["maxProperties": 1]))])
  }

  // MARK: Objectives

  /// A name, a text in the command line's grammar, or a name with parameters to sweep and training options of its own.
  var objective: SchemaValue {
    var names: [String] = []
    var entries: [String: SchemaValue] = [:]
    for type in catalog.objectives {
      for name in [type.name, "paper/\(type.name)", "plain/\(type.name)"] {
        names.append(name)
        entries[name] = .any(of: [["type": "null"], ["$ref": .text("#/$defs/objective-\(type.name)")]])
      }
    }
    return .any(of: [.names(names), ["type": "string", "pattern": "[:+]"], Self.oneKey(entries)])
  }

  /// The parameters of each objective.
  var objectiveDefinitions: [String: SchemaValue] {
    var definitions: [String: SchemaValue] = [:]
    for type in catalog.objectives {
      var keys: [String: SchemaValue] = ["training": ["$ref": "#/$defs/own_training"]]
      for parameter in type.parameters {
        keys[parameter.name] = SchemaValue.numbers(Self.value(parameter.bounds)).with([
          "description": .text(parameter.meaning)
        ])
      }
      definitions["objective-\(type.name)"] = SchemaValue.object(type.parameters.map(\.name) + ["training"], keys).with(
        [
          "description": .text(type.summary)
        ])
    }
    return definitions
  }

  // MARK: Search

  var search: [String: SchemaValue] {
    var over: [String: SchemaValue] = [:]
    for key in SearchSpace.trainingKeys { over[key] = .numbers(training[key] ?? true) }
    for parameter in catalog.objectives.flatMap({ $0.parameters }) {
      // Objectives may have a parameter of the same name with other bounds.
      over[parameter.name] = .numbers(["type": ["number", "boolean"]])
    }
    return [
      "over": SchemaValue.object(over.keys.sorted(), over).with(["minProperties": 1]),
      "by": .names(Specification.Search.Way.allCases.map(\.rawValue)), "runs": .integer(SpecBounds.searchRuns),
      "seed": .integer(SpecBounds.seed), "seeds": Self.seeds,
    ]
  }

  private static func value(_ bounds: ObjectiveParameter.Bounds) -> SchemaValue {
    switch bounds {
    case .positive: .positive()
    case .nonNegative: .decimal(0 ... .greatestFiniteMagnitude)
    case .atLeast(let low): .decimal(low ... .greatestFiniteMagnitude)
    case .unitOpenAbove: ["type": "number", "minimum": 0, "exclusiveMaximum": 1]
    case .unitOpenBelow: .positive(1)
    case .between(let low, let high): .decimal(low...high)
    case .any: ["type": "number"]
    case .flag: ["enum": [true, false, 0, 1]]
    }
  }

  /// A mapping of one of these keys.
  private static func oneKey(_ entries: [String: SchemaValue]) -> SchemaValue {
    [
      "type": "object", "properties": .map(entries), "additionalProperties": false, "minProperties": 1,
      "maxProperties": 1,
    ]
  }
}
