import Foundation
import Testing

@testable import Datasets

/// What the random corruptions draw, beside the distributions they are to have. Seeds are fixed; the bounds are
/// 4 standard errors.
@Suite struct CorruptionStatisticsTests {
  let side = 256

  func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
  }

  @Test func normals() {
    var random = CounterGenerator(seed: 1, purpose: .corruption, 1, 2)
    let n = 200_001
    let values = random.normals(n, mean: 0.5, deviation: 2)
    #expect(values.count == n)
    let (mean, variance) = moments(values)
    let count = Double(n)
    #expect(abs(mean - 0.5) < 4 * 2 / count.squareRoot())
    #expect(abs(variance - 4) < 4 * 4 * (2 / count).squareRoot())
    let fourth = values.reduce(0) { $0 + pow(($1 - 0.5) / 2, 4) } / count
    #expect(abs(fourth - 3) < 4 * (96 / count).squareRoot())
    // The two numbers of a pair, and those of neighbouring pairs, are uncorrelated.
    for step in 1...2 {
      let product = (0..<n - step).reduce(0) { $0 + (values[$1] - 0.5) * (values[$1 + step] - 0.5) } / count / 4
      #expect(abs(product) < 4 / count.squareRoot())
    }
  }

  /// Gray 128 stays away from the clip: noise has the table's deviation, cut off to bytes (mean -1/2, variance + 1/12).
  @Test func gaussianNoise() throws {
    let image = Bitmap(width: side, height: side, filled: 128)
    let result = try Corruption.gaussianNoise(image, severity: 1, table: .imageNet, seed: 4, sample: 0)
    let (mean, variance) = moments(result.pixels.map { Double($0) })
    let (expected, count) = (pow(0.08 * 255, 2) + 1.0 / 12, Double(result.pixels.count))
    #expect(abs(mean - 127.5) < 4 * (expected / count).squareRoot())
    #expect(abs(variance - expected) < 4 * expected * (2 / count).squareRoot())
  }

  /// Photon counts of a gray image have Poisson frequencies (chi-squared, 4 deviations).
  @Test(arguments: [1, 4, 5]) func shotNoise(severity: Int) throws {
    let photons = [60.0, 25, 12, 5, 3][severity - 1]
    let image = Bitmap(width: side, height: side, filled: 102)
    let result = try Corruption.shotNoise(image, severity: severity, table: .imageNet, seed: 4, sample: 0)
    let mean = 102.0 / 255 * photons
    var counts = [Int](repeating: 0, count: Int(photons) + 1)
    for value in result.pixels {
      // The byte was cut off; the count that gave it is the nearest above.
      counts[min(Int(photons), Int((Double(value) / 255 * photons).rounded(.up)))] += 1
    }
    let n = Double(result.pixels.count)
    var probability = exp(-mean)
    var left = 1.0
    var statistic = 0.0
    var cells = 0.0
    for k in counts.indices {
      // Clipped at white: the last cell holds all counts from there on.
      let expected = n * (k == counts.count - 1 ? left : probability)
      if expected > 5 {
        statistic += pow(Double(counts[k]) - expected, 2) / expected
        cells += 1
      } else {
        #expect(counts[k] < 20)
      }
      left -= probability
      probability *= mean / Double(k + 1)
    }
    #expect((statistic - (cells - 1)) / (2 * (cells - 1)).squareRoot() < 4, "\(statistic) in \(cells) cells")
  }

  @Test func impulseNoise() throws {
    let image = Bitmap(width: side, height: side, filled: 90)
    for (severity, amount) in zip(1...5, [0.03, 0.06, 0.09, 0.17, 0.27]) {
      let result = try Corruption.impulseNoise(image, severity: severity, table: .imageNet, seed: 4, sample: 0)
      let n = Double(result.pixels.count)
      let white = Double(result.pixels.count { $0 == 255 })
      let black = Double(result.pixels.count { $0 == 0 })
      let bound = 4 * (n * amount / 2 * (1 - amount / 2)).squareRoot()
      #expect(abs(white - n * amount / 2) < bound && abs(black - n * amount / 2) < bound)
      #expect(result.pixels.allSatisfy { $0 == 90 || $0 == 0 || $0 == 255 })
    }
  }

  /// A cloud fills 0...1 and is smooth: neighbours are far closer than distant points.
  @Test func clouds() {
    var random = CounterGenerator(seed: 4, purpose: .corruption, 0, 0)
    let cloud = Plasma.map(side: 128, decay: 2) { random.uniform() }
    #expect(cloud.min() == 0 && cloud.max() == 1)
    func step(_ distance: Int) -> Double {
      (0..<128 * 64).reduce(0) { $0 + abs(cloud[$1 / 64 * 128 + $1 % 64] - cloud[$1 / 64 * 128 + $1 % 64 + distance]) }
    }
    #expect(step(1) * 4 < step(32))
  }

  /// Our sheets of ice have the mean and deviation they are drawn for, within 4 levels for what is clipped.
  @Test func iceSheets() {
    let sheets = FrostTexture.standard
    #expect(sheets.count == 5 && Set(sheets).count == 5)
    let means: [[Double]] = [[78, 149, 166], [201, 205, 214], [201, 205, 214], [138, 153, 165], [112, 123, 135]]
    let deviations = [[27, 16.5, 15], [21, 22, 22.5], [21, 22, 22.5], [28.5, 28.5, 30], [44, 43, 42]]
    for (k, sheet) in sheets.enumerated() {
      for channel in 0..<3 {
        let values = stride(from: channel, to: sheet.pixels.count, by: 3).map { Double(sheet.pixels[$0]) }
        let (mean, variance) = moments(values)
        #expect(abs(mean - means[k][channel]) < 4 && abs(variance.squareRoot() - deviations[k][channel]) < 4)
      }
    }
  }
}
