import Datasets

/// Reads `source` and the entries of `transfer`.
extension SpecificationReader {
  static let dataKeys = [
    "dataset", "directory", "format", "train", "test", "classes", "labels", "groups", "fraction", "samples",
    "holdout",
    "holdout_seed", "name", "seed", "size", "fit", "interpolation", "exact", "on_bad_image",
  ]
  static let targetKeys = dataKeys + ["protocols", "tags", "shots", "draws"]
  static let sampleKeys = ["train", "test"]
  /// Formats of files that have no entry in the list of sets.
  static let formats = ["cifar", "idx", "shards"]
  private static let laterProtocols = ["scores", "svm"]

  mutating func source(_ node: SpecNode) throws(SpecificationError) -> Specification.Source {
    note("source", node)
    let fields = try SpecFields(
      node, of: "source", keys: Self.dataKeys, later: ["corrupt"])
    let (data, others) = try reference(fields, of: "source", source: nil)
    guard !others else {
      throw node.error(
        "source: 'classes: others' only makes sense in a transfer target; list the classes to train on")
    }
    return Specification.Source(
      label: try fields["name"]?.text("source.name") ?? Self.label(of: data), data: data,
      holdout: try fields["holdout"]?.number("source.holdout", in: SpecBounds.holdout) ?? 0.1,
      holdoutSeed: UInt64(try fields["holdout_seed"]?.integer("source.holdout_seed", in: SpecBounds.dataSeed) ?? 0))
  }

  mutating func targets(
    _ node: SpecNode?, source: Specification.Source
  ) throws(SpecificationError) -> [Specification.Target] {
    guard let node else { return [] }
    if case .sequence(let items) = node.content, items.isEmpty { return [] }
    var targets: [Specification.Target] = []
    for (index, item) in try node.list("transfer").enumerated() {
      note("transfer.\(index)", item)
      let target = try target(item, source: source)
      guard !targets.contains(where: { $0.label == target.label }) else {
        throw item.error(
          "transfer: two targets are called '\(target.label)'; add 'name: ...' to tell them apart")
      }
      targets.append(target)
    }
    return targets
  }

  private func target(
    _ node: SpecNode, source: Specification.Source
  ) throws(SpecificationError) -> Specification.Target {
    let fields = try SpecFields(
      node, of: "transfer", keys: Self.targetKeys,
      later: ["corrupt", "blocks"])
    let (data, others) = try reference(fields, of: "transfer", source: source)
    let fromSource = fields["dataset"].flatMap { try? $0.text("dataset") } == "source"
    let label =
      try fields["name"]?.text("transfer.name")
      ?? (fromSource
        ? Self.label(of: data, base: source.label) + (others ? " (other classes)" : "")
        : Self.label(of: data))
    let protocols = try protocols(fields["protocols"])
    return Specification.Target(
      label: label, data: data, others: others, protocols: protocols,
      holdout: try holdout(fields["holdout"]),
      holdoutSeed: UInt64(try fields["holdout_seed"]?.integer("transfer.holdout_seed", in: SpecBounds.dataSeed) ?? 0),
      tags: try tags(fields["tags"]), fewShot: try fewShot(fields, protocols: protocols))
  }

  private func holdout(_ node: SpecNode?) throws(SpecificationError) -> Double {
    guard let node else { return 0.2 }
    let share = try node.number("transfer.holdout", in: SpecBounds.holdout)
    guard share > 0 else {
      throw node.error(
        "transfer.holdout: the probe's penalty and k are chosen on it, so it must be above 0, such as 0.2")
    }
    return share
  }

  private func protocols(_ node: SpecNode?) throws(SpecificationError) -> [Specification.TransferProtocol] {
    guard let node else { return Specification.TransferProtocol.usual }
    var protocols: [Specification.TransferProtocol] = []
    for item in try node.list("protocols", single: true) {
      let known = Specification.TransferProtocol.allCases.map(\.rawValue)
      let name = try item.text("protocols")
      guard !Self.laterProtocols.contains(name) else {
        throw item.error(
          "protocols: '\(name)' is not supported by this version of separatrix; supported: \(known.joined(separator: ", "))"
        )
      }
      guard let value = Specification.TransferProtocol(rawValue: try item.choice("protocols", of: known))
      else { continue }
      guard !protocols.contains(value) else {
        throw item.error("protocols: '\(name)' is given twice; keep one")
      }
      protocols.append(value)
    }
    return protocols
  }

