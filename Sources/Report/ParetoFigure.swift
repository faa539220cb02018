import Foundation
import Study

/// Source accuracy against mean transfer of every setting, those marked that no other beats, and which of them to take.
struct ParetoFigure {
  var summary: Summary
  var protocolName: ClaimMeasure.Transfer
  var front: ParetoFront
  var advice: ParetoAdvice
  private var targets: Int

  /// Nil where no setting has both figures.
  init?(_ summary: Summary) {
    for name in [ClaimMeasure.Transfer.probe, .neighbors] {
      let front = summary.contents.evidence.paretoFront(name)
      if front.front.isEmpty { continue }
      (self.summary, protocolName, self.front) = (summary, name, front)
      advice = ParetoAdvice(front)
      targets = summary.contents.targets(of: name == .probe ? "probe" : "knn").count
      return
    }
    return nil
  }

  var points: [ParetoFront.Point] { front.front + front.dominated }

  private var what: String { protocolName == .probe ? "probe" : "k-NN" }

  // MARK: The picture

  /// The picture; alone it has a legend beside it.
  func drawing(withLegend: Bool) -> Drawing {
    let (right, bottom) = (760.0, 440.0)
    var drawing = Drawing(
      id: "pareto-drawing", width: withLegend ? 1080 : 780, height: 490,
      description: "Scatter plot: mean transfer against source top-1 accuracy, \(points.count) settings, "
        + "\(front.front.count) on the front.")
    func ends(_ value: Double, _ error: Double?) -> [Double] { [value - (error ?? 0), value + (error ?? 0)] }
    let x = Scale(points.flatMap { ends(100 * $0.x, $0.xError.map { 100 * $0 }) }, from: 64, to: right)
    let y = Scale(points.flatMap { ends($0.y, $0.yError) }, from: bottom, to: 16)
    for tick in x.ticks() {
      drawing.line([(x.place(tick.value), 16), (x.place(tick.value), bottom)], "grid")
      drawing.text(tick.text, x.place(tick.value), bottom + 18, "tick", anchor: "middle")
    }
    for tick in y.ticks() {
      drawing.line([(64, y.place(tick.value)), (right, y.place(tick.value))], "grid")
      drawing.text(tick.text, 58, y.place(tick.value) + 4, "tick", anchor: "end")
    }
    drawing.line([(64, 16), (64, bottom), (right, bottom)], "axis")
    drawing.text("Source top-1 accuracy, %", (64 + right) / 2, bottom + 40, "title", anchor: "middle")
    drawing.text("Mean \(what) accuracy, log-odds", 16, (16 + bottom) / 2, "title", anchor: "middle", turned: true)
    func place(_ point: ParetoFront.Point) -> (Double, Double) { (x.place(100 * point.x), y.place(point.y)) }
    drawing.line(front.front.map(place), "front")
    var labels = Labels(left: 66, right: right, top: 16, bottom: bottom)
    for point in points {
      labels.mark(place(point))
      labels.block(place(point), abs(x.place(100 * (point.x + (point.xError ?? 0))) - x.place(100 * point.x)), 1)
      labels.block(place(point), 1, abs(y.place(point.y + (point.yError ?? 0)) - y.place(point.y)))
    }
    for (number, point) in points.enumerated() {
      let (px, py) = place(point)
      let isFront = number < front.front.count
      let (row, name) = setting(point)
      let label = labels.place(name, beside: (px, py), isBold: isFront)
      drawing.series(row, said(point, isFront)) { drawing in
        if let error = point.xError {
          drawing.line([(x.place(100 * (point.x - error)), py), (x.place(100 * (point.x + error)), py)], "error")
        }
        if let error = point.yError {
          drawing.line([(px, y.place(point.y - error)), (px, y.place(point.y + error))], "error")
        }
        drawing.mark(Mark(row), px, py, isFilled: isFront)
        if let label { drawing.text(name, label.0, label.1, isFront ? "strong" : "") }
      }
    }
    if withLegend { legend(&drawing) }
    return drawing
  }

  private func legend(_ drawing: inout Drawing) {
    for (number, point) in points.enumerated() where number < 20 {
      let (row, name) = setting(point)
      let y = 28 + 22 * Double(number)
      drawing.mark(Mark(row), 786, y, isFilled: number < front.front.count)
      drawing.text(name, 800, y + 4, number < front.front.count ? "strong" : "")
    }
  }

