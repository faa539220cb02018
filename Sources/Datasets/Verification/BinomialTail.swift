import Foundation

/// Tails of the binomial distribution.
enum BinomialTail {
  /// log10 of P(X >= successes) for X the number of successes of `trials` with this chance each; 0 for no trials.
  /// Summed term by term in logarithms, so that it does not vanish for thousands.
  static func log10AtLeast(_ successes: Int, of trials: Int, chance: Double) -> Double {
    guard successes > 0 else { return 0 }
    guard successes <= trials, chance > 0 else { return -.infinity }
    guard chance < 1 else { return 0 }
    let odds = log(chance) - log1p(-chance)
    var term = Double(trials) * log1p(-chance)
    var logs: [Double] = []
    for k in 1...trials {
      term += log(Double(trials - k + 1) / Double(k)) + odds
      if k >= successes { logs.append(term) }
    }
    let most = logs.max() ?? 0
    return min(0, (most + log(logs.reduce(0) { $0 + exp($1 - most) })) / log(10))
  }
}
