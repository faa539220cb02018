import Datasets
import Features
import Foundation
import Torch

/// How alike classifiers answer on the same examples, and what they are worth together (Kornblith and others 2021, section 3.3).
///
/// - `agreement`: share of equal top classes; `kappa` (Cohen 1960): the same beyond what their frequencies of classes give by chance.
/// - with labels `error_consistency` (Geirhos and others 2020): kappa of being right or wrong; `mcnemar_p`: the exact test of equal
///   top-1 accuracy, two-sided binomial on the examples that only one has right; `permutation_p`: of equal mean per-class accuracy, the answers
///   of both exchanged at random; `ensemble_accuracy`: top-1 of the mean probabilities, of the mean logits beside it;
///   `either_right`: share that at least one has right, the bound of any choice between them.
/// - `diversity`: the mean over pairs of the share of different answers (Skalak 1996).
///
/// Of equal outputs the lowest class is the answer. Exact but for `permutation_p`, whose draws are counted in it. Cost n K for each classifier
/// and pair.
public struct Agreement {
  /// What is measured.
  public struct Options: Sendable {
    /// Exchanges of the permutation test.
    public var permutations = 10_000
    /// Their seed.
    public var seed: UInt64 = 0
    /// What the outputs are; of probabilities the logits are their logarithms.
    public var kind = ClassifierOutputs.Kind.logits
    /// Ensembles that are measured beside the pairs and all: places of classifiers.
    public var subsets: [[Int]] = []

    /// Ten thousand exchanges.
    public init() {}
  }

  /// Compares every pair of classifiers by their outputs [n, K], and all of them together. Throws `MeasureError` when outputs and
  /// labels do not fit or are not finite.
  public static func compare(
    _ outputs: [any RowSource], labels: [Int]?, _ options: Options = Options()
  ) throws -> AgreementResult {
    guard outputs.count >= 2, let first = outputs.first else {
      throw MeasureError("outputs", found: "\(outputs.count) sets", expected: "at least two")
    }
    let (n, classes) = (first.count, first.dimensions)
    for other in outputs where other.count != n || other.dimensions != classes {
      throw MeasureError(
        "outputs", found: "[\(other.count), \(other.dimensions)]",
        expected: "[\(n), \(classes)], the examples and classes of the first", file: other.place)
    }
    guard n > 0, classes > 0 else {
      throw MeasureError(
        "outputs", found: "[\(n), \(classes)]", expected: "at least one of each", file: first.place)
    }
    if let labels {
      guard labels.count == n else {
        throw MeasureError("labels", found: "\(labels.count)", expected: "\(n), one a row of the outputs")
      }
      if let row = labels.firstIndex(where: { $0 < 0 || $0 >= classes }) {
        throw MeasureError("labels[\(row)]", found: "\(labels[row])", expected: "a class in 0..<\(classes)")
      }
    }
    for subset in options.subsets {
      guard !subset.isEmpty, Set(subset).count == subset.count, subset.allSatisfy(outputs.indices.contains) else {
        throw MeasureError(
          "subset", found: "\(subset.map { $0 + 1 })",
          expected: "places of different classifiers, 1 to \(outputs.count)")
      }
    }
    return try withoutGradientRethrowing {
      let all = try answers(of: Array(outputs.indices), outputs, options.kind)
      let answers = all.own
      func together(_ members: [Int], _ labels: [Int]) throws -> AgreementResult.Ensemble {
        let found = members == Array(outputs.indices) ? all : try self.answers(of: members, outputs, options.kind)
        return .init(
          members: members, accuracy: share(found.probabilities, labels), accuracyLogits: share(found.logits, labels))
      }
      var result = AgreementResult(n: n, classes: classes, reason: labels == nil ? "needs labels" : nil)
      result.accuracies = labels.map { labels in answers.map { share($0, labels) } }
      for a in outputs.indices {
        for b in outputs.indices where b > a {
          var pair = AgreementResult.Pair(a: a, b: b)
          let equal = share(answers[a], answers[b])
          pair.agreement = equal
          pair.kappa = kappa(equal, chance: frequencies(answers[a], classes), frequencies(answers[b], classes))
          if let labels {
            try correctness(answers[a], answers[b], labels, options, into: &pair)
            let ensemble = try together([a, b], labels)
            (pair.ensembleAccuracy, pair.ensembleAccuracyLogits) = (ensemble.accuracy, ensemble.accuracyLogits)
          }
          result.pairs.append(pair)
        }
      }
      result.diversity = 1 - result.pairs.reduce(0) { $0 + ($1.agreement ?? 0) } / Double(result.pairs.count)
      if let labels {
        if outputs.count > 2 {
          let all = try together(Array(outputs.indices), labels)
          (result.ensembleAccuracy, result.ensembleAccuracyLogits) = (all.accuracy, all.accuracyLogits)
        }
        result.subsets = try options.subsets.map { try together($0, labels) }
      }
      return result
    }
  }