  /// The data reference of a source or target, and whether it is made of the classes that the source leaves out.
  private func reference(
    _ fields: SpecFields, of what: String, source: Specification.Source?
  ) throws(SpecificationError) -> (DataReference, others: Bool) {
    var (data, fromSource) = try base(fields, of: what, source: source)
    var others = false
    if let node = fields["classes"] {
      switch node.content {
      case _ where node.isRange:
        data.classes = try classes(node, of: what)
      case .scalar("others", _):
        guard fromSource, let source else {
          throw node.error(
            "\(what).classes: 'others' are the classes that the source leaves out; it needs 'dataset: source'"
          )
        }
        guard source.data.classes != nil else {
          throw node.error(
            "\(what).classes: the source uses all its classes, so there are no others; add 'classes: [...]' to the source"
          )
        }
        others = true
      default:
        guard fields["format"] != nil else {
          throw node.error(
            "\(what).classes: expected a list of class numbers such as [0, 1, 3], found \(node.shown)")
        }
        data.classCount = try node.integer("\(what).classes", in: SpecBounds.classCount)
      }
    } else if fromSource, fields["labels"] == nil, source?.data.classes != nil {
      // The source's own classes: a probe on what was trained. Kept as the source has them.
      data.classes = source?.data.classes
    }
    if let node = fields["labels"] { data.labels = try node.text("\(what).labels") }
    if let node = fields["groups"] { data.groups = try node.text("\(what).groups") }
    if let node = fields["fraction"] {
      let share = try node.number("\(what).fraction", in: SpecBounds.fraction)
      guard share > 0 else { throw node.error("\(what).fraction: must be above 0 and at most 1") }
      data.fraction = share == 1 ? nil : share
    }
    if let node = fields["samples"] {
      guard data.dataset == "glyphs" else {
        throw node.error(
          "\(what).samples: only the drawn set 'glyphs' has a free size; use 'fraction' for a part of a set")
      }
      let sizes = try SpecFields(node, of: "\(what).samples", keys: Self.sampleKeys)
      var samples: [Split: Int] = [:]
      if let count = try sizes["train"]?.integer("samples.train", in: SpecBounds.samples) {
        samples[.train] = count
      }
      if let count = try sizes["test"]?.integer("samples.test", in: SpecBounds.samples) { samples[.test] = count }
      data.samples = samples.isEmpty ? nil : samples
    }
    try pictures(fields, of: what, into: &data)
    if let node = fields["seed"] { data.seed = UInt64(try node.integer("\(what).seed", in: SpecBounds.dataSeed)) }
    return (data, others)
  }

  /// How pictures become images.
  private func pictures(
    _ fields: SpecFields, of what: String, into data: inout DataReference
  ) throws(SpecificationError) {
    if let node = fields["size"] {
      var sides: [Int] = []
      for side in try node.list("\(what).size", single: true) {
        sides.append(try side.integer("\(what).size", in: SpecBounds.side))
      }
      guard sides.count <= 2 else { throw node.error("\(what).size: expected a side, or [height, width]") }
      data.size = sides
    }
    if let node = fields["fit"] {
      let text = try node.text("\(what).fit")
      guard InputTransform.Fit(text) != nil else {
        throw node.error("\(what).fit: expected central, central:SHARE, resize:SIDE or whole, found '\(text)'")
      }
      data.fit = text
    }
    if let node = fields["interpolation"] {
      let known = Interpolation.allCases.map(\.rawValue)
      data.interpolation = Interpolation(rawValue: try node.choice("\(what).interpolation", of: known))
    }
    if let node = fields["exact"] { data.exact = try node.truth("\(what).exact") }
    if let node = fields["on_bad_image"] {
      let known = BadImagePolicy.allCases.map(\.rawValue)
      data.onBadImage = BadImagePolicy(rawValue: try node.choice("\(what).on_bad_image", of: known))
    }
  }

