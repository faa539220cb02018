/// A claim of a study's author, checked by the same rule as the published ones.
///
/// ```swift
/// let claim = UserClaim(
///   name: "cosine probes worse",
///   relation: .difference(
///     .init("probe_accuracy", target: "cifar100"), of: "cosine-softmax", over: "softmax", .below(-0.01)))
/// claim.claim.check(evidence).verdict
/// ```
public struct UserClaim: Codable, Hashable, Sendable {
  /// A measurement, or its mean over targets.
  public struct Quantity: Codable, Hashable, Sendable {
    /// Stands for all targets that have the measurement, in the place of a target.
    public static let allTargets = "*"

    /// The measurement's name.
    public var measure: String
    /// The target; empty for the source, `*` for the mean over targets.
    public var target: String
    /// `train` or `test`.
    public var split: String

    /// A measurement by its name.
    public init(_ measure: String, target: String = "", split: String = "test") {
      (self.measure, self.target, self.split) = (measure, target, split)
    }
  }

  /// What is claimed. Objectives are named by their labels, or by kind (`dropout`) for the setting that stands for it.
  public enum Relation: Codable, Hashable, Sendable {
    /// A figure of one objective less that of another, paired over seeds: `.above(x)` for "better by more than x".
    case difference(Quantity, of: String, over: String, ClaimBound)
    /// A figure of one objective, mean over seeds.
    case level(Quantity, of: String, ClaimBound)
    /// Spearman's rho of two figures over the means of all objectives with all strengths.
    case correlation(Quantity, with: Quantity, ClaimBound)
  }

  /// The claim's name, unique in the study.
  public var name: String
  /// What is claimed in words; nil to have it written from the relation.
  public var statement: String?
  /// What is claimed.
  public var relation: Relation

  /// A claim by its relation.
  public init(name: String, statement: String? = nil, relation: Relation) {
    (self.name, self.statement, self.relation) = (name, statement, relation)
  }

  /// The claim, to be checked beside the published ones.
  public var claim: Claim {
    let relation = relation
    return Claim(
      name, statement ?? relation.text, needs: relation.needs, statistic: relation.statistic,
      threshold: ClaimText.text(relation.bound, relation.unit)
    ) { relation.find($0.main) }
  }
}

extension UserClaim.Quantity: CustomStringConvertible {
  /// `probe_accuracy on cifar100`.
  public var description: String {
    let place = target.isEmpty ? "" : target == Self.allTargets ? " over all targets" : " on \(target)"
    return measure + place + (split == "test" ? "" : " (\(split))")
  }

  /// Whether the figure is a share, whose differences are points.
  var isShare: Bool {
    measure.contains("accuracy")
      || ["top1", "top5", "shift_top1", "shift_top1_mean", "nonzero_fraction"].contains(measure)
  }

  /// Whether any run has it.
  func isMeasured(_ all: ClaimRuns) -> Bool { all.runs.contains { value($0, keys(all)) != nil } }

  /// The measurements whose mean it is.
  func keys(_ all: ClaimRuns) -> [ClaimEvidence.Key] {
    guard target == Self.allTargets else { return [ClaimEvidence.Key(measure, target: target, split: split)] }
    return all.targets.map { ClaimEvidence.Key(measure, target: $0.label, split: split) }.filter { all.has($0) }
  }

  /// A run's figure; nil where a part is missing.
  func value(_ run: ClaimEvidence.Run, _ keys: [ClaimEvidence.Key]) -> Double? {
    let found = keys.compactMap { run.value($0) }
    return found.count == keys.count ? SeedMean(found)?.mean : nil
  }
}

extension UserClaim.Relation {
  var bound: ClaimBound {
    switch self {
    case .difference(_, _, _, let bound), .level(_, _, let bound), .correlation(_, _, let bound): bound
    }
  }

  var unit: ClaimResult.Unit {
    switch self {
    case .difference(let quantity, _, _, _): quantity.isShare ? .points : .number
    case .level(let quantity, _, _): quantity.isShare ? .percent : .number
    case .correlation: .number
    }
  }

  var text: String {
    let limit = ClaimText.text(bound, unit)
    switch self {
    case .difference(let quantity, let first, let second, _):
      return "\(quantity) of \(first) less that of \(second) is \(limit)."
    case .level(let quantity, let objective, _): return "\(quantity) of \(objective) is \(limit)."
    case .correlation(let x, let y, _): return "The rank correlation of \(x) with \(y) is \(limit)."
    }
  }

  var statistic: String {
    switch self {
    case .difference(let quantity, _, _, _): "difference of \(quantity), paired over seeds"
    case .level(let quantity, _, _): "mean \(quantity) over seeds"
    case .correlation(let x, let y, _): "Spearman's rho of \(x) and \(y) over the means of objectives"
    }
  }

  var needs: [String] {
    switch self {
    case .difference(let quantity, let first, let second, _):
      ["\(quantity) of \(first) and of \(second), two seeds or more"]
    case .level(let quantity, let objective, _): ["\(quantity) of \(objective), two seeds or more"]
    case .correlation(let x, let y, _): ["\(x) and \(y) of five objectives or more"]
    }
  }

  func find(_ all: ClaimRuns) -> ClaimFinding {
    func label(_ name: String) -> String? { all.labels.contains(name) ? name : all.setting(of: name) }
    switch self {
    case .difference(let quantity, let first, let second, let bound):
      let keys = quantity.keys(all)
      guard let a = label(first), let b = label(second),
        let found = all.difference(a, b, { quantity.value($0, keys) })
      else { return .notMeasured(ClaimText.list(needs)) }
      return ClaimFinding([ClaimQuestion(name: "\(a) less \(b)", estimate: found, bound: bound, unit: unit)])
    case .level(let quantity, let objective, let bound):
      let keys = quantity.keys(all)
      guard let own = label(objective),
        let found = SeedMean(
          all.values(own) { quantity.value($0, keys) }.sorted { $0.key < $1.key }.map(\.value))
      else { return .notMeasured(ClaimText.list(needs)) }
      return ClaimFinding([ClaimQuestion(name: own, estimate: StudentEstimate(found), bound: bound, unit: unit)])
    case .correlation(let x, let y, let bound):
      guard x.isMeasured(all), y.isMeasured(all) else { return .notMeasured(ClaimText.list(needs)) }
      let (first, second) = (x.keys(all), y.keys(all))
      let found = all.correlation(
        "rho", all.labels, { x.value($0, first) }, { y.value($0, second) }, bound)
      return ClaimFinding(parts: [found.part], counted: .objectives, missing: found.missing)
    }
  }
}
