import Foundation
import Torch

/// What calibration is measured from: a few numbers an example.
struct ExampleScores {
  /// Of each example log p(label), the largest p, and the squared distance of p from the label's unit vector.
  let logLabel, confidence, brier: [Double]
  /// Whether the largest p is the label's.
  let isRight: [Bool]
  /// The mean over classes of the error of p_k, and of the top class without bins.
  private let classwise, smooth: Double
  /// Confidences to 2^-40, so that equal ones stay equal whatever the order of their sums, and examples by rising confidence.
  private let ranked: [Double]
  private let order: [Int]

  init(_ outputs: ClassifierOutputs, _ scaling: ClassScaling? = nil) throws {
    let (n, classes) = (outputs.count, outputs.classes)
    var gaps = [Double](repeating: 0, count: Calibration.binCount * classes)
    var (logs, tops, distances): ([Double], [Double], [Double]) = ([], [], [])
    var hits: [Bool] = []
    try outputs.forEachBlock(asLogits: scaling != nil) { rows, labels, kind in
      let block = try rows.outputRows(labels: labels, kind: kind, scaling: scaling, bins: Calibration.binCount)
      let (figures, answers, own) = (try block.rows.doubles(), try block.answers.ints(), try labels.ints())
      for row in answers.indices {
        logs.append(figures[3 * row])
        tops.append(figures[3 * row + 1])
        distances.append(figures[3 * row + 2])
        hits.append(answers[row] == own[row])
      }
      for (index, gap) in try block.gaps.doubles().enumerated() { gaps[index] += gap }
    }
    (logLabel, confidence, brier, isRight) = (logs, tops, distances, hits)
    classwise = gaps.reduce(0) { $0 + abs($1) } / Double(n * classes)
    smooth = SmoothCalibration(tops, hits).error
    let keys = tops.map { ($0 * 0x1p40).rounded() }
    ranked = keys
    order = keys.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
  }

  /// Figures of all examples.
  func figures() -> CalibrationResult.Figures {
    var figures = figures(of: order)
    (figures.eceClasswise, figures.eceSmooth) = (classwise, smooth)
    return figures
  }

  /// Figures of some examples, by rising confidence; without those of single classes and without bins.
  private func figures(of chosen: [Int]) -> CalibrationResult.Figures {
    let n = Double(chosen.count)
    let bins = Bins(self, chosen)
    let nll = -chosen.reduce(0) { $0 + logLabel[$1] } / n
    let (aurc, best) = riskCoverage(chosen)
    return CalibrationResult.Figures(
      nll: nll.isFinite ? nll : nil, brier: chosen.reduce(0) { $0 + brier[$1] } / n, ece: bins.error,
      eceDebiased: bins.errorDebiased, squaredDebiased: bins.squaredDebiased, eceAdaptive: adaptive(chosen),
      aurc: aurc, aurcExcess: aurc - best, accuracy: Double(chosen.count { isRight[$0] }) / n)
  }

  /// The reliability diagram.
  var reliability: [CalibrationResult.Bin] { Bins(self, order).reliability }

  /// Intervals about the figures of all, from half samples; nil where none were asked for.
  func intervals(_ options: Calibration.Options) throws -> CalibrationResult.Intervals? {
    guard options.bootstrap > 0 else { return nil }
    let whole = figures(of: order)
    let halves = (0..<options.bootstrap).map { replicate in
      var isMember = [Bool](repeating: false, count: order.count)
      for place in HalfSamples.half(of: order.count, seed: options.seed, replicate) { isMember[place] = true }
      return figures(of: order.filter { isMember[$0] })
    }
    func interval(_ figure: (CalibrationResult.Figures) -> Double?) -> CalibrationResult.Interval? {
      guard let value = figure(whole) else { return nil }
      return HalfSamples.interval(around: value, halves.map(figure), options.confidence).map {
        CalibrationResult.Interval(low: $0.low, high: $0.high)
      }
    }
    return CalibrationResult.Intervals(
      nll: interval(\.nll), brier: interval(\.brier), ece: interval(\.ece), eceDebiased: interval(\.eceDebiased),
      eceAdaptive: interval(\.eceAdaptive), aurc: interval(\.aurc), accuracy: interval(\.accuracy))
  }

