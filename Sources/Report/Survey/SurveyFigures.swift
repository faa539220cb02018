import Measures

/// The charts of `analyze all`.
struct SurveyFigures {
  var survey: Survey

  /// A legend of the sets, when there are several.
  private func legend(_ places: [Int], shape: Bool = true) -> [LegendEntry] {
    guard survey.sets.count > 1 else { return [] }
    return places.map {
      LegendEntry(series: $0, swatch: Mark($0).swatch(line: true, shape: shape), text: survey.sets[$0].name)
    }
  }

  private func line(
    _ place: Int, x: JSONValue, y: [Double?], text: [String] = [], markers: Bool = true, hover: String
  ) -> JSONValue {
    let mark = Mark(place)
    return [
      "type": "scatter", "mode": markers ? "lines+markers" : "lines", "name": .string(survey.sets[place].name),
      "meta": ["series": .number(Double(place))], "x": x, "y": .numbers(y), "text": .strings(text),
      "hovertemplate": .string("\(survey.sets[place].name.html)<br>\(hover)<extra></extra>"),
      "line": ["color": .string(mark.color), "dash": .string(mark.dash), "width": 2],
      "marker": ["symbol": .string(mark.symbol), "size": 8, "color": .string(mark.color)],
    ]
  }

  /// R^2 and spread within classes, layer by layer; nil where no set has two layers and labels.
  var byLayer: Figure? {
    let shown = survey.sets.indices.filter { place in
      survey.sets[place].layers.count(where: { $0.separation?.cosine?.r2Debiased != nil }) > 1
    }
    guard !shown.isEmpty else { return nil }
    func chart(
      _ id: String, _ title: String, log: Bool = false, _ value: (Survey.Layer) -> Double?
    ) -> Chart {
      let traces = shown.map { place in
        let layers = survey.sets[place].layers
        return line(
          place, x: .numbers(layers.indices.map { Double($0 + 1) }), y: layers.map(value),
          text: layers.map(\.layer.html),
          hover: "%{text}: %{y:.4f}")
      }
      let names = shown.map { survey.sets[$0].layers.map(\.layer) }
      var x = Axis.value(title: "layer")
      if let first = names.first, names.allSatisfy({ $0 == first }), case .object(let pairs) = x {
        x = .object(
          pairs + [
            ("tickvals", .numbers(first.indices.map { Double($0 + 1) })),
            ("ticktext", .strings(first.map { Format.shortened($0, to: 14) })),
          ])
      }
      var y = Axis.value(title: title)
      if log, case .object(let pairs) = y { y = .object(pairs + [("type", "log"), ("exponentformat", "power")]) }
      return Chart(
        id: id, description: "Lines: \(title) against the layer, one for each of \(traces.count) sets.", traces: traces,
        layout: Axis.layout(x: x, y: y), height: 340)
    }
    return Figure(
      id: "by-layer", title: "",
      caption:
        "Debiased class separation (cosine), and the spread within classes over that between them, tr(S<sub>W</sub>S<sub>B</sub><sup>+</sup>) "
        + "(He and Su 2023), at every layer that the files hold.",
      legend: legend(shown),
      charts: [
        chart("layer-r2", "R\u{00B2}, debiased") { $0.separation?.cosine?.r2Debiased },
        chart("layer-separation", "within over between", log: true) { $0.collapse?.separation },
      ])
  }

  /// Every layer with every layer, a heat map for each pair of sets.
  var cka: Figure? {
    guard let result = survey.cka, !result.pairs.isEmpty else { return nil }
    let charts = result.pairs.enumerated().map { place, pair in
      let (rows, columns) = (result.sets[pair.a], result.sets[pair.b])
      let (a, b) = (survey.sets[pair.a].name, survey.sets[pair.b].name)
      func short(_ names: [String]) -> JSONValue { .strings(names.map { Format.shortened($0, to: 18) }) }
      let isSmall = rows.count * columns.count <= 36
      let trace: JSONValue = [
        "type": "heatmap", "z": .array(pair.cka.map(JSONValue.numbers)),
        "x": .numbers(columns.indices.map(Double.init)), "y": .numbers(rows.indices.map(Double.init)),
        "zmin": 0, "zmax": 1, "colorscale": HeatMap.scale(isWritten: isSmall),
        "showscale": .bool(place == result.pairs.count - 1),
        "colorbar": ["thickness": 12, "outlinewidth": 0, "len": 1],
        "text": .array(pair.cka.map { .strings($0.map { $0.map { Format.number($0, decimals: 2) } ?? "" }) }),
        "texttemplate": .string(isSmall ? "%{text}" : ""), "textfont": ["color": "var(--ink)"], "hoverongaps": false,
        "customdata": .array(rows.map { row in .array(columns.map { .strings([row.html, $0.html]) }) }),
        "hovertemplate": "%{customdata[0]} and %{customdata[1]}: %{z:.4f}<extra></extra>",
      ]
      func axis(_ title: String, _ names: [String], _ extra: [(String, JSONValue)] = []) -> JSONValue {
        .object(
          [
            ("title", ["text": .string(Format.shortened(title, to: 40)), "standoff": 8]),
            ("tickvals", .numbers(names.indices.map(Double.init))), ("ticktext", short(names)), ("showgrid", false),
          ] + extra)
      }
      return Chart(
        id: "cka-\(place)", title: a == b ? a : "\(a) and \(b)",
        description: "Heat map: CKA of \(rows.count) layers of \(a) with \(columns.count) layers of \(b).",
        traces: [trace],
        layout: Axis.layout(
          x: axis(b, columns, columns.count > 3 ? [("tickangle", -90)] : []),
          y: axis(a, rows, [("autorange", "reversed")])),
        height: min(600, max(230, 180 + 30 * rows.count)))
    }
    return Figure(
      id: "cka-maps", title: "",
      caption:
        "\(result.estimator.rawValue.capitalized) linear CKA (Kornblith and others 2019), 1 where two layers are alike up to rotation and scale. "
        + "An estimate may be below 0; null where it is not defined.",
      charts: charts, panelWidth: 380)
  }

