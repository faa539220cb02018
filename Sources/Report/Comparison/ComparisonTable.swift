/// One measure of both studies as a table: an objective a row, with a picture of its difference.
struct ComparisonTable {
  var comparison: StudyComparison
  var measure: StudyComparison.Measure

  var html: String {
    let caption =
      measure.column.definition + " Means over seeds with 95 % intervals; B \u{2212} A"
      + (measure.column.unit == .percent ? " in points." : ".")
    var out = "<h3>\(measure.title.html)</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
    out += "aria-label=\"\(measure.title.html)\">\n<table class=\"plain sides\">\n"
    out += "<caption><span>\(caption.html)</span></caption>\n"
    out += "<thead><tr><th scope=\"col\">Objective</th>"
    for title in ["A", "B", "B \u{2212} A"] { out += "<th scope=\"col\" class=\"digits\">\(title)</th>" }
    out += "<th scope=\"col\"><span class=\"unit\">\(ends)</span></th><th scope=\"col\" class=\"digits\">p, Holm</th>"
    out += "<th scope=\"col\">At 5 %</th></tr></thead>\n<tbody>\n"
    for (row, cell) in zip(comparison.rows, measure.cells) {
      out += "<tr><th scope=\"row\">\(row.a.name.breakable)"
      let detail = [row.a.detail, hasNetworks ? row.key.network : ""].filter { !$0.isEmpty }
      if !detail.isEmpty { out += "<small>\(detail.joined(separator: "; ").breakable)</small>" }
      out += "</th><td class=\"digits\">\(mean(cell.a))</td><td class=\"digits\">\(mean(cell.b))</td>"
      out += "<td class=\"digits\">\(difference(cell))</td><td>\(picture(cell))</td>"
      out += "<td class=\"digits\">\(cell.adjusted.map(Self.p) ?? "\u{2013}")</td>"
      out += "<td class=\"verdict \(cell.isMarked ? "holds" : "undecided")\">\(word(cell))</td></tr>\n"
    }
    return out + "</tbody>\n</table>\n</div>\n"
  }

  private var hasNetworks: Bool { Set(comparison.rows.map(\.key.network)).count > 1 }

  static func p(_ value: Double) -> String {
    value < 0.001 ? "&lt; 0.001" : Format.number(value, decimals: 3)
  }

  /// With its sign, which a number that rounds to zero has not.
  private func signed(_ value: Double) -> String {
    let text = measure.column.text(value)
    return (value > 0 && text.contains { ("1"..."9").contains($0) } ? "+" : "") + text
  }

  private func mean(_ estimate: Estimate) -> String {
    guard let mean = estimate.mean else {
      return "\u{2013}<small class=\"why\">\(Format.list(estimate.reasons).html)</small>"
    }
    let text = measure.column.text
    var small = estimate.n == estimate.planned ? "n = \(estimate.n)" : "n = \(estimate.n) of \(estimate.planned)"
    if let half = estimate.halfWidth { small = "\(text(mean - half)) to \(text(mean + half)), " + small }
    return "\(text(mean))<small>\(small)</small>"
  }

  private func difference(_ cell: StudyComparison.Cell) -> String {
    guard let found = cell.difference else { return "\u{2013}" }
    var small: [String] = []
    if let half = found.halfWidth { small.append("\(signed(found.value - half)) to \(signed(found.value + half))") }
    switch found.method {
    case .paired: small.append("\(found.counts.a) seeds")
    case .welch: small.append("Welch")
    case .none: small.append("no interval")
    }
    return "\(signed(found.value))<small>\(small.joined(separator: ", "))</small>"
  }

  private func word(_ cell: StudyComparison.Cell) -> String {
    guard let found = cell.difference else { return "not compared" }
    if cell.isMarked {
      return (found.value > 0 ? "\u{25B2} " : "\u{25BC} ") + "B \(found.value > 0 ? "higher" : "lower")"
    }
    return cell.adjusted == nil ? "no test" : "not told apart"
  }

  /// The largest end of an interval.
  private var reach: Double {
    measure.cells.compactMap { cell in cell.difference.map { abs($0.value) + ($0.halfWidth ?? 0) } }.max() ?? 0
  }

  private var ends: String {
    reach > 0 ? "\(signed(-reach)) to \(signed(reach))" : ""
  }

  /// The interval about its difference, nothing in the middle; a filled mark where the two are told apart.
  private func picture(_ cell: StudyComparison.Cell) -> String {
    guard let found = cell.difference, reach > 0 else { return "" }
    func x(_ value: Double) -> String { Drawing.n(90 + 82 * value / reach) }
    var out = "<svg class=\"interval\" viewBox=\"0 0 180 20\" width=\"180\" height=\"20\" aria-hidden=\"true\">"
    out += "<path class=\"zero\" d=\"M90 0V20\"/>"
    if let half = found.halfWidth {
      out += "<path class=\"bar\" d=\"M\(x(found.value - half)) 10H\(x(found.value + half))\"/>"
    }
    out += "<circle class=\"\(cell.isMarked ? "told" : "open")\" cx=\"\(x(found.value))\" cy=\"10\" r=\"4\"/>"
    return out + "</svg>"
  }
}
