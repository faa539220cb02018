import Torch

/// tr(S^+ S_B), S the covariance of the features and S_B that of their class means (Bao and others 2019, "An information-theoretic approach to
/// transferability"): from 0, classes not told apart, to K - 1.
///
/// Bias: high where dimensions are many for the examples, up to K - 1 by chance. `shrunk` takes (1 - a) S_B and (1 - a) S + a tr(S)/d I in their
/// place (Ibrahim and others 2021, "Newer is not always better"), a by Ledoit and Wolf (2004).
enum HScore {
  static func score(_ data: ScoredRows) throws -> (plain: Double, shrunk: Double, shrinkage: Double) {
    let n = Double(data.count)
    let shares = try Tensor(data.classes.sizes.map { Double($0) / n }).unsqueeze(1)
    let between = try ((data.classMeans - data.mean).matmul(data.axes).square() * shares).sum([0]).doubles()
    let plain = zip(between, data.variances).reduce(0) { $1.1 > data.limit ? $0 + $1.0 / $1.1 : $0 }
    let shrinkage = try shrinkage(data)
    let level = shrinkage * data.variances.reduce(0, +) / Double(data.dimensions)
    let shrunk = zip(between, data.variances).reduce(0) { sum, pair in
      let variance = (1 - shrinkage) * pair.1 + level
      return variance > data.limit ? sum + (1 - shrinkage) * pair.0 / variance : sum
    }
    return (plain, shrunk, shrinkage)
  }

  /// Ledoit and Wolf 2004, lemmas 3.2 to 3.4: the share of the mean variance that makes the expected squared error least.
  private static func shrinkage(_ data: ScoredRows) throws -> Double {
    let (n, d) = (Double(data.count), Double(data.dimensions))
    let squares = data.variances.reduce(0) { $0 + $1 * $1 }
    let level = data.variances.reduce(0, +) / d
    let distance = squares / d - level * level
    let fourth = try (data.features - data.mean).square().sum([1]).square().sum().item()
    let noise = min((fourth / n - squares) / (d * n), distance)
    return noise > 0 ? noise / distance : 0
  }
}
