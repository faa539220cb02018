import Features
import Foundation
import Torch

/// Alignment and uniformity of features on the unit sphere (Wang and Isola 2020, "Understanding contrastive representation learning
/// through alignment and uniformity on the hypersphere"), u being features divided by their length.
///
/// - `alignment` = mean over classes of the mean |u - v|^2 over pairs of distinct examples of a class (their positive pairs); 0 is best;
/// - `uniformity` = log of the mean of exp(-2 |u - v|^2) over all pairs of distinct examples; the lower, the more evenly they are spread.
///
/// Neither sees rotations and lengths. Without bias, but for the logarithm. Cost n d, and n^2 d in f32 for the uniformity, by blocks.
public struct Uniformity {
  /// Measures features; the alignment needs labels. Throws `MeasureError` when these do not fit, for fewer than two examples, or numbers that
  /// are not finite; what is undefined is null, with the reason.
  public static func measure(
    _ source: any RowSource, labels: [Int]? = nil, progress: (Double) -> Void = { _ in }
  ) throws -> UniformityResult {
    guard source.count >= 2 else {
      throw MeasureError("features", found: "\(source.count) examples", expected: "at least 2", file: source.place)
    }
    var result = UniformityResult(n: source.count)
    if let labels {
      var options = ClassSeparation.Options()
      options.perClass = true
      let cosine = try ClassSeparation.measure(source, labels: labels, distances: [.cosine], options: options).cosine
      result.alignment = cosine.flatMap(alignment)
      if result.alignment == nil { result.reasons["alignment"] = cosine?.reason ?? "not defined" }
    } else {
      result.reasons["alignment"] = "needs labels"
    }
    try withoutGradientRethrowing {
      guard let unit = try UnitRows(source) else {
        result.reasons["uniformity"] = "a feature vector is zero and has no direction"
        return
      }
      result.uniformity = try uniformity(unit, progress)
    }
    return result
  }

  /// Twice the mean cosine distance within classes; without pairs of an example with itself it is larger by n / (n - 1) in each class.
  private static func alignment(_ entry: SeparationResult.Entry) -> Double? {
    guard let classes = entry.perClass, classes.allSatisfy({ $0.n > 1 }) else { return nil }
    return classes.reduce(0) { $0 + 2 * $1.within * Double($1.n) / Double($1.n - 1) } / Double(classes.count)
  }

  private static func uniformity(_ unit: UnitRows, _ progress: (Double) -> Void) throws -> Double {
    let n = unit.source.count
    let size = 1024
    let nothing = try Tensor.zeros([unit.source.dimensions], type: .f64)
    func panels(_ start: Int) throws -> Tensor {
      try unit.rows(start..<min(start + size, n)).to(.f32).contiguous().panels(minus: nothing).panels
    }
    let starts = Array(stride(from: 0, to: n, by: size))
    var sum = 0.0
    var done = 0.0
    for first in starts {
      let upper = try panels(first)
      let height = min(size, n - first)
      for second in starts where second >= first {
        let width = min(size, n - second)
        let cosines = try first == second ? upper.upperGram() : upper.gram(panels(second))
        // exp(-2 (2 - 2 cos)); of a block with itself only what lies above the diagonal.
        let terms = try (cosines.narrow(0, 0, height).narrow(1, 0, width) * 4 - 4).exp()
        let kept = first == second ? try Tensor.call("aten::triu", [.tensor(terms), .int(1)])[0] : terms
        sum += try kept.sum([1]).to(.f64).sum().item()
        done += 1
        progress(done / Double(starts.count * (starts.count + 1) / 2))
      }
    }
    return log(2 * sum / (Double(n) * Double(n - 1)))
  }
}

/// What `Uniformity` measures, with the keys of the tool's JSON.
public struct UniformityResult: Encodable, Sendable {
  /// Examples.
  public let n: Int
  /// As `Uniformity` defines them.
  public internal(set) var alignment, uniformity: Double?
  /// Why values are nil.
  public internal(set) var reasons: [String: String] = [:]

  init(n: Int) { self.n = n }

  enum CodingKeys: String, CodingKey { case n, alignment, uniformity, reasons }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(alignment, forKey: .alignment)
    try container.encode(uniformity, forKey: .uniformity)
    if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
  }
}
