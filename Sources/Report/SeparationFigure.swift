import Study

/// R^2 of every objective by each distance: does the order of the objectives depend on the distance?
enum SeparationFigure {
  /// A variant of R^2 that the store may hold.
  struct Variant: Sendable {
    var name: String
    var title: String
    var mark: Mark
  }

  static let variants = [
    Variant(name: "r2_cosine", title: "cosine", mark: Mark(0)),
    Variant(name: "r2_debiased_cosine", title: "cosine, debiased", mark: Mark(1)),
    Variant(name: "r2_centered_cosine", title: "centred cosine", mark: Mark(2)),
    Variant(name: "r2_squared_euclidean", title: "squared Euclidean", mark: Mark(3)),
    Variant(name: "r2_angle", title: "angle", mark: Mark(4)),
  ]

  /// Nil where no R^2 was measured.
  static func figure(_ summary: Summary) -> Figure? {
    let rows = summary.rows
    var traces: [JSONValue] = []
    var legend: [LegendEntry] = []
    for (number, variant) in variants.enumerated() {
      let estimates = rows.map { row in
        Estimate(of: row.runs) { $0.measurement(variant.name, split: "train") }
      }
      guard estimates.contains(where: { $0.mean != nil }) else { continue }
      legend.append(
        LegendEntry(
          series: number, swatch: variant.mark.swatch(line: false, shape: true), text: variant.title))
      traces.append(trace(number, variant, rows, estimates))
    }
    guard !traces.isEmpty else { return nil }
    return Figure(
      id: "separation-by-distance", title: "R\u{00B2} by distance",
      caption:
        "R\u{00B2} on the source's training images, penultimate features; means over seeds, bars one standard "
        + "error either side (often shorter than the mark). " + orders(summary).html,
      legend: legend,
      charts: [
        Chart(
          id: "chart-separation", description: "Dot plot: R\u{00B2} of \(rows.count) objectives by distance.",
          // The first variant is drawn last and smaller, as the second often lies beneath it.
          traces: traces.reversed(), layout: layout(rows), height: 70 + 40 * rows.count)
      ], panelWidth: 900)
  }

  /// Whether the distances agree on the order of the objectives.
  private static func orders(_ summary: Summary) -> String {
    let headline = summary.rows.map { $0.estimate(.separationOnTrain).mean }
    let agreements = variants.dropFirst().compactMap { variant -> String? in
      let other = summary.rows.map { row in
        Estimate(of: row.runs) { $0.measurement(variant.name, split: "train") }.mean
      }
      let pairs = zip(headline, other).compactMap { a, b in a.flatMap { a in b.map { (a, $0) } } }
      guard pairs.count >= 3, let rho = Association(pairs, withIntervals: false)?.spearman else { return nil }
      return "\(variant.title) \(Correlation.text(rho.value))"
    }
    guard !agreements.isEmpty else { return "" }
    return "Rank correlation of the objectives' order with that by cosine: \(Format.list(agreements))."
  }

  private static func trace(
    _ number: Int, _ variant: Variant, _ rows: [Summary.Row], _ estimates: [Estimate]
  ) -> JSONValue {
    [
      "type": "scatter", "mode": "markers", "name": .string(variant.title),
      "meta": ["series": .number(Double(number)), "role": "mean"],
      "x": .numbers(estimates.map(\.mean)),
      // The first objective stands on top.
      "y": .numbers(rows.indices.map { Double(rows.count - 1 - $0) }),
      "error_x": [
        "type": "data", "array": .numbers(estimates.map { $0.standardError ?? 0 }), "thickness": 1.2,
        "width": 0,
        "color": .string(variant.mark.color),
      ],
      "text": .strings(zip(rows, estimates).map { "<b>\($0.fullName.html)</b><br>n = \($1.n)" }),
      "hovertemplate": .string("%{text}<br>\(variant.title): %{x:.3f}<extra></extra>"),
      "marker": [
        "symbol": .string(variant.mark.symbol), "size": number == 0 ? 7 : 11,
        "color": .string(variant.mark.color),
        "line": ["color": "var(--paper)", "width": 1],
      ],
    ]
  }

  /// Names stand above their lines, so that long ones take no width from the chart.
  private static func layout(_ rows: [Summary.Row]) -> JSONValue {
    let names = rows.indices.map { index -> JSONValue in
      [
        "xref": "paper", "x": 0, "xanchor": "left", "yref": "y", "y": .number(Double(rows.count - 1 - index)),
        "yanchor": "bottom", "yshift": 6, "showarrow": false, "text": .string(rows[index].shortName.html),
        "font": ["size": 12],
      ]
    }
    return Axis.layout(
      x: Axis.value(title: "R\u{00B2}"),
      y: [
        "tickvals": .numbers(rows.indices.map(Double.init)), "showticklabels": false, "ticks": "",
        "range": [-0.6, .number(Double(rows.count) - 0.2)],
      ],
      extra: [("annotations", .array(names)), ("hovermode", "closest"), ("margin", ["l": 8, "r": 12])])
  }
}