  /// A point's place in the plan and its name.
  private func setting(_ point: ParetoFront.Point) -> (Int, String) {
    guard let row = summary.rows.first(where: { $0.label == point.name }) else { return (0, point.name) }
    return (row.index, row.shortName)
  }

  private func fullName(_ point: ParetoFront.Point) -> String {
    summary.rows.first { $0.label == point.name }?.fullName ?? point.name
  }

  private func said(_ point: ParetoFront.Point, _ isFront: Bool) -> String {
    func error(_ text: String?) -> String { text.map { " \u{00B1} \($0)" } ?? "" }
    return "\(fullName(point)): source top-1 \(Format.number(100 * point.x, decimals: 2))"
      + error(point.xError.map { Format.number(100 * $0, decimals: 2) })
      + " %, mean transfer \(Format.number(point.y, decimals: 3))"
      + error(point.yError.map { Format.number($0, decimals: 3) })
      + ", n = \(point.n)\(isFront ? ", on the front" : "")"
  }

  // MARK: In the page

  /// The figure with its legend, caption, answer and table.
  var html: String {
    let shown = Set(points.map { setting($0).0 })
    let legend = summary.legend(line: false, shape: true).filter { shown.contains($0.series) }
    var out = "<figure id=\"pareto\" class=\"figure\">\n<h3>Which objective to pretrain with</h3>\n"
    out += "<p>\(answer.html)</p>\n" + Figure.html(of: legend)
    out += drawing(withLegend: false).html
    let caption =
      "Means over seeds with one standard error either side. Filled marks are on the front, joined by the broken line: "
      + "no other setting is at least as good in both and better in one. Means decide; neighbours within their errors "
      + "may change places. Transfer is the mean log-odds, log(p/(1\u{2212}p)), of \(what) accuracy over "
      + "\(Format.count(targets, "target"))."
    out += "<figcaption>\(caption.html)</figcaption>\n" + table + "</figure>\n"
    return out
  }

  /// The front in words.
  var answer: String {
    let corners = advice.choices.filter(\.isCorner)
    guard let first = corners.first, let last = corners.last, first.low != nil else {
      return "\(Format.list(front.front.map(fullName))) had both the best accuracy on the source and the best "
        + "transfer."
    }
    var out = "If transfer does not matter, \(fullName(last.point)) had the highest source accuracy"
    out += "; if 0.1 of log-odds of transfer is worth more than \(ParetoAdvice.text(first.low ?? 0)) points of source "
    out += "accuracy, take \(fullName(first.point))."
    if corners.count > 2 { out += " Between lie \(corners.count - 2) more; the table says at which rate each is best." }
    return out
  }

  private var table: String {
    var out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"The front\">\n<table class=\"plain\">\n"
    out +=
      "<caption>The front, from the best transfer to the best source accuracy. Near an accuracy p, 0.1 of log-odds "
    out += "is 10\u{00A0}p(1\u{2212}p) points: 0.9 at 90 %, 2.1 at 70 %.</caption>\n<thead><tr>"
    for title in [
      "Objective", "Source top-1, %", "Mean transfer, log-odds", "As an accuracy, %",
      "Take it if 0.1 of log-odds is worth, points of top-1",
    ] { out += "<th scope=\"col\">\(title)</th>" }
    out += "</tr></thead>\n<tbody>\n"
    for choice in advice.choices {
      let point = choice.point
      func error(_ text: String?) -> String { text.map { " \u{00B1} \($0)" } ?? "" }
      out += "<tr><th scope=\"row\">\(fullName(point).breakable)</th><td class=\"digits\">"
      out += Format.number(100 * point.x, decimals: 2)
      out += error(point.xError.map { Format.number(100 * $0, decimals: 2) }) + "</td><td class=\"digits\">"
      out += Format.number(point.y, decimals: 3) + error(point.yError.map { Format.number($0, decimals: 3) })
      out += "</td><td class=\"digits\">\(Format.number(100 / (1 + exp(-point.y)), decimals: 1))</td>"
      out += "<td>\(choice.text.html)</td></tr>\n"
    }
    return out + "</tbody>\n</table>\n</div>\n"
  }
}
