/// A parameter that the study varied, all else equal: what it does to accuracy, separation and transfer.
enum SweepFigure {
  /// One swept parameter of one objective.
  struct Sweep: Sendable {
    var objective: String
    var parameter: String
    /// Values in rising order with their rows.
    var points: [(value: Double, row: Summary.Row)]
  }

  /// The sweeps of a study, in the order of the plan.
  static func sweeps(_ summary: Summary) -> [Sweep] {
    // Rows that differ in one parameter share the key that leaves that parameter out.
    var found: [(key: String, sweep: Sweep)] = []
    for row in summary.rows {
      guard let parts = row.runs.first?.objective else { continue }
      for (index, part) in parts.enumerated() {
        for (name, value) in part.parameters.sorted(by: { $0.key < $1.key }) {
          let key = signature(parts, without: (index, name)) + "|\(index).\(name)"
          if let place = found.firstIndex(where: { $0.key == key }) {
            found[place].sweep.points.append((value, row))
          } else {
            let title = parts.map(\.name).joined(separator: " + ")
            found.append((key, Sweep(objective: title, parameter: name, points: [(value, row)])))
          }
        }
      }
    }
    return found.map(\.sweep).filter { $0.points.count > 1 }.map { sweep in
      var sweep = sweep
      sweep.points.sort { $0.value < $1.value }
      return sweep
    }
  }

  private static func signature(_ parts: [StudyContents.ObjectivePart], without: (Int, String)) -> String {
    parts.enumerated().map { index, part in
      let rest = part.parameters.filter { index != without.0 || $0.key != without.1 }
      return part.name + ":"
        + rest.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }.joined(separator: "+")
  }

  /// A figure for each sweep.
  static func figures(_ summary: Summary) -> [Figure] {
    let columns =
      [Column.top1, .separationOnTrain] + [Column.meanTransfer(summary.contents)].compactMap { $0 }
    return sweeps(summary).enumerated().map { number, sweep in
      Figure(
        id: "sweep-\(number)", title: "\(sweep.objective): \(sweep.parameter)",
        caption:
          "Small marks are runs, large ones means over seeds with one standard error either side; nothing but "
          + "\(sweep.parameter.html) differs.",
        charts: columns.enumerated().compactMap { index, column in
          chart(sweep, column, id: "chart-sweep-\(number)-\(index)")
        }, panelWidth: 300)
    }
  }

  private static func chart(_ sweep: Sweep, _ column: Column, id: String) -> Chart? {
    let mark = Mark(2)
    var runs: [(Double, Double)] = []
    var means: [(Double, Double, Double?)] = []
    for point in sweep.points {
      let estimate = point.row.estimate(column)
      guard let mean = estimate.mean else { continue }
      means.append((point.value, column.drawn(mean), estimate.standardError.map(column.drawn)))
      runs += estimate.values.sorted { $0.key < $1.key }.map { (point.value, column.drawn($0.value)) }
    }
    guard !means.isEmpty else { return nil }
    // Values that span more than a factor of four are drawn on a logarithmic axis.
    let values = sweep.points.map(\.value)
    let isLogarithmic = (values.first ?? 0) > 0 && (values.last ?? 0) > 4 * (values.first ?? 0)
    let axis: JSONValue = [
      "title": ["text": .string(sweep.parameter), "standoff": 8], "type": isLogarithmic ? "log" : "linear",
      "tickvals": .numbers(values), "ticktext": .strings(values.map(Format.plain)), "tickangle": 0,
    ]
    let hover = "\(sweep.parameter) %{x}: %{y:.4~r}<extra></extra>"
    return Chart(
      id: id, title: column.longTitle,
      description: "\(column.longTitle) against \(sweep.parameter) of \(sweep.objective).",
      traces: [
        [
          "type": "scatter", "mode": "markers", "x": .numbers(runs.map(\.0)), "y": .numbers(runs.map(\.1)),
          "marker": ["symbol": "circle-open", "size": 6, "color": .string(mark.color)],
          "hovertemplate": .string(hover),
        ],
        [
          "type": "scatter", "mode": "lines+markers", "x": .numbers(means.map(\.0)),
          "y": .numbers(means.map(\.1)),
          "error_y": [
            "type": "data", "array": .numbers(means.map { $0.2 ?? 0 }), "thickness": 1.2, "width": 0,
            "color": .string(mark.color),
          ],
          "line": ["color": .string(mark.color), "width": 1.5],
          "marker": ["size": 10, "color": .string(mark.color), "line": ["color": "var(--paper)", "width": 1]],
          "hovertemplate": .string(hover),
        ],
      ],
      layout: Axis.layout(
        x: axis, y: Axis.value(title: column.unit == .percent ? "%" : "", ticks: 5),
        extra: [("hovermode", "closest")]
      ), height: 260)
  }
}