  /// Eigenvalues of the last layers.
  var spectra: Figure? {
    let shown = survey.sets.indices.filter { survey.sets[$0].layers.last?.spectrum != nil }
    guard !shown.isEmpty else { return nil }
    let traces = shown.map { place in
      let values = survey.sets[place].layers.last?.spectrum?.singularValues ?? []
      let total = values.reduce(0) { $0 + $1 * $1 }
      // A log axis has no place for what rounding left.
      let shares = values.map { $0 * $0 / max(total, .leastNormalMagnitude) }.filter { $0 > 1e-14 }
      return line(
        place, x: .numbers(shares.indices.map { Double($0 + 1) }), y: shares, markers: false,
        hover: "rank %{x}: %{y:.3g}")
    }
    func log(_ title: String) -> JSONValue {
      ["title": ["text": .string(title), "standoff": 8], "type": "log", "exponentformat": "power", "dtick": 1]
    }
    return Figure(
      id: "spectra", title: "",
      caption:
        "Eigenvalues of the covariance of the last layer, as shares of their sum, from the largest down. A steep fall is a representation in few "
        + "directions.",
      legend: legend(shown, shape: false),
      charts: [
        Chart(
          id: "eigenvalues", description: "Lines: share of the variance against rank, both on log scales.",
          traces: traces,
          layout: Axis.layout(x: log("rank"), y: log("share of the variance")), height: 380)
      ], panelWidth: 640)
  }

  /// Accuracy against confidence, before and after the temperature.
  var reliability: Figure? {
    let shown = survey.sets.indices.filter { survey.sets[$0].calibration != nil }
    guard !shown.isEmpty else { return nil }
    func chart(_ id: String, _ title: String, _ bins: (CalibrationResult) -> [CalibrationResult.Bin]?) -> Chart? {
      let traces = shown.compactMap { place -> JSONValue? in
        guard let calibration = survey.sets[place].calibration, let bins = bins(calibration) else { return nil }
        let full = bins.filter { $0.count > 0 }
        return line(
          place, x: .numbers(full.map(\.confidence)), y: full.map(\.accuracy),
          text: full.map { Format.count($0.count, "example") },
          hover: "confidence %{x:.3f}, accuracy %{y:.3f}<br>%{text}")
      }
      guard !traces.isEmpty else { return nil }
      let diagonal: JSONValue = [
        "type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "hoverinfo": "skip",
        "line": ["color": "var(--axis)", "width": 1, "dash": "dot"],
      ]
      func axis(_ title: String) -> JSONValue {
        ["title": ["text": .string(title), "standoff": 8], "range": [-0.02, 1.02], "dtick": 0.2]
      }
      return Chart(
        id: id, title: title,
        description:
          "Reliability diagram: accuracy against mean confidence in 15 bins; on the diagonal both are equal.",
        traces: [diagonal] + traces, layout: Axis.layout(x: axis("confidence"), y: axis("accuracy")), height: 400)
    }
    let charts = [
      chart("reliability-raw", "As they are") { $0.bins },
      chart("reliability-scaled", "At the fitted temperature") { $0.scaledBins },
    ].compactMap { $0 }
    return Figure(
      id: "reliability", title: "",
      caption:
        "Below the diagonal a classifier is surer than it is right. 15 equal widths of confidence; the mean confidence of each that holds examples.",
      legend: legend(shown), charts: charts)
  }
}
