/// Colour, dash and shape of an objective. As colours repeat after seven, no two of the first 35 objectives share both
/// colour and dash, and no two of the first 14 share a shape.
struct Mark: Sendable {
  /// A variable of the theme.
  var color: String
  /// The colour of its name beside it, which is smaller than a mark.
  var ink: String
  var dash: String
  var symbol: String

  private static let dashes = ["solid", "dash", "dot", "dashdot", "longdash"]
  private static let symbols = [
    "circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "pentagon", "star",
    "hexagon",
    "triangle-left", "triangle-right", "hourglass", "bowtie",
  ]

  /// The mark of the objective at that place of the plan.
  init(_ index: Int) {
    let count = Theme.marks.count
    color = "var(--mark-\(index % count))"
    ink = "var(--name-\(index % count))"
    // Neighbours differ in dash too, and the eighth differs from the first.
    dash = Self.dashes[(index + index / (count * Self.dashes.count)) % Self.dashes.count]
    symbol = Self.symbols[index % Self.symbols.count]
  }

  /// The colour made translucent, for charts.
  func faded(_ alpha: Double) -> String { "\(color) \(alpha)" }
}

extension Mark {
  /// The mark as a small picture for a legend: line, shape, or both.
  func swatch(line: Bool, shape: Bool) -> String {
    let dashes = ["solid": "", "dash": "6 4", "dot": "2 3", "dashdot": "7 3 2 3", "longdash": "10 4"]
    let pattern = dashes[dash].flatMap { $0.isEmpty ? nil : " stroke-dasharray=\"\($0)\"" } ?? ""
    var out = "<svg class=\"swatch\" viewBox=\"0 0 30 14\" width=\"30\" height=\"14\" aria-hidden=\"true\">"
    if line {
      out += "<path d=\"M1 7H29\" stroke=\"\(color)\" stroke-width=\"2.2\" fill=\"none\"\(pattern)/>"
    }
    if shape { out += "<path d=\"\(outline)\" transform=\"translate(15 7)\" fill=\"\(color)\"/>" }
    return out + "</svg>"
  }

  /// The shape as an SVG path around the origin, as the chart library draws it.
  var outline: String {
    switch symbol {
    case "square": "M-5-5H5V5H-5Z"
    case "diamond": "M0-6.5L6.5 0L0 6.5L-6.5 0Z"
    case "triangle-up": "M-6 4H6L0-6.5Z"
    case "triangle-down": "M-6-4H6L0 6.5Z"
    case "triangle-left": "M4-6V6L-6.5 0Z"
    case "triangle-right": "M-4-6V6L6.5 0Z"
    case "cross": "M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z"
    case "x": "M-5.7-2.8L-2.8-5.7L0-2.8L2.8-5.7L5.7-2.8L2.8 0L5.7 2.8L2.8 5.7L0 2.8L-2.8 5.7L-5.7 2.8L-2.8 0Z"
    case "pentagon": "M0-6L5.7-1.9L3.5 4.9H-3.5L-5.7-1.9Z"
    case "star": "M0-7L1.7-2.3L6.7-2.2L2.7 0.9L4.1 5.7L0 2.9L-4.1 5.7L-2.7 0.9L-6.7-2.2L-1.7-2.3Z"
    case "hexagon": "M0-6L5.2-3V3L0 6L-5.2 3V-3Z"
    case "hourglass": "M-5.5-6H5.5L-5.5 6H5.5Z"
    case "bowtie": "M-6-5.5V5.5L6-5.5V5.5Z"
    default: "M0-5.5A5.5 5.5 0 1 1 0 5.5A5.5 5.5 0 1 1 0-5.5Z"
    }
  }
}
