extension ClaimEvidence.Run {
  /// A finite measurement.
  func value(_ key: ClaimEvidence.Key) -> Double? { values[key].flatMap { $0.isFinite ? $0 : nil } }

  /// The names of the parts, softmax left out beside others: `dropout+label-smoothing`.
  var kind: String {
    let names = Set(objective.map(\.name))
    let kept = names.count > 1 ? names.subtracting(["softmax"]) : names
    return kept.isEmpty ? label : kept.sorted().joined(separator: "+")
  }
}

extension ClaimEvidence {
  /// The nine objectives of the study.
  public static let studied = [softmax] + regularized + [squaredError]
  /// Those of them that regularize or normalize.
  public static let regularized = [
    "label-smoothing", "dropout", "final-layer-l2", "logit-penalty", "logit-normalization", cosineSoftmax, "sigmoid",
  ]
  static let softmax = "softmax"
  static let cosineSoftmax = "cosine-softmax"
  static let squaredError = "squared-error"

  /// The networks in the order of the study.
  public var networks: [String] {
    var seen: Set<String> = []
    return runs.map(\.network).filter { seen.insert($0).inserted }
  }

  /// The evidence of one network.
  public func of(network: String) -> ClaimEvidence {
    var own = self
    own.runs = runs.filter { $0.network == network }
    return own
  }

  /// The network with the most runs, the first of equals; claims are about it.
  var mainNetwork: ClaimEvidence { of(network: Self.mostFrequent(runs.map(\.network)) ?? "") }

  /// The augmentation that the others are judged against.
  var baseAugmentation: String { standardAugmentation ?? Self.mostFrequent(runs.map(\.augmentation)) ?? "" }

  /// The runs that claims compare: of the main network, with the standard augmentation.
  var main: ClaimRuns {
    let own = mainNetwork
    let base = own.baseAugmentation
    return ClaimRuns(runs: own.runs.filter { $0.augmentation == base }, targets: targets, pairs: pairs, layers: layers)
  }

  private static func mostFrequent(_ values: [String]) -> String? {
    var counts: [String: Int] = [:]
    for value in values { counts[value, default: 0] += 1 }
    let largest = counts.values.max() ?? 0
    return values.first { counts[$0] == largest }
  }
}

/// Runs that differ in objective and seed only.
struct ClaimRuns {
  var runs: [ClaimEvidence.Run]
  var targets: [ClaimEvidence.Target]
  var pairs: [ClaimEvidence.Pair]
  var layers: [String]

  /// The objectives with their strengths, in the order of the study.
  var labels: [String] {
    var seen: Set<String> = []
    return runs.map(\.label).filter { seen.insert($0).inserted }
  }

  func runs(of label: String) -> [ClaimEvidence.Run] { runs.filter { $0.label == label } }

  /// The parts of an objective.
  func objective(_ label: String) -> [ClaimEvidence.Part] { runs.first { $0.label == label }?.objective ?? [] }

  func kind(_ label: String) -> String { runs.first { $0.label == label }?.kind ?? label }

  /// The one setting that stands for an objective of which there are several strengths: the one with the most runs,
  /// then the best mean accuracy on the holdout, then the first. Test images never choose.
  func setting(of kind: String) -> String? {
    let own = labels.filter { self.kind($0) == kind }
    func rank(_ label: String) -> (Int, Double) {
      (runs(of: label).count, mean(label, ClaimMeasure.holdout) ?? -.infinity)
    }
    var best = own.first
    for label in own.dropFirst() { if let held = best, rank(held) < rank(label) { best = label } }
    return best
  }

  /// The settings of those of the nine objectives that were trained, in the order of the study's list.
  var studied: [String] { ClaimEvidence.studied.compactMap(setting(of:)) }

  /// Values by seed.
  func values(_ label: String, _ value: (ClaimEvidence.Run) -> Double?) -> [Int: Double] {
    var found: [Int: Double] = [:]
    for run in runs where run.label == label && found[run.seed] == nil { found[run.seed] = value(run) }
    return found
  }

  func values(_ label: String, _ key: ClaimEvidence.Key) -> [Int: Double] { values(label) { $0.value(key) } }

  func mean(_ label: String, _ key: ClaimEvidence.Key) -> Double? { mean(label) { $0.value(key) } }

  func mean(_ label: String, _ value: (ClaimEvidence.Run) -> Double?) -> Double? {
    SeedMean(values(label, value).sorted { $0.key < $1.key }.map(\.value))?.mean
  }

  /// Whether any run has the measurement.
  func has(_ key: ClaimEvidence.Key) -> Bool { runs.contains { $0.value(key) != nil } }

  /// The difference of two objectives: over the seeds they share, two at least; else Welch's; with one seed without an
  /// error.
  func difference(
    _ first: String, _ second: String, _ value: (ClaimEvidence.Run) -> Double?
  ) -> StudentEstimate? {
    let (a, b) = (values(first, value), values(second, value))
    let shared = Set(a.keys).intersection(b.keys).sorted()
    let paired = PairedDifference(shared.compactMap { a[$0] }, shared.compactMap { b[$0] }).map { StudentEstimate($0) }
    if let paired, paired.n > 1 { return paired }
    let (own, other) = (a.sorted { $0.key < $1.key }.map(\.value), b.sorted { $0.key < $1.key }.map(\.value))
    return WelchDifference(own, other).map { StudentEstimate($0) } ?? paired
      ?? SeedMean(own).flatMap { x in
        SeedMean(other).map { StudentEstimate(value: x.mean - $0.mean, standardError: nil, degrees: 0, n: 1) }
      }
  }

  func difference(_ first: String, _ second: String, _ key: ClaimEvidence.Key) -> StudentEstimate? {
    difference(first, second) { $0.value(key) }
  }

  /// The mean over seeds of a statistic of all objectives within one seed; seeds for which it is not defined are left
  /// out.
  func overSeeds(_ labels: [String], _ statistic: ([String: ClaimEvidence.Run]) -> Double?) -> StudentEstimate? {
    let seeds = Set(runs.map(\.seed)).sorted()
    let found = seeds.compactMap { seed -> Double? in
      var own: [String: ClaimEvidence.Run] = [:]
      for run in runs where run.seed == seed && own[run.label] == nil && labels.contains(run.label) {
        own[run.label] = run
      }
      return own.count == labels.count ? statistic(own) : nil
    }
    return SeedMean(found).map { StudentEstimate($0) }
  }

  /// A statistic of the means of objectives that is no mean itself, such as a range, with the jackknife's error over
  /// the seeds that all of them have. The mean of the statistic within single seeds would not do: noise makes every
  /// range wide.
  func ofMeans(
    _ labels: [String], _ statistic: (_ mean: (_ label: String, _ key: ClaimEvidence.Key) -> Double?) -> Double?
  ) -> StudentEstimate? {
    let own = runs.filter { labels.contains($0.label) }
    var seeds = Set(own.map(\.seed))
    for label in labels { seeds.formIntersection(own.filter { $0.label == label }.map(\.seed)) }
    let shared = seeds.sorted()
    return Jackknife.estimate(count: shared.count) { leftOut in
      let kept = shared.indices.filter { $0 != leftOut }.map { shared[$0] }
      return statistic { label, key in
        let found = values(label, key)
        let values = kept.compactMap { found[$0] }
        return values.count == kept.count ? SeedMean(values)?.mean : nil
      }
    }
  }
}
