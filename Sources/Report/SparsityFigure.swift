/// How many numbers of each layer are at work, by depth.
enum SparsityFigure {
  /// The share of one layer over an objective's runs.
  static func estimate(_ row: Summary.Row, _ layer: String) -> Estimate {
    Estimate(of: row.runs) { $0.measurement("nonzero_fraction", target: layer, split: "test") }
  }

  /// Nil where it was not measured.
  static func figure(_ summary: Summary) -> Figure? {
    let layers = summary.contents.layers
    let traces = summary.rows.compactMap { trace($0, layers) }
    guard !traces.isEmpty else { return nil }
    let named = Axis.named(layers, most: 16)
    return Figure(
      id: "sparsity", title: "Sparsity by depth",
      caption: "The share of numbers that are not 0 after each block, on the source's test images; means over seeds, "
        + "bars one standard error either side (often shorter than the mark).",
      legend: summary.legend(line: true, shape: true),
      charts: [
        Chart(
          id: "chart-sparsity",
          description: "Lines: share of nonzero activations by layer for \(traces.count) objectives.", traces: traces,
          layout: Axis.layout(
            x: [
              "tickvals": .numbers(named.map { Double($0 + 1) }), "tickangle": layers.count > 4 ? -90 : 0,
              "ticktext": .strings(named.map { Format.shortened(layers[$0], to: 14) }),
            ], y: Axis.value(title: "not 0, %"), extra: [("hovermode", "closest")]), height: 400)
      ], panelWidth: 640)
  }

  private static func trace(_ row: Summary.Row, _ layers: [String]) -> JSONValue? {
    let estimates = layers.map { estimate(row, $0) }
    guard estimates.contains(where: { $0.mean != nil }) else { return nil }
    let mark = Mark(row.index)
    return [
      "type": "scatter", "mode": "lines+markers", "name": .string(row.fullName),
      "meta": ["series": .number(Double(row.index)), "role": "line"],
      "x": .numbers(layers.indices.map { Double($0 + 1) }), "y": .numbers(estimates.map { $0.mean.map { $0 * 100 } }),
      "error_y": [
        "type": "data", "array": .numbers(estimates.map { ($0.standardError ?? 0) * 100 }), "thickness": 1.2,
        "width": 0, "color": .string(mark.color),
      ],
      "text": .strings(layers.map(\.html)),
      "hovertemplate": .string("<b>\(row.fullName.html)</b><br>%{text}: %{y:.2f} %<extra></extra>"),
      "line": ["color": .string(mark.color), "dash": .string(mark.dash), "width": 2],
      "marker": ["color": .string(mark.color), "symbol": .string(mark.symbol), "size": 7],
    ]
  }
}
