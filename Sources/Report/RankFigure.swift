import Study

/// The critical-difference diagram: mean ranks of the objectives over targets, those joined that the targets do not
/// tell apart.
struct RankFigure {
  var summary: Summary
  var protocolName: ClaimMeasure.Transfer
  var ranks: CriticalDifference

  /// Nil below two objectives or two targets.
  init?(_ summary: Summary) {
    for name in [ClaimMeasure.Transfer.probe, .neighbors] {
      guard let ranks = summary.contents.evidence.criticalDifference(name) else { continue }
      (self.summary, protocolName, self.ranks) = (summary, name, ranks)
      return
    }
    return nil
  }

  /// An objective's place in the plan and its name.
  private func setting(_ place: Int) -> (Int, String) {
    let label = ranks.names[place]
    guard let row = summary.rows.first(where: { $0.label == label }) else { return (0, label) }
    return (row.index, row.shortName)
  }

  /// The picture: the best rank on the left, names on both sides.
  var drawing: Drawing {
    let (left, right, axis) = (270.0, 650.0, 66.0)
    let count = ranks.names.count
    let first = axis + 22 + 12 * Double(ranks.groups.count)
    let half = (count + 1) / 2
    var drawing = Drawing(
      id: "ranks-drawing", width: 920, height: first + 22 * Double(half) + 8,
      description:
        "Critical-difference diagram: mean ranks of \(count) objectives over \(ranks.friedman.blocks) targets.")
    func x(_ rank: Double) -> Double { left + (rank - 1) / Double(max(1, count - 1)) * (right - left) }
    drawing.text("Mean rank, 1 is the best", left, 16, "title")
    // The difference that it takes, as long as it is on the axis; longer than the axis, it is cut and says so.
    let reach = min(ranks.difference, Double(count - 1))
    let length = Format.number(ranks.difference, decimals: 2)
    drawing.line([(left, 36), (x(1 + reach), 36)], "axis")
    for end in [left, x(1 + reach)] { drawing.line([(end, 32), (end, 40)], "axis") }
    let note = ranks.difference > reach ? " (longer than the axis)" : ""
    drawing.text("Critical difference \(length)\(note)", left, 30, "tick")
    drawing.line([(left, axis), (right, axis)], "axis")
    for rank in 1...max(1, count) {
      drawing.line([(x(Double(rank)), axis - 5), (x(Double(rank)), axis)], "axis")
      drawing.text(String(rank), x(Double(rank)), axis - 8, "tick", anchor: "middle")
    }
    for (number, place) in ranks.order.enumerated() {
      let rank = ranks.friedman.averageRanks[place]
      let isLeft = number < half
      let y = first + 22 * Double(isLeft ? number : count - 1 - number)
      let end = isLeft ? left - 14 : right + 14
      let (row, name) = setting(place)
      let text = Format.number(rank, decimals: 2)
      drawing.series(row, "\(name): mean rank \(text)\(together(place))") { drawing in
        drawing.line([(x(rank), axis), (x(rank), y), (end, y)], "error")
        drawing.mark(Mark(row), end + (isLeft ? -8 : 8), y, isFilled: true)
        drawing.text(
          isLeft ? "\(name)  \(text)" : "\(text)  \(name)", end + (isLeft ? -20 : 20), y + 4,
          anchor: isLeft ? "end" : "start")
      }
    }
    for (number, group) in ranks.groups.enumerated() {
      let found = group.map { ranks.friedman.averageRanks[$0] }
      guard let best = found.min(), let worst = found.max() else { continue }
      let y = axis + 12 + 12 * Double(number)
      drawing.line([(x(best) - 3, y), (x(worst) + 3, y)], "join")
    }
    return drawing
  }

  /// With which others an objective is joined.
  private func together(_ place: Int) -> String {
    let others = Set(ranks.groups.filter { $0.contains(place) }.joined()).subtracting([place])
    guard !others.isEmpty else { return ", told apart from all others" }
    return ", not told apart from " + Format.list(ranks.order.filter(others.contains).map { setting($0).1 })
  }

  /// The figure with its caption.
  var html: String {
    let test = ranks.friedman
    func p(_ value: Double) -> String { value < 0.001 ? "p < 0.001" : "p = " + Format.number(value, decimals: 3) }
    let title = protocolName == .probe ? "Ranks over targets" : "Ranks over targets, k-NN"
    var caption = "Mean ranks of the objectives over \(Format.count(test.blocks, "target")), by their means over seeds "
    caption += "(Demsar 2006). Objectives joined by a bar lie closer than the critical difference of "
    caption += "\(Format.number(ranks.difference, decimals: 2)) (Nemenyi, 5 %). Friedman\u{2019}s test: "
    caption += "\u{03C7}\u{00B2} = \(Format.number(test.statistic, decimals: 2)), \(p(test.p)); with Iman and "
    caption += "Davenport\u{2019}s F \(p(test.fP))."
    if min(test.p, test.fP) >= 0.05 {
      caption += " It finds no difference at all, so places mean little."
    }
    var out = "<figure id=\"ranks\" class=\"figure\">\n<h3>\(title)</h3>\n"
    out += drawing.html + "<figcaption>\(caption.html)</figcaption>\n</figure>\n"
    return out
  }
}
