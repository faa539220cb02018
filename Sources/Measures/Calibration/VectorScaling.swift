import Foundation
import Torch

extension Calibration {
  /// The factor and offset of each class that minimise the NLL of softmax(scale z + offset), or nil with the reason when none were found.
  public struct FittedVector: Hashable, Sendable {
    /// Both.
    public var value: ClassScaling?
    /// Why there are none.
    public var reason: String?
  }

  /// Fits vector scaling on held-out outputs (Guo and others 2017, section 4.2), by L-BFGS on the mean NLL, which is convex, to a gradient of 1e-8
  /// of its size at the start. Two numbers a class: with few examples a class it fits noise, so compare it on others. Some hundred passes.
  public static func fitVector(_ outputs: ClassifierOutputs) throws -> FittedVector {
    let (n, classes) = (Double(outputs.count), outputs.classes)
    func value(_ point: [Double]) throws -> (nll: Double, gradient: [Double]) {
      let scaling = ClassScaling(scale: Array(point[..<classes]), offset: Array(point[classes...]))
      var sums = Tensor.OutputSlopes()
      try outputs.forEachBlock(asLogits: true) { rows, labels, kind in
        try rows.addOutputSlopes(labels: labels, kind: kind, scaling: scaling, withGradient: true, to: &sums)
      }
      return (sums.nll / n, sums.gradient.map { $0 / n })
    }

    if outputs.kind == .probabilities {
      var lowest = Tensor.OutputSlopes()
      try outputs.forEachBlock(asLogits: true) { rows, labels, kind in
        try rows.addOutputSlopes(labels: labels, kind: kind, to: &lowest)
      }
      guard lowest.widest.isFinite else {
        return .init(reason: "a probability is 0: its logarithm cannot be scaled")
      }
    }
    let temperature = try fitTemperature(outputs)
    guard let start = temperature.value else { return .init(reason: temperature.reason) }
    let point = [Double](repeating: 1 / start, count: classes) + [Double](repeating: 0, count: classes)
    guard let best = try LimitedMemory.minimum(of: value, from: point, steps: 1000, tolerance: 1e-8) else {
      return .init(reason: "no best scaling: these examples may be too few, told apart without error")
    }
    return .init(value: ClassScaling(scale: Array(best[..<classes]), offset: Array(best[classes...])))
  }
}

/// L-BFGS (Nocedal and Wright 2006, algorithm 7.4) with halved steps, for convex functions.
private enum LimitedMemory {
  typealias Function = ([Double]) throws -> (Double, [Double])

  /// Nil when the gradient does not fall to `tolerance` of its first length within `steps`.
  static func minimum(of function: Function, from start: [Double], steps: Int, tolerance: Double) throws -> [Double]? {
    var point = start
    var (value, gradient) = try function(point)
    let goal = tolerance * max(norm(gradient), 1e-4)
    var memory: [(step: [Double], change: [Double], curvature: Double)] = []
    for _ in 0..<steps {
      if norm(gradient) <= goal { return point }
      var direction = gradient.map { -$0 }
      var shares: [Double] = []
      for pair in memory.reversed() {
        let share = dot(pair.step, direction) / pair.curvature
        shares.append(share)
        add(-share, pair.change, to: &direction)
      }
      if let newest = memory.last {
        let factor = newest.curvature / dot(newest.change, newest.change)
        for index in direction.indices { direction[index] *= factor }
      }
      for (pair, share) in zip(memory, shares.reversed()) {
        add(share - dot(pair.change, direction) / pair.curvature, pair.step, to: &direction)
      }
      let slope = dot(gradient, direction)
      guard slope < 0 else { return nil }
      var length = memory.isEmpty ? min(1, 1 / norm(gradient)) : 1
      var moved: (point: [Double], value: Double, gradient: [Double])?
      for _ in 0..<40 {
        var next = point
        add(length, direction, to: &next)
        let (there, slopes) = try function(next)
        // Near the minimum values differ by rounding only; the gradient then tells.
        let isLower = there <= value + 1e-4 * length * slope
        let isFlat = there <= value + 1e-13 * abs(value) && norm(slopes) < norm(gradient)
        if isLower || isFlat {
          moved = (next, there, slopes)
          break
        }
        length /= 2
      }
      guard let moved else { return norm(gradient) <= 1e3 * goal ? point : nil }
      let step = zip(moved.point, point).map { $0 - $1 }
      let change = zip(moved.gradient, gradient).map { $0 - $1 }
      let curvature = dot(step, change)
      if curvature > 0 { memory.append((step, change, curvature)) }
      if memory.count > 20 { memory.removeFirst() }
      (point, value, gradient) = moved
    }
    return nil
  }

  private static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  private static func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
  private static func add(_ factor: Double, _ a: [Double], to b: inout [Double]) {
    for index in b.indices { b[index] += factor * a[index] }
  }
}
