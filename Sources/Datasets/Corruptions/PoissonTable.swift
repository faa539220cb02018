import Foundation

/// The Poisson distribution of one mean, sampled by inversion.
///
/// A number of photons is the first k whose cumulative probability lies above a uniform number: exact up to the
/// rounding of the sums, about 1e-15. For means up to 700, below which exp(-mean) is a normal number.
struct PoissonTable {
  private var cumulative: [Double] = []

  /// The distribution of that mean.
  init(mean: Double) {
    let mean = min(max(mean, 0), 700)
    var probability = exp(-mean)
    var sum = probability
    cumulative.append(sum)
    // Beyond the mean the terms fall faster than geometrically: stop when what is left cannot be drawn.
    while Double(cumulative.count) <= mean || probability > 0x1p-60 {
      probability *= mean / Double(cumulative.count)
      sum += probability
      cumulative.append(sum)
    }
  }

  /// The count that belongs to a uniform number in [0, 1).
  func count(_ uniform: Double) -> Int {
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if uniform < cumulative[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
