import Datasets

extension Shift {
  /// Errors of the model that corruption errors are measured against.
  public struct Reference: Sendable {
    /// What it is called.
    public var name: String
    /// Its error on the clean set, a share; nil where it is not known, and with it relative mCE.
    public var clean: Double?
    /// Its errors by corruption and severity, shares in 0...1.
    public var errors: [String: [Int: Double]]
    /// Whether a corruption's errors are only known as their mean over all its severities, which then must all be there.
    public var isMean: Bool

    /// A model's errors, shares in 0...1.
    public init(name: String, clean: Double?, errors: [String: [Int: Double]], isMean: Bool = false) {
      (self.name, self.clean, self.errors, self.isMean) = (name, clean, errors, isMean)
    }

    /// AlexNet on ImageNet-C, the reference of published figures, and right for outputs on ImageNet-C only. Means over five severities,
    /// without a clean error: see `CorruptionBenchmark`.
    public static let alexNet: Reference = {
      var errors: [String: [Int: Double]] = [:]
      for corruption in CorruptionBenchmark.corruptions {
        for severity in CorruptionBenchmark.severities {
          errors[corruption.name, default: [:]][severity] = corruption.alexNetError
        }
      }
      return Reference(name: "alexnet", clean: nil, errors: errors, isMean: true)
    }()
  }
}

extension ShiftResult {
  /// Corruption errors of the sets so far, against the reference if there is one.
  mutating func summarize(_ reference: Shift.Reference?) {
    if temperature == nil { reasons["temperature"] = "none was given" }
    var names: [String] = []
    var errors: [String: [Int: Double]] = [:]
    for set in sets {
      guard let name = set.corruption, let severity = set.severity else { continue }
      if errors[name] == nil { names.append(name) }
      errors[name, default: [:]][severity] = set.figures.error
    }
    for name in names {
      let own = errors[name] ?? [:]
      let severities = own.keys.sorted()
      let error = severities.reduce(0) { $0 + (own[$1] ?? 0) } / Double(severities.count)
      var corruption = Corruption(corruption: name, severities: severities, error: error)
      if let reference { compare(&corruption, own, reference) } else { corruption.explain(Self.needsReference) }
      corruptions.append(corruption)
    }
    for name in (reference?.errors.keys.sorted() ?? []) where errors[name] == nil {
      missing.append(Missing(corruption: name, severity: nil, from: .sets))
    }
    guard !corruptions.isEmpty else {
      for key in ["mean_corruption_error", "mce", "relative_mce"] {
        reasons[key] = "no set has a corruption and a severity"
      }
      return
    }
    meanCorruptionError = corruptions.reduce(0) { $0 + $1.error } / Double(corruptions.count)
    (mce, reasons["mce"]) = mean(reference, \.ce, \.reason)
    (relativeMCE, reasons["relative_mce"]) = mean(reference, \.relativeCE, \.relativeReason)
  }

  private static let needsReference = "needs a reference model's errors"

  /// One corruption's errors against the reference's, over the severities that both have.
  private mutating func compare(
    _ corruption: inout Corruption, _ own: [Int: Double], _ reference: Shift.Reference
  ) {
    let name = corruption.corruption
    guard let theirs = reference.errors[name], !theirs.isEmpty else {
      missing.append(Missing(corruption: name, severity: nil, from: .reference))
      corruption.explain("the reference has no errors of it")
      return
    }
    let absent = theirs.keys.filter { own[$0] == nil }.sorted()
    missing += absent.map { Missing(corruption: name, severity: $0, from: .sets) }
    missing += corruption.severities.filter { theirs[$0] == nil }
      .map { Missing(corruption: name, severity: $0, from: .reference) }
    let shared = corruption.severities.filter { theirs[$0] != nil }
    guard !shared.isEmpty else { return corruption.explain("the reference has none of its severities") }
    guard !reference.isMean || absent.isEmpty else {
      return corruption.explain(
        "the reference has the mean over \(theirs.count) severities only, and there are no sets of \(absent)")
    }
    corruption.compared = shared
    let count = Double(shared.count)
    let sum = shared.reduce(0) { $0 + (own[$1] ?? 0) }
    let theirSum = shared.reduce(0) { $0 + (theirs[$1] ?? 0) }
    if theirSum > 0 {
      corruption.ce = sum / theirSum
    } else {
      corruption.reason = "the reference makes no errors"
    }
    guard let theirClean = reference.clean else {
      corruption.relativeReason = "the reference's clean error is not known"
      return
    }
    let more = theirSum - count * theirClean
    // A sum of errors that equal the clean one is 0 but for rounding.
    if more > 1e-12 * count {
      corruption.relativeCE = (sum - count * clean.figures.error) / more
    } else {
      corruption.relativeReason = "the reference errs no more than on the clean set"
    }
  }

  /// The mean over the corruptions that compare, or why there is none.
  private func mean(
    _ reference: Shift.Reference?, _ figure: KeyPath<Corruption, Double?>, _ reason: KeyPath<Corruption, String?>
  ) -> (Double?, String?) {
    guard reference != nil else { return (nil, Self.needsReference) }
    let compared = corruptions.filter { !$0.compared.isEmpty }
    guard !compared.isEmpty else { return (nil, "sets and reference share no corruption and severity") }
    var sum = 0.0
    for corruption in compared {
      guard let value = corruption[keyPath: figure] else {
        return (nil, "\(corruption.corruption): \(corruption[keyPath: reason] ?? "not defined")")
      }
      sum += value
    }
    return (sum / Double(compared.count), nil)
  }
}
