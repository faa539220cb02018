import Datasets
import Foundation
import Networks
import Training

/// Turns the YAML of a study into a `Specification`, or says what is wrong and where.
///
/// Every key is known or refused. What is not written takes the default that stands here.
struct SpecificationReader {
  let file: String
  /// Where objectives and networks are looked up.
  var catalog = Catalog.standard
  var places: [String: SpecPlace] = [:]

  static let keys = [
    "name", "data_root", "source", "network", "networks", "training", "augment", "objectives", "seeds", "transfer",
    "measures", "shift", "search", "claims",
  ]
  static let requiredKeys = ["name", "source", "training", "objectives"]
  static let shiftKeys = ["corrupt", "severities"]
  private static let laterKeys = [
    "ood", "finetune", "pretrained", "ensembles",
  ]
  private static let laterMeasures = [
    "similarity", "ood", "retrieval", "scores",
  ]

  /// Reads a specification file.
  /// - Parameters:
  ///   - overrides: `--set` arguments, `key=value` with dotted keys, applied in order.
  ///   - dataRoot: `--data-root`; nil takes `data_root` of the file.
  static func read(
    file: URL, named name: String? = nil, overrides: [String] = [], dataRoot: String? = nil,
    catalog: Catalog = .standard
  ) throws(SpecificationError) -> StudyDocument {
    let name = name ?? file.path
    let text = try SpecificationFiles.text(of: file) { SpecificationError(place: name, message: $0) }
    return try read(
      text: text, file: name, at: file, overrides: overrides, dataRoot: dataRoot, catalog: catalog)
  }

  /// Reads the text of a specification.
  /// - Parameter url: where the text lies, for what it includes; nil for where `file` says.
  static func read(
    text: String, file: String, at url: URL? = nil, overrides: [String] = [], dataRoot: String? = nil,
    catalog: Catalog = .standard
  ) throws(SpecificationError) -> StudyDocument {
    let files = try SpecificationFiles(text: text, name: file, url: url ?? URL(fileURLWithPath: file))
    var root = files.root
    for override in overrides { try root.apply(override: override) }
    if let node = root["include"] { throw node.error("include: belongs into a file; files are read before --set") }
    var reader = SpecificationReader(file: file, catalog: catalog)
    let fields = try SpecFields(root, of: "study", keys: keys, later: laterKeys)
    let specification = try reader.specification(fields)
    let written = try fields["data_root"]?.text("data_root")
    return StudyDocument(
      file: file, yaml: text, included: files.included, specification: specification,
      dataRoot: dataRoot ?? written ?? ".",
      places: reader.places)
  }

  mutating func note(_ part: String, _ node: SpecNode) {
    places[part] = SpecPlace(text: node.place, isUsage: node.isUsage)
  }

  private mutating func specification(_ fields: SpecFields) throws(SpecificationError) -> Specification {
    let name = try self.name(fields.required("name", "name: my-study"))
    let source = try source(fields.required("source", "source: { dataset: glyphs, holdout: 0.1 }"))
    let networks = try networks(fields)
    let training = try TrainingReader.read(
      fields.required("training", "training: { epochs: 30, batch: 128, learning_rate: 0.1 }"), over: nil)
    let objectives = try objectives(
      fields.required("objectives", "objectives: [softmax, sigmoid]"), training: training, networks: networks,
      augmentations: augmentations(fields["augment"]))
    var specification = Specification(
      name: name, source: source, network: networks[0].spec, training: training,
      objectives: objectives, seeds: try seeds(fields["seeds"]) ?? [0, 1, 2],
      transfer: try targets(fields["transfer"], source: source), measures: try measures(fields["measures"]),
      shift: try shift(fields["shift"]))
    specification.search = try search(fields["search"], of: specification)
    specification.claims = try claims(fields["claims"], of: specification)
    return specification
  }

  private func name(_ node: SpecNode) throws(SpecificationError) -> String {
    let name = try node.text("name")
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    guard allowed, name.first != ".", name.count <= 100 else {
      throw node.error("name: '\(name)' names a folder; use letters, digits, '-', '_' and '.' only")
    }
    return name
  }

  /// How many, from 0; or the seeds themselves, as a list or a range.
  func seeds(_ node: SpecNode?, _ what: String = "seeds") throws(SpecificationError) -> [Int]? {
    guard let node else { return nil }
    if !node.isRange {
      return Array(0..<(try node.integer(what, in: SpecBounds.seedCount)))
    }
    var seeds: [Int] = []
    for item in try node.numbers(what, whole: true) {
      let seed = try item.integer(what, in: SpecBounds.seed)
      guard !seeds.contains(seed) else { throw item.error("\(what): \(seed) is given twice; keep one") }
      seeds.append(seed)
    }
    return seeds
  }

  /// Entries `{ corrupt: [fog, jpeg], severities: [1, 3, 5] }`; `corrupt: all` is all fifteen, severities are 1 to 5 unless
  /// written.
  private func shift(_ node: SpecNode?) throws(SpecificationError) -> [Specification.Shift] {
    guard let node else { return [] }
    var result: [Specification.Shift] = []
    for item in try node.list("shift") {
      let fields = try SpecFields(item, of: "shift", keys: Self.shiftKeys, later: ["dataset"])
      let names = try fields.required("corrupt", "corrupt: [gaussian_noise, jpeg]")
      var corruptions: [String] = []
      for name in try names.list("shift.corrupt", single: true) {
        let text = try name.text("shift.corrupt")
        if text == "all" {
          corruptions += Corruption.standard.map(\.name)
        } else {
          do throws(DatasetError) {
            corruptions.append(try Corruption.find(text).name)
          } catch {
            throw name.error("shift.corrupt: \(error)")
          }
        }
      }
      var severities = Array(Corruption.severities)
      if let written = fields["severities"] {
        severities = []
        for severity in try written.numbers("shift.severities", whole: true) {
          severities.append(try severity.integer("shift.severities", in: SpecBounds.severity))
        }
      }
      for corruption in corruptions {
        for severity in severities {
          let one = Specification.Shift(corruption: corruption, severity: severity)
          guard !result.contains(one) else {
            throw item.error("shift: \(corruption) at severity \(severity) is given twice; keep one")
          }
          result.append(one)
        }
      }
    }
    return result
  }

  private mutating func measures(_ node: SpecNode?) throws(SpecificationError) -> [Specification.Measure] {
    guard let node else { return Specification.Measure.usual }
    note("measures", node)
    var measures: [Specification.Measure] = []
    for item in try node.list("measures") {
      let known = Specification.Measure.allCases.map(\.rawValue)
      let name = try item.text("measures")
      guard !Self.laterMeasures.contains(name) else {
        throw item.error(
          "measures: '\(name)' is not supported by this version of separatrix; supported: \(known.joined(separator: ", "))"
        )
      }
      guard let measure = Specification.Measure(rawValue: try item.choice("measures", of: known)) else {
        continue
      }
      guard !measures.contains(measure) else {
        throw item.error("measures: '\(name)' is given twice; keep one")
      }
      measures.append(measure)
    }
    return measures
  }
}
