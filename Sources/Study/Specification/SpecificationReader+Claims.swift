import Objectives

/// Reads `claims`, and the `tags` of transfer targets that claims look at.
extension SpecificationReader {
  static let claimKeys = ["name", "statement"] + relations
  static let relations = ["difference", "level", "correlation"]
  static let bounds = ClaimBound.CodingKeys.allCases.map(\.rawValue)
  static let quantity = ["measure", "target", "split"]

  /// What a relation has beside its first quantity.
  static func partners(_ relation: String) -> [String] {
    relation == "difference" ? ["of", "over"] : relation == "level" ? ["of"] : ["with"]
  }

  /// Entries with a name, a statement if wanted, and one relation, such as
  /// `{ name: probes, difference: { measure: probe_accuracy, target: "*", of: dropout, over: softmax, above: 0.01 } }`.
  func claims(_ node: SpecNode?, of study: Specification) throws(SpecificationError) -> [UserClaim] {
    guard let node else { return [] }
    if case .sequence(let items) = node.content, items.isEmpty { return [] }
    var claims: [UserClaim] = []
    for item in try node.list("claims") {
      let claim = try claim(item, of: study)
      guard !claims.contains(where: { $0.name == claim.name }) else {
        throw item.error("claims: '\(claim.name)' is given twice; each claim needs a name of its own")
      }
      guard !Claims.published.contains(where: { $0.id == claim.name }) else {
        throw item.error("claims: '\(claim.name)' is the name of a published claim; choose another")
      }
      claims.append(claim)
    }
    return claims
  }

  private func claim(_ node: SpecNode, of study: Specification) throws(SpecificationError) -> UserClaim {
    let fields = try SpecFields(node, of: "claims", keys: Self.claimKeys)
    let name = try fields.required("name", "name: my-claim").text("claims.name")
    let given = Self.relations.filter { fields[$0] != nil }
    guard let kind = given.first, given.count == 1, let relation = fields[kind] else {
      throw node.error(
        "claims: '\(name)' needs one of difference, level and correlation, found "
          + (given.isEmpty ? "none" : given.joined(separator: " and "))
          + "; add for example 'level: { measure: top1, of: softmax, above: 0.9 }'")
    }
    return UserClaim(
      name: name, statement: try fields["statement"]?.text("claims.statement"),
      relation: try self.relation(kind, relation, of: study))
  }

  private func relation(
    _ kind: String, _ node: SpecNode, of study: Specification
  ) throws(SpecificationError) -> UserClaim.Relation {
    let fields = try SpecFields(
      node, of: "claims.\(kind)", keys: Self.quantity + Self.partners(kind) + Self.bounds)
    let first = try quantity(fields, of: study)
    switch kind {
    case "difference":
      let of = try objective(fields.required("of", "of: label-smoothing"), "claims.difference.of", in: study)
      let over = try objective(fields.required("over", "over: softmax"), "claims.difference.over", in: study)
      return .difference(first, of: of, over: over, try bound(fields, kind))
    case "level":
      let of = try objective(fields.required("of", "of: softmax"), "claims.level.of", in: study)
      return .level(first, of: of, try bound(fields, kind))
    default:
      let with = try fields.required("with", "with: { measure: probe_accuracy, target: \"*\" }")
      let other = try SpecFields(with, of: "claims.correlation.with", keys: Self.quantity)
      return .correlation(first, with: try quantity(other, of: study), try bound(fields, kind))
    }
  }

  private func quantity(_ fields: SpecFields, of study: Specification) throws(SpecificationError) -> UserClaim.Quantity
  {
    let measure = try fields.required("measure", "measure: top1").text("measure")
    var target = ""
    if let node = fields["target"] {
      target = try node.text("target")
      // Other measures are of layers, or of corruptions.
      let isTransfer = ClaimMeasure.Transfer.allCases.contains { measure.hasPrefix("\($0.rawValue)_") }
      let known = study.transfer.map(\.label) + [UserClaim.Quantity.allTargets]
      if isTransfer { target = try node.choice("target", of: known) }
    }
    let split = try fields["split"]?.choice("split", of: ["train", "test"]) ?? "test"
    return UserClaim.Quantity(measure, target: target, split: split)
  }

  private func bound(_ fields: SpecFields, _ kind: String) throws(SpecificationError) -> ClaimBound {
    let given = ClaimBound.CodingKeys.allCases.filter { fields[$0.rawValue] != nil }
    guard let key = given.first, given.count == 1, let node = fields[key.rawValue] else {
      throw fields.node.error(
        "claims.\(kind): give one of above, below and within, found "
          + (given.isEmpty ? "none" : given.map(\.rawValue).joined(separator: " and ")))
    }
    let limit = try node.number(key.rawValue, in: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
    guard key != .within || limit > 0 else { throw node.error("within: must be above 0") }
    return ClaimBound(key, limit)
  }

  /// An objective by its label, or by the name of its parts for the setting that stands for it.
  private func objective(
    _ node: SpecNode, _ what: String, in study: Specification
  ) throws(SpecificationError) -> String {
    var known = study.objectives.map(\.label)
    for objective in study.objectives {
      // The number of classes only scales parameters.
      guard let spec = try? ObjectiveSpec(parsing: objective.text, classes: 10, from: catalog.objectives) else {
        continue
      }
      let run = ClaimEvidence.Run(
        id: "", label: objective.label, objective: spec.parts.map { .init($0.name) }, seed: 0)
      if !known.contains(run.kind) { known.append(run.kind) }
    }
    return try node.choice(what, of: known)
  }

  /// What a target is like beside the source; an empty list says that it is nothing of the kind.
  func tags(_ node: SpecNode?) throws(SpecificationError) -> [ClaimEvidence.Tag]? {
    guard let node else { return nil }
    if case .sequence(let items) = node.content, items.isEmpty { return [] }
    let known = ClaimEvidence.Tag.allCases.map(\.rawValue)
    var tags: [ClaimEvidence.Tag] = []
    for item in try node.list("transfer.tags", single: true) {
      guard let tag = ClaimEvidence.Tag(rawValue: try item.choice("transfer.tags", of: known)) else { continue }
      guard !tags.contains(tag) else { throw item.error("transfer.tags: '\(tag.rawValue)' is given twice; keep one") }
      tags.append(tag)
    }
    return tags
  }
}
