import Measures

/// Accuracy against confidence, a small chart for each objective: as trained and at the fitted temperature.
enum ReliabilityFigure {
  /// What a line of the charts is of.
  private enum Outputs: Int, CaseIterable {
    case plain, scaled

    var name: String { self == .plain ? "as trained" : "at the fitted temperature" }
    /// The column with the error that the line shows.
    var column: String { self == .plain ? "ece" : "ece_scaled" }
    var mark: Mark {
      var mark = Mark(rawValue + 1)
      // There are two lines only, and the diagonal is dotted.
      mark.dash = "solid"
      return mark
    }

    func diagram(_ row: Summary.Row) -> ReliabilityDiagram? {
      ReliabilityDiagram(row.runs, isScaled: self == .scaled)
    }
  }

  /// Nil where the store has no bins.
  static func figure(_ summary: Summary) -> Figure? {
    let charts = summary.rows.compactMap { chart($0, summary) }
    guard !charts.isEmpty else { return nil }
    let shown = Outputs.allCases.filter { outputs in summary.rows.contains { outputs.diagram($0) != nil } }
    let withoutLogits = summary.rows.contains { row in
      Outputs.plain.diagram(row) == nil && Outputs.scaled.diagram(row) != nil
    }
    return Figure(
      id: "reliability", title: "Reliability",
      caption: "Accuracy against confidence on the source\u{2019}s test images, in \(Calibration.binCount) bins of "
        + "equal width, the images of all seeds together; the larger a mark, the more images. Below the diagonal a network "
        + "is surer than it is right."
        + (shown.contains(.scaled) ? " The temperature is fitted on the holdout." : "")
        + (withoutLogits ? " Outputs that are no logits have confidences at their temperature only." : "")
        + " Every bin stands in <code>tables/reliability.csv</code>.",
      legend: shown.map { outputs in
        LegendEntry(
          series: outputs.rawValue, swatch: outputs.mark.swatch(line: true, shape: true),
          text: outputs.name.capitalizedFirst)
      },
      charts: charts, panelWidth: 250)
  }

  /// Why objectives have no chart although their calibration was measured, as HTML; empty where all have one.
  static func missing(_ summary: Summary) -> String {
    let names = summary.rows.filter { row in
      let isMeasured = Outputs.allCases.contains { outputs in
        row.runs.contains { $0.measurement(outputs.column, split: "test").value != nil }
      }
      return isMeasured && !row.runs.contains { !$0.reliability.isEmpty }
    }.map(\.fullName)
    guard !names.isEmpty else { return "" }
    let who = names.count == summary.rows.count ? "any objective" : Format.list(names)
    return "<p class=\"note\">No reliability diagram of \(who.html): the store does not hold how confidence and "
      + "accuracy go together, as the runs were evaluated by a version of the program that did not keep it.</p>\n"
  }

  private static func chart(_ row: Summary.Row, _ summary: Summary) -> Chart? {
    let lines = Outputs.allCases.compactMap { outputs in outputs.diagram(row).map { (outputs, $0) } }
    guard let runs = lines.map(\.1.runs).max() else { return nil }
    let errors = lines.compactMap { outputs, _ -> String? in
      guard let column = summary.columns.first(where: { $0.id == outputs.column }),
        let mean = row.estimate(column).mean
      else { return nil }
      return "\(column.title) \(column.text(mean))"
    }.joined(separator: ", ")
    let diagonal: JSONValue = [
      "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
      "line": ["color": "var(--axis)", "width": 1, "dash": "dot"],
    ]
    func axis(_ title: String) -> JSONValue {
      ["title": ["text": .string(title), "standoff": 8], "range": [-0.06, 1.06], "dtick": 0.5]
    }
    return Chart(
      id: "chart-reliability-\(row.index)", title: row.shortName, note: errors,
      description: "Reliability diagram of \(row.fullName), \(Format.count(runs, "run")): accuracy against confidence, "
        + "\(Format.list(lines.map(\.0.name)))\(errors.isEmpty ? "" : "; \(errors)").",
      traces: [diagonal] + lines.map { trace($0, $1) },
      layout: Axis.layout(
        x: axis("confidence"), y: axis("accuracy"), extra: [("hovermode", "closest")]), height: 230)
  }

  private static func trace(_ outputs: Outputs, _ diagram: ReliabilityDiagram) -> JSONValue {
    let (mark, all) = (outputs.mark, Double(diagram.count))
    return [
      "type": "scatter", "mode": "lines+markers", "name": .string(outputs.name),
      "meta": ["series": .number(Double(outputs.rawValue)), "role": "line"],
      "x": .numbers(diagram.bins.map(\.confidence)), "y": .numbers(diagram.bins.map(\.accuracy)),
      "text": .strings(diagram.bins.map { Format.count($0.count, "image") }),
      "hovertemplate": .string(
        "<b>\(outputs.name)</b><br>confidence %{x:.3f}, accuracy %{y:.3f}<br>%{text}<extra></extra>"),
      "line": ["color": .string(mark.color), "dash": .string(mark.dash), "width": 1.5],
      "marker": [
        // Marks of several sizes are translucent by themselves.
        "color": .string(mark.color), "symbol": .string(mark.symbol), "opacity": 1,
        "size": .numbers(diagram.bins.map { 5 + 9 * (Double($0.count) / all).squareRoot() }),
      ],
    ]
  }
}

extension String {
  /// The first letter in upper case.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
