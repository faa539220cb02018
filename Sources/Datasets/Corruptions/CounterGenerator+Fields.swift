import Foundation

extension CounterGenerator {
  /// `count` normal numbers of mean 0 (Box and Muller; both numbers of a pair are used).
  mutating func normals(_ count: Int, mean: Double = 0, deviation: Double) -> [Double] {
    [Double](unsafeUninitializedCapacity: max(count, 0) + 1) { values, filled in
      var place = 0
      while place < count {
        let radius = (-2 * log(1 - uniform())).squareRoot() * deviation
        let angle = 2 * Double.pi * uniform()
        values[place] = mean + radius * cos(angle)
        values[place + 1] = mean + radius * sin(angle)
        place += 2
      }
      filled = max(count, 0)
    }
  }

  /// `count` numbers in [low, high).
  mutating func uniforms(_ count: Int, _ low: Double, _ high: Double) -> [Double] {
    (0..<max(count, 0)).map { _ in uniform(low, high) }
  }
}
