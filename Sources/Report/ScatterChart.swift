/// One column against another: a small mark for each run, a large one with standard errors for each
/// objective's mean.
struct ScatterChart {
  var id: String
  var x: Column
  var y: Column
  var title = ""
  var note = ""
  /// The vertical axis, where the chart's own title already says half of it.
  var yTitle: String?
  var height = 400
  /// Whether the script may write the objectives' names beside their means where there is room.
  var labelled = false

  func chart(_ summary: Summary) -> Chart {
    var runs: [JSONValue] = []
    var means: [JSONValue] = []
    for row in summary.rows {
      let points = row.runs.compactMap { run -> (seed: Int, x: Double, y: Double)? in
        guard let x = x.value(run).value, let y = y.value(run).value else { return nil }
        return (run.seed, self.x.drawn(x), self.y.drawn(y))
      }
      guard !points.isEmpty else { continue }
      runs.append(runTrace(row, points))
      means.append(meanTrace(row, points.map(\.x), points.map(\.y)))
    }
    return Chart(
      id: id, title: title, note: note,
      description:
        "Scatter plot: \(y.longTitle) against \(x.longTitle), one small mark for each run and a large one "
        + "for the mean of each of \(means.count) objectives.",
      traces: runs + means,
      layout: Axis.layout(
        x: Axis.of(x), y: Axis.of(y, title: yTitle),
        extra: [("hovermode", "closest"), ("meta", ["labelled": .bool(labelled)])]),
      height: height)
  }

  private func runTrace(_ row: Summary.Row, _ points: [(seed: Int, x: Double, y: Double)]) -> JSONValue {
    let mark = Mark(row.index)
    return [
      "type": "scatter", "mode": "markers", "name": .string(row.fullName),
      "meta": ["series": .number(Double(row.index)), "role": "run"],
      "x": .numbers(points.map(\.x)), "y": .numbers(points.map(\.y)),
      "text": .strings(points.map { "\(row.fullName.html)<br>seed \($0.seed)" }),
      "hovertemplate": .string(hover),
      "marker": [
        "symbol": .string("\(mark.symbol)-open"), "size": 6, "color": .string(mark.color),
      ],
    ]
  }

  private func meanTrace(_ row: Summary.Row, _ xs: [Double], _ ys: [Double]) -> JSONValue {
    let mark = Mark(row.index)
    func bar(_ values: [Double]) -> JSONValue {
      guard let error = values.standardError else { return ["visible": false] }
      return [
        "type": "data", "array": .numbers([error]), "color": .string(mark.color), "thickness": 1.2,
        "width": 0,
      ]
    }
    return [
      "type": "scatter", "mode": "markers", "name": .string(row.fullName),
      "meta": [
        "series": .number(Double(row.index)), "role": "mean", "label": .string(row.shortName), "ink": .string(mark.ink),
      ],
      "x": .numbers([xs.mean]), "y": .numbers([ys.mean]), "error_x": bar(xs), "error_y": bar(ys),
      "text": .strings(["<b>\(row.fullName.html)</b><br>mean of \(Format.count(xs.count, "run"))"]),
      "hovertemplate": .string(hover),
      "marker": [
        "symbol": .string(mark.symbol), "size": 12, "color": .string(mark.color),
        "line": ["color": "var(--paper)", "width": 1],
      ],
    ]
  }

  private var hover: String {
    func format(_ column: Column) -> String { column.unit == .percent ? ":.2f} %" : ":.3f}" }
    return "%{text}<br>\(x.longTitle): %{x\(format(x))<br>\(y.longTitle): %{y\(format(y))<extra></extra>"
  }
}

extension Summary.Row {
  /// The full name, cut to fit beside a mark.
  var shortName: String { Format.shortened(fullName, to: 34) }
}

extension Summary {
  /// A legend of the objectives.
  func legend(line: Bool, shape: Bool) -> [LegendEntry] {
    rows.map {
      LegendEntry(
        series: $0.index, swatch: Mark($0.index).swatch(line: line, shape: shape), text: $0.fullName)
    }
  }
}