  /// The set itself: a listed one, the source again, or files in a known format.
  private func base(
    _ fields: SpecFields, of what: String, source: Specification.Source?
  ) throws(SpecificationError) -> (DataReference, fromSource: Bool) {
    if let format = fields["format"] {
      if let node = fields["dataset"] ?? fields["directory"] {
        throw node.error("\(what): give either 'dataset' or 'format' with files, not both")
      }
      let name = try format.choice("\(what).format", of: Self.formats)
      var data = Self.reference(name)
      data.train = try files(fields["train"], "\(what).train", format: name)
      data.test = try files(fields["test"], "\(what).test", format: name)
      guard !data.train.isEmpty || !data.test.isEmpty else {
        throw format.error("\(what): no files; add 'train: [...]' and 'test: [...]'")
      }
      if what == "source", data.train.isEmpty { throw format.error("source: a source needs 'train: [...]'") }
      return (data, false)
    }
    for key in ["train", "test"] {
      if let node = fields[key] {
        throw node.error("\(what).\(key): files need 'format: cifar', 'format: idx' or 'format: shards' beside them")
      }
    }
    let node = try fields.required("dataset", "dataset: fashion-mnist")
    let name = try node.text("\(what).dataset")
    if name == "source" {
      guard let source else { throw node.error("source.dataset: 'source' can only be a transfer target") }
      if let node = fields["directory"] {
        throw node.error("\(what).directory: the source's folder is used; take it out")
      }
      var data = source.data
      data.classes = nil
      return (data, true)
    }
    let known = Self.listedNames
    guard known.contains(name) else {
      throw node.error(
        "\(what).dataset: '\(name)' is not known\(NearestName.advice(name, in: known + ["source"]))")
    }
    var data = Self.reference(name)
    if name != "glyphs" { data.directory = try fields["directory"]?.text("\(what).directory") ?? name }
    if name == "glyphs", let node = fields["directory"] {
      throw node.error("\(what).directory: glyphs are drawn by the program and have no folder; take it out")
    }
    return (data, false)
  }

  private func files(_ node: SpecNode?, _ what: String, format: String) throws(SpecificationError) -> [String] {
    guard let node else { return [] }
    var files: [String] = []
    for item in try node.list(what, single: format != "idx") { files.append(try item.text(what)) }
    if format == "idx", files.count != 2 {
      throw node.error("\(what): an IDX set is two files, [images, labels]; found \(files.count)")
    }
    return files
  }

  private func classes(_ node: SpecNode, of what: String) throws(SpecificationError) -> [Int] {
    var classes: [Int] = []
    for item in try node.numbers("\(what).classes", whole: true) {
      let index = try item.integer("\(what).classes", in: SpecBounds.classNumber)
      guard !classes.contains(index) else {
        throw item.error("\(what).classes: \(index) is given twice; keep one")
      }
      classes.append(index)
    }
    guard classes.count >= 2 else { throw node.error("\(what).classes: at least two classes are needed") }
    return classes
  }

  /// Sets that can be named without files.
  static let listedNames = DatasetEntry.standard.filter { $0.source != .files }.map(\.name)

  static func reference(_ name: String) -> DataReference { DataReference(dataset: name) }

  /// `fashion-mnist`, `glyphs:hue`, `gtsrb32-train4300`.
  static func label(of data: DataReference, base: String? = nil) -> String {
    var label = base ?? data.dataset
    if base == nil, let first = data.train.first ?? data.test.first {
      let file = first.split(separator: "/").last.map(String.init) ?? first
      label = file.split(separator: ".").first.map(String.init) ?? file
    }
    if let factor = data.labels {
      let name = factor.split(separator: "/").last.map(String.init) ?? factor
      label += ":" + (name.hasSuffix(".csv") ? String(name.dropLast(4)) : name)
    }
    return label
  }
}
