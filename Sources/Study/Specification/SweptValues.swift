import Foundation

/// Lists of numbers, and the short forms that stand for them.
///
/// | written | means |
/// |---|---|
/// | `[0.02, 0.05]`, `0.02` | the numbers themselves |
/// | `{ from: 0.1, to: 0.5, step: 0.1 }` | 0.1, 0.2 ... 0.5; `to` is one of them where a step ends there |
/// | `{ from: 0, to: 1, count: 5 }` | 5 numbers at equal distances, both ends among them |
/// | `{ log: [1e-5, 1e-2], count: 4 }` | 4 numbers at equal ratios, both ends among them |
/// | `1..5` | whole numbers, both ends among them |
///
/// What a range means is a text: steps are added up in decimals (0.3, not 0.30000000000000004), points between two ends are
/// rounded to a hundredth of their distance, so that labels stay short and the same range always names the same runs.
extension SpecNode {
  /// Points that one range may have.
  static let mostPoints = 1000
  static let rangeKeys = ["from", "to", "step", "count", "log"]

  /// The numbers of a list, of a single value or of a range; a list may hold ranges too.
  /// - Parameter whole: whether `{ from, to }` alone means steps of 1.
  func numbers(_ what: String, single: Bool = true, whole: Bool = false) throws(SpecificationError) -> [SpecNode] {
    guard case .sequence = content else {
      if let points = try range(what, whole: whole) { return points }
      return try list(what, single: single)
    }
    var result: [SpecNode] = []
    for item in try list(what) {
      let points = try item.range(what, whole: whole)
      result += points ?? [item]
    }
    return result
  }

  /// Whether a list of numbers or a range stands here.
  var isRange: Bool {
    switch content {
    case .sequence, .mapping: true
    case .scalar(let text, let plain): plain && text.contains("..")
    }
  }

  /// The points of a range; nil where none is written.
  private func range(_ what: String, whole: Bool) throws(SpecificationError) -> [SpecNode]? {
    switch content {
    case .scalar(let text, plain: true) where text.contains(".."):
      let ends = text.split(separator: "..", omittingEmptySubsequences: false).map { Int($0) }
      guard ends.count == 2, let first = ends[0], let last = ends[1] else {
        throw error(
          "\(what): '\(text)' is not a range; whole numbers are written 1..5, others { from: .., to: .., step: .. }")
      }
      return try steps(what, from: Decimal(first), to: Decimal(last), by: 1).map(point)
    case .mapping:
      let fields = try SpecFields(self, of: what, keys: Self.rangeKeys)
      return try fields["log"] == nil ? linear(what, fields, whole: whole) : logarithmic(what, fields)
    default: return nil
    }
  }

  private func linear(_ what: String, _ fields: SpecFields, whole: Bool) throws(SpecificationError) -> [SpecNode] {
    let first = try fields.required("from", "from: 0.1")
    let last = try fields.required("to", "to: 0.5")
    let (low, high) = (try first.decimal("\(what).from"), try last.decimal("\(what).to"))
    if let count = fields["count"] {
      if let step = fields["step"] { throw step.error("\(what): give either 'step' or 'count', not both") }
      let parts = try count.integer("\(what).count", in: 2...Self.mostPoints) - 1
      guard low < high else { throw error("\(what): 'from' (\(first.shown)) must be below 'to' (\(last.shown))") }
      let (from, distance) = (low.double, (high - low).double / Double(parts))
      let unit = floor(log10(distance)) - 2
      var result: [SpecNode] = []
      for place in 0...parts {
        let value = from + Double(place) * distance
        result.append(point(place == 0 ? low.double : place == parts ? high.double : Self.rounded(value, to: unit)))
      }
      return result
    }
    guard let step = fields["step"] else {
      guard whole else { throw error("\(what): add 'step: 0.1' or 'count: 5' to the range") }
      return try steps(what, from: low, to: high, by: 1).map(point)
    }
    let distance = try step.decimal("\(what).step")
    guard distance > 0 else { throw step.error("\(what).step: must be above 0") }
    return try steps(what, from: low, to: high, by: distance).map(point)
  }

  private func steps(
    _ what: String, from low: Decimal, to high: Decimal, by step: Decimal
  ) throws(SpecificationError) -> [Double] {
    guard low <= high else { throw error("\(what): the range is empty: it begins at \(low) and ends at \(high)") }
    guard ((high - low) / step).double < Double(Self.mostPoints) else {
      throw error("\(what): the range has more than \(Self.mostPoints) points; take a larger step")
    }
    var values: [Double] = []
    var value = low
    while value <= high, values.count < Self.mostPoints {
      values.append(value.double)
      value += step
    }
    return values
  }

  private func logarithmic(_ what: String, _ fields: SpecFields) throws(SpecificationError) -> [SpecNode] {
    for key in ["from", "to", "step"] {
      if let node = fields[key] { throw node.error("\(what): a log range has no '\(key)'; write log: [1e-5, 1e-2]") }
    }
    let node = try fields.required("log", "log: [1e-5, 1e-2]")
    let ends = try node.list("\(what).log")
    guard ends.count == 2 else {
      throw node.error("\(what).log: expected the two ends, as log: [1e-5, 1e-2]; found \(ends.count)")
    }
    let low = try ends[0].decimal("\(what).log").double
    let high = try ends[1].decimal("\(what).log").double
    for (end, value) in zip(ends, [low, high]) where value <= 0 {
      throw end.error("\(what).log: \(end.shown) has no logarithm; both ends must be above 0")
    }
    guard low < high else { throw node.error("\(what).log: \(ends[0].shown) must be below \(ends[1].shown)") }
    let parts = try fields.required("count", "count: 4").integer("\(what).count", in: 2...Self.mostPoints) - 1
    let step = (log(high) - log(low)) / Double(parts)
    var result: [SpecNode] = []
    for place in 0...parts {
      let value = exp(log(low) + Double(place) * step)
      let unit = floor(log10(value * min(1, expm1(step)))) - 2
      result.append(point(place == 0 ? low : place == parts ? high : Self.rounded(value, to: unit)))
    }
    return result
  }

  // MARK: Numbers as texts

  /// A number that was written, in decimals.
  private func decimal(_ what: String) throws(SpecificationError) -> Decimal {
    let number = try number(what, in: -1e30...1e30)
    guard case .scalar(let text, _) = content, let value = Decimal(string: text),
      abs(value.double - number) <= 1e-12 * abs(number)
    else {
      throw error("\(what): expected a number such as 0.1, found \(shown)")
    }
    return value
  }

  private func point(_ value: Double) -> SpecNode {
    SpecNode(content: .scalar(Self.text(value), plain: true), place: place, isUsage: isUsage)
  }

  /// The shortest text of a number: `5`, `0.3`, `1e-5`.
  static func text(_ value: Double) -> String {
    let text = "\(value)"
    if text.hasSuffix(".0") { return String(text.dropLast(2)) }
    return text.replacing(/\.0e/) { _ in "e" }.replacing(/e([-+]?)0+/) { "e\($0.output.1)" }
  }

  /// The multiple of 10^unit that is nearest.
  private static func rounded(_ value: Double, to unit: Double) -> Double {
    let digits = Int(max(-300, min(300, unit)))
    return Double("\((value / pow(10, Double(digits))).rounded())".replacing(/\.0$/) { _ in "" } + "e\(digits)")
      ?? value
  }
}

extension Decimal {
  fileprivate var double: Double { Double(description) ?? 0 }
}