  /// The top classes of some of `outputs`: of their mean probabilities, of their mean logits, and of each.
  private static func answers(
    of members: [Int], _ outputs: [any RowSource], _ kind: ClassifierOutputs.Kind
  ) throws -> (probabilities: [Int], logits: [Int], own: [[Int]]) {
    var (first, second): ([Int], [Int]) = ([], [])
    var own = [[Int]](repeating: [], count: members.count)
    for range in outputs[0].blocks(of: (1 << 25) / members.count) {
      do {
        let answers = try Tensor.answers(
          of: members.map { try outputs[$0].doubleOrFloat(range) }, kind: kind == .logits ? .logits : .probabilities)
        first += try answers.byProbability.ints()
        second += try answers.byLogit.ints()
        let each = try answers.own.ints()
        for place in members.indices { own[place] += each[place * range.count..<(place + 1) * range.count] }
      } catch let error as OutputRowError {
        throw try outputs[members[error.member]].errorOfOutputs(row: range.lowerBound + error.row, kind)
      }
    }
    return (first, second, own)
  }

  private static func share(_ a: [Int], _ b: [Int]) -> Double { Double(zip(a, b).count { $0 == $1 }) / Double(a.count) }

  private static func frequencies(_ answers: [Int], _ classes: Int) -> [Double] {
    var counts = [Double](repeating: 0, count: classes)
    for answer in answers { counts[answer] += 1 / Double(answers.count) }
    return counts
  }

  /// Nil where chance alone gives certain agreement.
  private static func kappa(_ observed: Double, chance a: [Double], _ b: [Double]) -> Double? {
    let expected = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    return expected < 1 - 1e-12 ? (observed - expected) / (1 - expected) : nil
  }

  private static func correctness(
    _ a: [Int], _ b: [Int], _ labels: [Int], _ options: Options, into pair: inout AgreementResult.Pair
  ) throws {
    let (right, other) = (zip(a, labels).map { $0 == $1 }, zip(b, labels).map { $0 == $1 })
    let n = Double(labels.count)
    let onlyA = zip(right, other).count { $0 && !$1 }
    let onlyB = zip(right, other).count { !$0 && $1 }
    let (shareA, shareB) = (Double(right.count { $0 }) / n, Double(other.count { $0 }) / n)
    (pair.accuracyA, pair.accuracyB) = (shareA, shareB)
    (pair.onlyA, pair.onlyB) = (onlyA, onlyB)
    pair.mcnemarP = mcNemar(onlyA, onlyB)
    pair.errorConsistency = kappa(1 - Double(onlyA + onlyB) / n, chance: [shareA, 1 - shareA], [shareB, 1 - shareB])
    pair.eitherRight = Double(zip(right, other).count { $0 || $1 }) / n
    let classes = Classes(labels)
    let weights = labels.indices.compactMap { place -> Double? in
      guard right[place] != other[place] else { return nil }
      let weight = 1 / Double(classes.count * classes.sizes[classes.indices[place]])
      return right[place] ? weight : -weight
    }
    pair.permutationP = permutation(weights, options)
  }

  /// The exact two-sided test of McNemar 1947: of `a + b` examples that one alone has right, each is either's with probability 1/2.
  static func mcNemar(_ a: Int, _ b: Int) -> Double {
    let (n, least) = (a + b, min(a, b))
    guard n > 0, a != b else { return 1 }
    // The terms from the largest down, as shares of it.
    var (sum, term) = (1.0, 1.0)
    for k in stride(from: least, to: 0, by: -1) {
      term *= Double(k) / Double(n - k + 1)
      sum += term
      if term < 1e-20 * sum { break }
    }
    let logLargest =
      lgamma(Double(n + 1)) - lgamma(Double(least + 1)) - lgamma(Double(n - least + 1)) - Double(n) * log(2)
    return min(1, 2 * sum * exp(logLargest))
  }

  /// The share of random signs of `weights` whose sum is at least as far from 0, the signs as they are counted once.
  private static func permutation(_ weights: [Double], _ options: Options) -> Double? {
    guard options.permutations > 0 else { return nil }
    let whole = weights.reduce(0, +)
    let observed = abs(whole)
    let slack = 1e-12 * weights.reduce(0) { $0 + abs($1) }
    var asFar = 1
    // Sums of the flipped weights of every draw: eight weights at a time, from a table of what each byte of random bits flips.
    var draws = (0..<options.permutations).map {
      CounterGenerator(seed: options.seed, purpose: .bootstrap, UInt64($0), 1)
    }
    var flipped = [Double](repeating: 0, count: draws.count)
    for first in stride(from: 0, to: weights.count, by: 64) {
      let part = Array(weights[first..<min(first + 64, weights.count)])
      var table = [Double](repeating: 0, count: 8 * 256)
      for (place, weight) in part.enumerated() {
        for byte in 0..<256 where byte >> (place % 8) & 1 == 1 { table[place / 8 * 256 + byte] += weight }
      }
      table.withUnsafeBufferPointer { table in
        for draw in draws.indices {
          let word = draws[draw].next()
          var sum = 0.0
          for byte in 0..<8 { sum += table[byte * 256 + Int(word >> UInt64(8 * byte) & 255)] }
          flipped[draw] += sum
        }
      }
    }
    for sum in flipped where abs(whole - 2 * sum) >= observed - slack { asFar += 1 }
    return Double(asFar) / Double(options.permutations + 1)
  }
}

