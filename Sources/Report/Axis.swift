/// Axes as the charts have them: a quiet grid, no zoom, room for their labels.
enum Axis {
  /// An axis with a title. Shares are drawn in per cent.
  static func of(_ column: Column, title: String? = nil, ticks: Int = 6) -> JSONValue {
    value(title: title ?? "\(column.longTitle)\(column.unit == .percent ? ", %" : "")", ticks: ticks)
  }

  /// A plain axis.
  static func value(title: String, ticks: Int = 6) -> JSONValue {
    ["title": ["text": .string(title), "standoff": 8], "nticks": .number(Double(ticks))]
  }

  /// Places of the names that are written beside an axis: every one, or every second, ..., so that at most so many are.
  static func named(_ names: [String], most: Int) -> [Int] {
    Array(stride(from: 0, to: names.count, by: max(1, (names.count + most - 1) / max(1, most))))
  }

  /// A layout with two axes.
  static func layout(x: JSONValue, y: JSONValue, extra: [(String, JSONValue)] = []) -> JSONValue {
    .object([("xaxis", x), ("yaxis", y)] + extra)
  }
}

extension Column {
  /// The title where the band's heading is not there to help.
  var longTitle: String {
    switch group {
    case .source: "Source \(title.lowercased()) accuracy"
    case .calibration: title
    case .shift: "Accuracy under corruption, \(title.lowercased())"
    case .separation: id == "r2_cosine" ? "R\u{00B2} on training images" : "R\u{00B2} on test images"
    case .probe: id.hasSuffix("_mean") ? "Mean probe accuracy" : "Probe accuracy, \(title)"
    case .spectrum: "\(title), training images"
    case .fineTuning: id.hasSuffix("_mean") ? "Mean fine-tuned accuracy" : "Fine-tuned accuracy, \(title)"
    case .neighbors: id.hasSuffix("_mean") ? "Mean k-NN accuracy" : "k-NN accuracy, \(title)"
    }
  }

  /// A value in the unit that charts draw: per cent for shares.
  func drawn(_ value: Double) -> Double { unit == .percent ? value * 100 : value }
}
