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

  private static let keys = [
    "name", "data_root", "source", "network", "training", "objectives", "seeds", "transfer", "measures", "shift",
  ]
  private static let laterKeys = [
    "ood", "claims", "finetune", "pretrained", "ensembles", "networks",
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
    let data: Data
    do {
      data = try Data(contentsOf: file)
    } catch {
      let missing = !FileManager.default.fileExists(atPath: file.path)
      throw SpecificationError(
        place: name,
        message: missing
          ? "no such file; give the study's YAML file" : "cannot be read: \(error.localizedDescription)")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw SpecificationError(place: name, message: "not UTF-8 text; a study is a YAML file")
    }
    return try read(text: text, file: name, overrides: overrides, dataRoot: dataRoot, catalog: catalog)
  }

  /// Reads the text of a specification.
  static func read(
    text: String, file: String, overrides: [String] = [], dataRoot: String? = nil,
    catalog: Catalog = .standard
  ) throws(SpecificationError) -> StudyDocument {
    var root = try SpecNode.parse(text, file: file)
    for override in overrides { try root.apply(override: override) }
    var reader = SpecificationReader(file: file, catalog: catalog)
    let fields = try SpecFields(root, of: "study", keys: keys, later: laterKeys)
    let specification = try reader.specification(fields)
    let written = try fields["data_root"]?.text("data_root")
    return StudyDocument(
      file: file, yaml: text, specification: specification, dataRoot: dataRoot ?? written ?? ".",
      places: reader.places)
  }

  mutating func note(_ part: String, _ node: SpecNode) {
    places[part] = SpecPlace(text: node.place, isUsage: node.isUsage)
  }

  private mutating func specification(_ fields: SpecFields) throws(SpecificationError) -> Specification {
    let name = try self.name(fields.required("name", "name: my-study"))
    let source = try source(fields.required("source", "source: { dataset: glyphs, holdout: 0.1 }"))
    let network = try network(fields.required("network", "network: resnet20"))
    let training = try TrainingReader.read(
      fields.required("training", "training: { epochs: 30, batch: 128, learning_rate: 0.1 }"), over: nil)
    let objectives = try ObjectiveReader.read(
      fields.required("objectives", "objectives: [softmax, sigmoid]"), training: training, catalog: catalog)
    for (index, objective) in objectives.enumerated() {
      places["objectives.\(index)"] = SpecPlace(text: objective.node.place, isUsage: objective.node.isUsage)
    }
    return Specification(
      name: name, source: source, network: network, training: training,
      objectives: objectives.map(\.objective), seeds: try seeds(fields["seeds"]),
      transfer: try targets(fields["transfer"], source: source), measures: try measures(fields["measures"]),
      shift: try shift(fields["shift"]))
  }

  private func name(_ node: SpecNode) throws(SpecificationError) -> String {
    let name = try node.text("name")
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    guard allowed, name.first != ".", name.count <= 100 else {
      throw node.error("name: '\(name)' names a folder; use letters, digits, '-', '_' and '.' only")
    }
    return name
  }

  private mutating func network(_ node: SpecNode) throws(SpecificationError) -> NetworkSpec {
    note("network", node)
    let networks = catalog.networks.map(\.name)
    if case .scalar = node.content { return NetworkSpec(name: try node.choice("network", of: networks)) }
    if case .sequence = node.content {
      throw node.error("network: one network a study; lists are sweeps of objective parameters only")
    }
    let fields = try SpecFields(node, of: "network", keys: ["name", "width", "projector"])
    let name = try fields.required("name", "name: resnet20").choice("network.name", of: networks)
    var projector: [Int] = []
    if let node = fields["projector"] {
      for item in try node.list("network.projector", single: true) {
        projector.append(try item.integer("network.projector", in: 1...65536))
      }
    }
    return NetworkSpec(
      name: name, width: try fields["width"]?.integer("network.width", in: 1...4096),
      projector: projector.isEmpty ? nil : projector)
  }

  private func seeds(_ node: SpecNode?) throws(SpecificationError) -> [Int] {
    guard let node else { return [0, 1, 2] }
    if case .sequence = node.content {
      var seeds: [Int] = []
      for item in try node.list("seeds") {
        let seed = try item.integer("seeds", in: 0...Int(Int32.max))
        guard !seeds.contains(seed) else { throw item.error("seeds: \(seed) is given twice; keep one") }
        seeds.append(seed)
      }
      return seeds
    }
    return Array(0..<(try node.integer("seeds", in: 1...10_000)))
  }

  /// Entries `{ corrupt: [fog, jpeg], severities: [1, 3, 5] }`; `corrupt: all` is all fifteen, severities are 1 to 5 unless
  /// written.
  private func shift(_ node: SpecNode?) throws(SpecificationError) -> [Specification.Shift] {
    guard let node else { return [] }
    var result: [Specification.Shift] = []
    for item in try node.list("shift") {
      let fields = try SpecFields(item, of: "shift", keys: ["corrupt", "severities"], later: ["dataset"])
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
        for severity in try written.list("shift.severities", single: true) {
          severities.append(try severity.integer("shift.severities", in: Corruption.severities))
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
