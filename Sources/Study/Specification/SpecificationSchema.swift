import Datasets
import Foundation
import Networks
import Objectives
import Training

/// The JSON Schema (draft 2020-12) of a study's specification, for editors that complete and check as one types.
///
/// It is made of the tables that the reader itself uses: keys, bounds, and the names of objectives with their parameters,
/// networks, data sets, augmentations, corruptions, measures and protocols. What the reader accepts, it accepts. It
/// refuses unknown keys and names, wrong types, and numbers out of range; what takes more than one key to see (such as a
/// warm-up longer than the training) is left to `study run --dry-run`.
public struct SpecificationSchema: Sendable {
  let catalog: Catalog

  /// - Parameter catalog: the objectives and networks that specifications may name.
  public init(catalog: Catalog = .standard) { self.catalog = catalog }

  /// The schema as JSON text, keys sorted.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(root), as: UTF8.self)
  }

  /// The schema of a whole specification.
  var root: SchemaValue {
    let none: SchemaValue = ["type": "null"]
    var keys = properties
    // A file that includes others takes a key out by giving it no value.
    for key in keys.keys { keys[key] = .any(of: [keys[key] ?? true, none]) }
    let complete: SchemaValue = [
      "required": .list(SpecificationReader.requiredKeys.map(SchemaValue.text)),
      "oneOf": [["required": ["network"]], ["required": ["networks"]]],
      "properties": [
        "source": Self.oneSource,
        "training": .any(of: [["required": ["epochs"]], ["required": ["preset"]]]),
      ],
      "additionalProperties": ["not": none],
    ]
    return .object(SpecificationReader.keys + ["include"], keys).with([
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "title": "A study of separatrix",
      "$defs": .map(definitions.merging(trainingDefinitions) { $1 }.merging(objectiveDefinitions) { $1 }),
      "if": ["not": ["required": ["include"]]],
      "then": complete,
    ])
  }

  /// The schema of each key of a specification.
  var properties: [String: SchemaValue] {
    [
      "include": .any(of: [.someText, .array(.someText)]),
      "name": ["type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9_.-]*$", "maxLength": 100],
      "data_root": .someText,
      "source": .object(SpecificationReader.dataKeys, source),
      "network": networkEntry(swept: false),
      "networks": .any(of: [networkEntry(swept: true), .array(networkEntry(swept: true))]),
      "training": .object(TrainingReader.keys, training),
      "augment": augmentVariants,
      "objectives": .array(objective),
      "seeds": Self.seeds,
      "transfer": .array(
        SchemaValue.object(SpecificationReader.targetKeys, target).with(["allOf": [Self.oneSource]]), from: 0),
      "search": .object(SpecificationReader.searchKeys, search, required: ["over"]),
      "measures": .array(.names(Specification.Measure.allCases.map(\.rawValue)), unique: true),
      "shift": .array(.object(SpecificationReader.shiftKeys, shift, required: ["corrupt"])),
      "claims": claims,
    ]
  }

  static let seeds = SchemaValue.any(of: [
    .integer(SpecBounds.seedCount), .numbers(.integer(SpecBounds.seed), single: false, whole: true),
  ])

  private var definitions: [String: SchemaValue] {
    let count: SchemaValue = .integer(2...SpecNode.mostPoints)
    func range(_ number: SchemaValue, alone: Bool) -> SchemaValue {
      let ends = alone ? ["from", "to"] : ["from", "to", "step"]
      let counted: [String: SchemaValue] = ["from": number, "to": number, "count": count]
      return .any(of: [
        .object(["from", "to", "step"], ["from": number, "to": number, "step": .positive()], required: ends),
        .object(["from", "to", "count"], counted, required: ["from", "to", "count"]),
        .object(
          ["log", "count"], ["log": .array(.positive(), from: 2, to: 2), "count": count], required: ["log", "count"]),
      ])
    }
    return [
      "range": range(["type": "number"], alone: false), "whole_range": range(["type": "number"], alone: true),
      "range_text": ["type": "string", "pattern": "^-?[0-9]+\\.\\.-?[0-9]+$"],
    ]
  }

  // MARK: Data

  var source: [String: SchemaValue] {
    let seed = SchemaValue.integer(SpecBounds.dataSeed)
    let files: SchemaValue = .any(of: [.someText, .array(.someText)])
    return [
      "dataset": .names(SpecificationReader.listedNames), "directory": .someText,
      "format": .names(SpecificationReader.formats), "train": files, "test": files,
      "classes": .any(of: [
        .integer(SpecBounds.classCount), .numbers(.integer(SpecBounds.classNumber), single: false, whole: true),
      ]),
      "labels": .someText, "groups": .someText, "name": .someText, "seed": seed, "holdout_seed": seed,
      "fraction": .positive(SpecBounds.fraction.upperBound), "holdout": .decimal(SpecBounds.holdout),
      "samples": .object(
        SpecificationReader.sampleKeys,
        ["train": .integer(SpecBounds.samples), "test": .integer(SpecBounds.samples)]),
      "size": .any(of: [.integer(SpecBounds.side), .array(.integer(SpecBounds.side), to: 2)]),
      "fit": ["type": "string", "pattern": "^(central|central:.+|resize:.+|whole)$"],
      "interpolation": .names(Interpolation.allCases.map(\.rawValue)), "exact": ["type": "boolean"],
      "on_bad_image": .names(BadImagePolicy.allCases.map(\.rawValue)),
    ]
  }

  var target: [String: SchemaValue] {
    let protocols = SchemaValue.names(Specification.TransferProtocol.allCases.map(\.rawValue))
    let tags = SchemaValue.names(ClaimEvidence.Tag.allCases.map(\.rawValue))
    let others: SchemaValue = ["const": "others"]
    var keys = source
    keys["dataset"] = .names(SpecificationReader.listedNames + ["source"])
    keys["classes"] = .any(of: [others, source["classes"] ?? true])
    keys["holdout"] = .positive(SpecBounds.holdout.upperBound)
    keys["protocols"] = .any(of: [protocols, .array(protocols, unique: true)])
    keys["shots"] = .numbers(.integer(SpecBounds.shots), whole: true)
    keys["draws"] = .integer(SpecBounds.draws)
    keys["tags"] = .any(of: [tags, .array(tags, from: 0, unique: true)])
    return keys
  }

  /// A listed set, or files in a format.
  private static let oneSource: SchemaValue = [
    "oneOf": [
      ["required": ["dataset"], "not": ["anyOf": [["required": ["train"]], ["required": ["test"]]]]],
      ["required": ["format"], "not": ["required": ["directory"]]],
    ]
  ]

  /// Corruptions by other names, in capitals, with other signs between words: as the reader knows them.
  private static let otherSpellings: SchemaValue = {
    let names = Corruption.standard.flatMap { [$0.name] + $0.aliases }.map { name in
      name.filter { $0.isLetter || $0.isNumber }.map { "[\($0.lowercased())\($0.uppercased())]" }.joined(
        separator: "[-_ ]*")
    }
    return ["type": "string", "pattern": .text("^(\(names.joined(separator: "|")))$")]
  }()

  var shift: [String: SchemaValue] {
    let known: SchemaValue = .names(Corruption.standard.map(\.name) + ["all"])
    let name: SchemaValue = .any(of: [known, Self.otherSpellings])
    return [
      "corrupt": .any(of: [name, .array(name)]),
      "severities": .numbers(.integer(SpecBounds.severity), whole: true),
    ]
  }
}
