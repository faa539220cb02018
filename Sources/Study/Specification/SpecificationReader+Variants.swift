import Datasets
import Networks
import Training

/// Reads `network` or `networks`, and `augment`: what every objective is trained with, once for each.
extension SpecificationReader {
  /// Augmentations of the study under a name.
  struct AugmentVariant {
    var name: String
    var augment: [AugmentationSpec]
  }

  static let networkKeys = ["name", "width", "projector"]

  // MARK: Networks

  mutating func networks(_ fields: SpecFields) throws(SpecificationError) -> [Specification.Network] {
    guard let node = fields["networks"] else {
      let node = try fields.required("network", "network: resnet20")
      note("network", node)
      if case .sequence = node.content {
        throw node.error("network: one network; several stand under 'networks: [resnet8, resnet20]'")
      }
      return try network(node, "network").map { Specification.Network(label: $0.name, spec: $0) }
    }
    if let other = fields["network"] { throw other.error("network: give either 'network' or 'networks', not both") }
    note("network", node)
    var found: [NetworkSpec] = []
    for item in try node.list("networks", single: true) {
      for network in try network(item, "networks") {
        guard !found.contains(network) else {
          throw item.error("networks: '\(Self.description(of: network))' is given twice; keep one")
        }
        found.append(network)
      }
    }
    return found.map { network in
      let isAlone = found.count { $0.name == network.name } == 1
      return Specification.Network(label: isAlone ? network.name : Self.description(of: network), spec: network)
    }
  }

  /// One entry: a network, or one for each width.
  private func network(_ node: SpecNode, _ what: String) throws(SpecificationError) -> [NetworkSpec] {
    let known = catalog.networks.map(\.name)
    if case .scalar = node.content { return [NetworkSpec(name: try node.choice(what, of: known))] }
    let fields = try SpecFields(node, of: what, keys: Self.networkKeys)
    let name = try fields.required("name", "name: resnet20").choice("\(what).name", of: known)
    var projector: [Int] = []
    if let node = fields["projector"] {
      for item in try node.list("\(what).projector", single: true) {
        projector.append(try item.integer("\(what).projector", in: SpecBounds.projector))
      }
    }
    var widths: [Int?] = []
    if let node = fields["width"] {
      guard what == "networks" || !node.isRange else {
        throw node.error("network.width: one width; several stand under 'networks: [{ name: ..., width: [...] }]'")
      }
      for item in try node.numbers("\(what).width", whole: true) {
        widths.append(try item.integer("\(what).width", in: SpecBounds.width))
      }
    }
    if widths.isEmpty { widths = [nil] }
    return widths.map { NetworkSpec(name: name, width: $0, projector: projector.isEmpty ? nil : projector) }
  }

  /// `resnet8 width=16 projector=128-64`.
  private static func description(of network: NetworkSpec) -> String {
    var text = network.name
    if let width = network.width { text += " width=\(width)" }
    if let projector = network.projector { text += " projector=\(projector.map(String.init).joined(separator: "-"))" }
    return text
  }

  // MARK: Augmentations

  /// `augment: [{ standard: [flip, shift] }, { mixup: [flip, shift, mixup] }]`, or the same as one mapping; empty where
  /// the study has no variants.
  func augmentations(_ node: SpecNode?) throws(SpecificationError) -> [AugmentVariant] {
    guard let node else { return [] }
    var entries: [SpecNode.Entry] = []
    switch node.content {
    case .mapping(let pairs) where !pairs.isEmpty: entries = pairs
    case .mapping: throw node.error("augment: the mapping is empty; give at least one variant or leave the key out")
    default:
      for item in try node.list("augment") {
        guard case .mapping(let pairs) = item.content, let pair = pairs.first, pairs.count == 1 else {
          throw item.error(
            "augment: expected a named variant such as 'standard: [flip, shift]', found \(item.shown); "
              + "augmentations of the whole study stand under training.augment")
        }
        entries.append(pair)
      }
    }
    var found: [AugmentVariant] = []
    for entry in entries {
      func refuse(_ message: String) -> SpecificationError {
        SpecificationError(place: entry.place, message: "augment: \(message)", isUsage: entry.value.isUsage)
      }
      let allowed = entry.key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      guard allowed, !entry.key.isEmpty else {
        throw refuse("'\(entry.key)' becomes part of labels; use letters, digits, '-', '_' and '.' only")
      }
      let augment = try TrainingReader.augment(entry.value)
      for other in found {
        guard other.name != entry.key else { throw refuse("'\(entry.key)' is given twice; keep one") }
        guard other.augment != augment else {
          throw refuse("'\(entry.key)' does the same as '\(other.name)'; keep one")
        }
      }
      found.append(AugmentVariant(name: entry.key, augment: augment))
    }
    return found
  }

  /// An objective's own augmentations would make the study's variants the same.
  private func refuseOwnAugmentations(_ objectives: SpecNode) throws(SpecificationError) {
    guard case .sequence(let items) = objectives.content else { return }
    for item in items {
      guard case .mapping(let pairs) = item.content else { continue }
      for pair in pairs {
        guard let own = pair.value["training"]?["augment"] else { continue }
        throw own.error("augment: the study has variants under 'augment'; an objective cannot set its own beside them")
      }
    }
  }

  // MARK: Objectives

  /// The objectives once for each network and each variant of augmentations, the objective varying fastest. Labels tell
  /// what there is more than one of: `softmax, resnet20, mixup`.
  mutating func objectives(
    _ node: SpecNode, training: TrainingOptions, networks: [Specification.Network], augmentations: [AugmentVariant]
  ) throws(SpecificationError) -> [Specification.Objective] {
    if !augmentations.isEmpty { try refuseOwnAugmentations(node) }
    let variants: [AugmentVariant?] = augmentations.isEmpty ? [nil] : augmentations
    var result: [Specification.Objective] = []
    for network in networks {
      for variant in variants {
        var options = training
        if let variant { options.augment = variant.augment }
        for entry in try ObjectiveReader.read(node, training: options, catalog: catalog) {
          var objective = entry.objective
          if networks.count > 1 {
            objective.label += ", \(network.label)"
            objective.network = network
          }
          if variants.count > 1, let variant { objective.label += ", \(variant.name)" }
          note("objectives.\(result.count)", entry.node)
          result.append(objective)
        }
      }
    }
    return result
  }
}
