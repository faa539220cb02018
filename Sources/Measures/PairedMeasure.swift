import Foundation

/// A mean over the same examples under an old and a new embedding: what it changed by, how sure that is, and how many examples would
/// settle it. All means are shares, in 0...1.
///
/// - `low`, `high`: the 95 % interval of the difference, that of Agresti and Min 2005: two more examples are thought added, half a one in
///   favour of either side, so that it has a width where no difference was seen;
/// - `p`, two-sided. Of answers right or wrong, each example's by itself, the exact test of McNemar 1947. Of answers that share what they
///   were learned from, as those of cross-validation, and of neighbours, whose gallery is one, the normal distribution of
///   difference / sqrt(difference^2 / n + error^2), and at least 2^(1 - n), the least that n signs can give. The squared error is
///   then the variance over n times a factor (Nadeau and Bengio 2003), or that of random halves of the examples (`Retrieval`);
/// - `p_holm`: the same where all measures are tested at once (Holm 1979); below 5 % the question is `settled`;
/// - `examples_needed` = (1.96 + 0.84)^2 variance / difference^2: how many examples in all show a difference of this size at the 5 %
///   level with a chance of 80 %, the variance being n times the squared standard error.
public struct PairedMeasure: Encodable, Hashable, Sendable {
  /// What the difference says. All measures here are better when they are higher.
  public enum Verdict: String, Encodable, Sendable {
    case better, worse
    case unsettled = "no difference seen"
  }

  /// The measure: "recall_at_1", "map_at_r", ...
  public let name: String
  /// Examples that count.
  public let n: Int
  /// The means, and new less old; nil where they are not defined.
  public private(set) var old, new, difference: Double?
  /// The interval's ends.
  public private(set) var low, high: Double?
  /// The chance of a difference at least as large where there is none; nil with fewer examples than a test needs.
  public private(set) var p: Double?
  /// The same, corrected for the number of tests by `correct`.
  public private(set) var pHolm: Double?
  /// Examples in all that would settle the question; nil where the difference is 0.
  public private(set) var examplesNeeded: Int?
  /// Why values are nil.
  public private(set) var reason: String?

  /// Whether the difference is beyond chance, all tests considered.
  public var isSettled: Bool { (pHolm ?? 1) < 0.05 }

  /// What the difference says; nil without a test.
  public var verdict: Verdict? {
    guard let difference, pHolm != nil else { return nil }
    return isSettled ? (difference > 0 ? .better : .worse) : .unsettled
  }

  /// A measure that is not defined.
  public init(_ name: String, n: Int = 0, reason: String) {
    (self.name, self.n, self.reason) = (name, n, reason)
  }

  /// Whether each example's answer was right under the old and the new embedding, in the same order. `factor` is what answers that
  /// depend on each other multiply the variance by; with 1 the test is exact.
  public init(_ name: String, old: [Bool], new: [Bool], factor: Double = 1) {
    let n = min(old.count, new.count)
    (self.name, self.n) = (name, n)
    guard n > 0 else {
      reason = "no examples"
      return
    }
    let gained = zip(old, new).count { !$0 && $1 }
    let lost = zip(old, new).count { $0 && !$1 }
    let count = Double(n)
    let difference = Double(gained - lost) / count
    let square = Double(gained + lost) / count
    (self.old, self.new) = (Double(old.count { $0 }) / count, Double(new.count { $0 }) / count)
    self.difference = difference
    let variance = factor * (square - difference * difference)
    estimate(difference, variance: variance)
    // A sample's variance, with n - 1.
    require(difference, variance: variance * count / max(count - 1, 1))
    p = factor == 1 ? Agreement.mcNemar(lost, gained) : chance(of: difference, squaredError: variance / count)
    pHolm = p
  }

  /// Means over `n` examples, and the differences of random halves of the examples. Without halves there is no test, for `untested`.
  init(_ name: String, n: Int, old: Double, new: Double, halves: [Double], untested: String) {
    let difference = abs(new - old) > 1e-12 ? new - old : 0
    (self.name, self.n, self.old, self.new, self.difference) = (name, n, old, new, difference)
    guard halves.count > 1 else {
      reason = untested
      return
    }
    let mean = halves.reduce(0, +) / Double(halves.count)
    let square = halves.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(halves.count - 1)
    let count = Double(n)
    estimate(difference, variance: square * count)
    require(difference, variance: square * count)
    p = chance(of: difference, squaredError: square)
    pHolm = p
  }

  private func chance(of difference: Double, squaredError: Double) -> Double {
    guard difference != 0 else { return 1 }
    let count = Double(n)
    let score = abs(difference) / (difference * difference / count + squaredError).squareRoot()
    return min(1, max(erfc(score / 2.0.squareRoot()), pow(2, 1 - count)))
  }

  private mutating func estimate(_ difference: Double, variance: Double) {
    let count = Double(n)
    let center = difference * count / (count + 2)
    let square = (count * (max(variance, 0) + difference * difference) + 1) / (count + 2)
    let reach = 1.959964 * ((square - center * center) / (count + 2)).squareRoot()
    (low, high) = (max(center - reach, -1), min(center + reach, 1))
  }

  private mutating func require(_ difference: Double, variance: Double) {
    guard difference != 0 else {
      reason = "examples_needed: the difference is 0"
      return
    }
    let size = (1.959964 + 0.841621) / difference
    // Fewer than six examples never reach 5 %: 2^(1 - 5) is above it.
    examplesNeeded = Int(min(max((size * size * variance).rounded(.up), 6), 1e15))
  }

  /// Corrects the p values of measures that are tested together.
  public static func correct(_ measures: inout [PairedMeasure]) {
    for (place, p) in Holm.adjust(measures.map(\.p)).enumerated() { measures[place].pHolm = p }
  }

  enum CodingKeys: String, CodingKey {
    case n, old, new, difference, low, high, p, verdict, settled, reason
    case pHolm = "p_holm"
    case examplesNeeded = "examples_needed"
  }

  /// Writes nil as null; leaves `reason` out when there is none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(old, forKey: .old)
    try container.encode(new, forKey: .new)
    try container.encode(difference, forKey: .difference)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
    try container.encode(p, forKey: .p)
    try container.encode(pHolm, forKey: .pHolm)
    try container.encode(verdict, forKey: .verdict)
    try container.encode(isSettled, forKey: .settled)
    try container.encode(examplesNeeded, forKey: .examplesNeeded)
    try container.encodeIfPresent(reason, forKey: .reason)
  }
}
