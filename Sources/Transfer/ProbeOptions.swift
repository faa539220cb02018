import Foundation

/// How a linear probe is fitted and chosen.
public struct ProbeOptions: Codable, Hashable, Sendable {
  /// Penalties lambda of lambda/2 |W|^2 against the sum of the examples' losses, ascending.
  public var lambdas: [Double]
  /// Share of the training set held out to choose lambda; 0: nothing is chosen.
  public var holdout: Double
  /// What decides the holdout.
  public var seed: UInt64
  /// The group of each training example; a group is never divided by the holdout.
  public var groups: [Int]?
  /// Folds that the training examples are parted into, each held out in turn, in place of one holdout; nil: none.
  public var folds: Int?
  /// How far every fit is taken.
  public var accuracy: Accuracy
  /// Whether features are brought to mean 0 and deviation 1 by the training set. Off in the protocol.
  public var standardizes: Bool

  /// Whether each feature vector is brought to length 1 first. Off in the protocol.
  public var normalizes = false
  /// Whether the penalty counts the bias, too. Off in the protocol.
  public var penalizesBias = false
  /// What an example of each class counts; nil: 1.
  public var classWeights: ClassWeights?
  /// What each training example counts, beside its class; nil: 1.
  public var sampleWeights: [Double]?

  /// Bytes that features may take in memory in f32; beyond it they go through a file without a name in TMPDIR. nil: a quarter of what
  /// the program may use. With accuracy `high` all is in memory.
  public var memory: Int?
  /// The superclass of each training example, where labels are subclasses of what the network was trained on: says how far
  /// the features tell subclasses apart within their superclass. nil: none.
  public var superclasses: [Int]?

  /// What an example of a class counts.
  public enum ClassWeights: Codable, Hashable, Sendable {
    /// n / (K n_k) among the examples that are fitted: every class as much as any other.
    case balanced
    /// By label; 1 for those left out.
    case given([Int: Double])
  }

  /// How far fits are taken.
  public enum Accuracy: String, Codable, Hashable, Sendable, CaseIterable {
    /// The last digits of the objective: problems of a few thousand unknowns within 1e-8 of the optimum.
    case high
    /// What the protocol asks for, many times sooner: every gradient norm at most 0.9e-5 of its value at zero weights.
    case protocolBound = "protocol"
  }

  /// The protocol's own: 45 log-spaced lambda in 1e-6...1e5, a fifth held out, features as they are, its accuracy.
  public init(
    lambdas: [Double] = ProbeOptions.grid(low: 1e-6, high: 1e5, count: 45), holdout: Double = 0.2,
    seed: UInt64 = 0,
    groups: [Int]? = nil, accuracy: Accuracy = .protocolBound, standardizes: Bool = false
  ) {
    self.lambdas = lambdas
    self.holdout = holdout
    self.seed = seed
    self.groups = groups
    self.accuracy = accuracy
    self.standardizes = standardizes
  }

  /// `count` log-spaced numbers from `low` to `high`, ends included.
  public static func grid(low: Double, high: Double, count: Int) -> [Double] {
    guard count > 1 else { return count == 1 ? [low] : [] }
    let (first, last) = (log10(low), log10(high))
    return (0..<count).map { index in
      if index == 0 { return low }
      if index == count - 1 { return high }
      return pow(10, first + (last - first) * Double(index) / Double(count - 1))
    }
  }

  /// Reads LOW:HIGH:COUNT, as 1e-6:1e5:45.
  public static func parseGrid(_ text: String) throws(TransferError) -> [Double] {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let low = Double(parts[0]), let high = Double(parts[1]), let count = Int(parts[2])
    else {
      throw TransferError("lambdas", found: text, expected: "LOW:HIGH:COUNT, as 1e-6:1e5:45")
    }
    guard low > 0, high >= low, high.isFinite, (1...10_000).contains(count), count > 1 || low == high else {
      throw TransferError(
        "lambdas", found: text, expected: "0 < LOW <= HIGH and 1 <= COUNT <= 10000 (LOW = HIGH for COUNT 1)")
    }
    return grid(low: low, high: high, count: count)
  }

  /// How a set of examples with these labels is fitted; `places` are theirs among the training examples, nil: all.
  func manner(_ labels: [Int], places: [Int]?, _ team: ProbeTeam = ProbeTeam()) -> ProbeFit.Manner {
    var manner = ProbeFit.Manner(accuracy: accuracy, penalizesBias: penalizesBias)
    manner.team = team
    if let memory { manner.memory = memory }
    guard classWeights != nil || sampleWeights != nil else { return manner }
    var weights = [Double](repeating: 1, count: labels.count)
    switch classWeights {
    case .balanced:
      let sizes = labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      weights = labels.map { Double(labels.count) / Double(sizes.count * (sizes[$0] ?? 1)) }
    case .given(let known): weights = labels.map { known[$0] ?? 1 }
    case nil: break
    }
    if let sampleWeights {
      for place in weights.indices {
        // Those of a validation set, which stand behind, count 1.
        let own = places?[place] ?? place
        if own < sampleWeights.count { weights[place] *= sampleWeights[own] }
      }
    }
    manner.weights = weights
    return manner
  }

  /// Refuses penalties or a holdout that make no sense.
  func validate() throws(TransferError) {
    guard !lambdas.isEmpty else { throw TransferError("lambdas", found: "none", expected: "at least one") }
    for lambda in lambdas where !(lambda > 0 && lambda.isFinite) {
      throw TransferError("lambdas", found: "\(lambda)", expected: "numbers above 0")
    }
    guard holdout >= 0, holdout < 1 else {
      throw TransferError("holdout", found: "\(holdout)", expected: "a share in [0, 1)")
    }
    if case .given(let weights) = classWeights {
      for (label, weight) in weights where !(weight > 0 && weight.isFinite) {
        throw TransferError("class weights", found: "\(weight) for \(label)", expected: "numbers above 0")
      }
    }
    if let weight = sampleWeights?.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw TransferError("sample weights", found: "\(weight)", expected: "numbers of at least 0")
    }
  }
}