/// What `Agreement` measures, with the keys of the tool's JSON: for two classifiers at the top level, for more under `pairs`.
public struct AgreementResult: Encodable, Sendable {
  /// Two classifiers.
  public struct Pair: Encodable, Sendable {
    /// Their places.
    public let a, b: Int
    /// Share of equal answers, and beyond chance; nil where chance makes them equal.
    public internal(set) var agreement, kappa: Double?
    /// Top-1 of both, nil without labels.
    public internal(set) var accuracyA, accuracyB: Double?
    /// Examples that only one has right.
    public internal(set) var onlyA, onlyB: Int?
    /// As `Agreement` defines them; nil without labels.
    public internal(set) var mcnemarP, permutationP, errorConsistency, eitherRight: Double?
    /// Top-1 of the mean probabilities, and of the mean logits.
    public internal(set) var ensembleAccuracy, ensembleAccuracyLogits: Double?

    init(a: Int, b: Int) { (self.a, self.b) = (a, b) }

    enum CodingKeys: String, CodingKey {
      case a, b, agreement, kappa
      case accuracyA = "accuracy_a"
      case accuracyB = "accuracy_b"
      case onlyA = "only_a_right"
      case onlyB = "only_b_right"
      case mcnemarP = "mcnemar_p"
      case permutationP = "permutation_p"
      case errorConsistency = "error_consistency"
      case eitherRight = "either_right"
      case ensembleAccuracy = "ensemble_accuracy"
      case ensembleAccuracyLogits = "ensemble_accuracy_logits"
    }

    /// Writes nil as null.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(a, forKey: .a)
      try container.encode(b, forKey: .b)
      try encodeValues(to: &container)
    }

    fileprivate func encodeValues(to container: inout KeyedEncodingContainer<CodingKeys>) throws {
      try container.encode(agreement, forKey: .agreement)
      try container.encode(kappa, forKey: .kappa)
      try container.encode(accuracyA, forKey: .accuracyA)
      try container.encode(accuracyB, forKey: .accuracyB)
      try container.encode(onlyA, forKey: .onlyA)
      try container.encode(onlyB, forKey: .onlyB)
      try container.encode(mcnemarP, forKey: .mcnemarP)
      try container.encode(permutationP, forKey: .permutationP)
      try container.encode(errorConsistency, forKey: .errorConsistency)
      try container.encode(eitherRight, forKey: .eitherRight)
      try container.encode(ensembleAccuracy, forKey: .ensembleAccuracy)
      try container.encode(ensembleAccuracyLogits, forKey: .ensembleAccuracyLogits)
    }
  }

  /// Some classifiers together.
  public struct Ensemble: Encodable, Sendable {
    /// Their places.
    public let members: [Int]
    /// Top-1 of the mean probabilities, and of the mean logits.
    public let accuracy, accuracyLogits: Double

    enum CodingKeys: String, CodingKey {
      case members
      case accuracy = "ensemble_accuracy"
      case accuracyLogits = "ensemble_accuracy_logits"
    }
  }

  /// Examples and classes.
  public let n, classes: Int
  /// The mean share of different answers over pairs.
  public internal(set) var diversity = 0.0
  /// The ensembles that were asked for; empty without labels.
  public internal(set) var subsets: [Ensemble] = []
  /// Top-1 of each classifier; nil without labels.
  public internal(set) var accuracies: [Double]?
  /// Every pair.
  public internal(set) var pairs: [Pair] = []
  /// Of all of more than two together.
  public internal(set) var ensembleAccuracy, ensembleAccuracyLogits: Double?
  /// Why accuracies are nil.
  public let reason: String?

  init(n: Int, classes: Int, reason: String?) {
    (self.n, self.classes, self.reason) = (n, classes, reason)
  }

  enum CodingKeys: String, CodingKey {
    case n, classes, accuracies, pairs, diversity, subsets, reason
    case ensembleAccuracy = "ensemble_accuracy"
    case ensembleAccuracyLogits = "ensemble_accuracy_logits"
  }

  /// Writes the only pair's values at the top level.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encodeIfPresent(reason, forKey: .reason)
    try container.encode(diversity, forKey: .diversity)
    if !subsets.isEmpty { try container.encode(subsets, forKey: .subsets) }
    if pairs.count == 1 {
      var values = encoder.container(keyedBy: Pair.CodingKeys.self)
      try pairs[0].encodeValues(to: &values)
    } else {
      try container.encode(accuracies, forKey: .accuracies)
      try container.encode(pairs, forKey: .pairs)
      try container.encode(ensembleAccuracy, forKey: .ensembleAccuracy)
      try container.encode(ensembleAccuracyLogits, forKey: .ensembleAccuracyLogits)
    }
  }
}