  /// ECE over bins of (nearly) equal counts: an example with r others of lower confidence falls in bin floor(15 r / n),
  /// so that equal confidences share a bin and the order of the examples does not matter.
  private func adaptive(_ chosen: [Int]) -> Double {
    let n = chosen.count
    var sums = [Double](repeating: 0, count: Calibration.binCount)
    var lower = 0
    for (place, index) in chosen.enumerated() {
      if place > 0 && ranked[index] > ranked[chosen[place - 1]] { lower = place }
      sums[lower * Calibration.binCount / n] += confidence[index] - (isRight[index] ? 1 : 0)
    }
    return sums.reduce(0) { $0 + abs($1) } / Double(n)
  }

  /// The area under the risk-coverage curve, and that of the best order.
  private func riskCoverage(_ chosen: [Int]) -> (area: Double, best: Double) {
    let n = chosen.count
    var (area, wrong) = (0.0, 0.0)
    var end = n
    while end > 0 {
      // Examples of one confidence, from the highest down.
      var start = end - 1
      while start > 0, ranked[chosen[start - 1]] == ranked[chosen[end - 1]] { start -= 1 }
      let errors = Double(chosen[start..<end].count { !isRight[$0] })
      let share = errors / Double(end - start)
      for place in 1...(end - start) { area += (wrong + share * Double(place)) / Double(n - end + place) }
      wrong += errors
      end = start
    }
    let right = n - Int(wrong.rounded())
    var best = 0.0
    for place in right..<n { best += Double(place + 1 - right) / Double(place + 1) }
    return (area / Double(n), best / Double(n))
  }
}

/// Sums over equal-width bins of confidence.
private struct Bins {
  private var counts = [Double](repeating: 0, count: Calibration.binCount)
  private var confidence = [Double](repeating: 0, count: Calibration.binCount)
  private var hits = [Double](repeating: 0, count: Calibration.binCount)
  private let n: Double

  init(_ scores: ExampleScores, _ chosen: [Int]) {
    n = Double(chosen.count)
    for place in chosen {
      let bin = Calibration.bin(of: scores.confidence[place])
      counts[bin] += 1
      confidence[bin] += scores.confidence[place]
      if scores.isRight[place] { hits[bin] += 1 }
    }
  }

  /// Of bins that hold examples: their share, mean c - mean a, and the variance of that by chance.
  private var gaps: [(share: Double, gap: Double, variance: Double)] {
    counts.indices.filter { counts[$0] > 0 }.map { bin in
      let accuracy = hits[bin] / counts[bin]
      return (
        counts[bin] / n, (confidence[bin] - hits[bin]) / counts[bin],
        counts[bin] > 1 ? accuracy * (1 - accuracy) / (counts[bin] - 1) : 0
      )
    }
  }

  var error: Double { gaps.reduce(0) { $0 + $1.share * abs($1.gap) } }

  var errorDebiased: Double {
    gaps.reduce(0) { sum, bin in
      let (gap, deviation) = (abs(bin.gap), bin.variance.squareRoot())
      guard deviation > 0 else { return sum + bin.share * gap }
      // The mean of |N(gap, variance)|.
      let folded =
        deviation * (2 / Double.pi).squareRoot() * exp(-gap * gap / (2 * bin.variance))
        + gap * erf(gap / (deviation * 2.0.squareRoot()))
      return sum + bin.share * (2 * gap - folded)
    }
  }

  var squaredDebiased: Double { gaps.reduce(0) { $0 + $1.share * ($1.gap * $1.gap - $1.variance) } }

  var reliability: [CalibrationResult.Bin] {
    counts.indices.map { bin in
      CalibrationResult.Bin(
        low: Double(bin) / Double(counts.count), high: Double(bin + 1) / Double(counts.count), count: Int(counts[bin]),
        confidence: counts[bin] == 0 ? nil : confidence[bin] / counts[bin],
        accuracy: counts[bin] == 0 ? nil : hits[bin] / counts[bin])
    }
  }
}
