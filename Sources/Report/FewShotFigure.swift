import Study

/// Accuracy against examples a class: how many labels each objective's features need on each target.
struct FewShotFigure {
  var summary: Summary
  /// The targets with probes on few examples, in the order of the plan.
  let targets: [String]

  init(_ summary: Summary) {
    self.summary = summary
    targets = summary.contents.targets(of: StageKind.fewShot.rawValue)
  }

  /// The numbers of examples a class that were asked for on a target, in rising order.
  func shots(_ target: String) -> [Int] {
    let keys = summary.contents.runs.flatMap(\.measurements.keys).filter { $0.target == target }
    return Set(keys.compactMap { FewShotMeasure.accuracy.shots(of: $0.name) }).sorted()
  }

  /// A row's mean over seeds for a number of examples a class.
  func estimate(_ row: Summary.Row, _ measure: FewShotMeasure, _ target: String, _ shots: Int) -> Estimate {
    Estimate(of: row.runs) { $0.measurement(measure.name(shots: shots), target: target, split: "test") }
  }

  /// Nil where nothing was measured.
  var figure: Figure? {
    let charts = targets.enumerated().compactMap { place, target in chart(target, id: "chart-few-shot-\(place)") }
    guard !charts.isEmpty else { return nil }
    return Figure(
      id: "few-shot-figure", title: "",
      caption: "Linear probes on so many training examples of each class, tested on all test images; lambda is chosen "
        + "inside each draw. Draws are averaged and the same for every run. Lines are means over seeds, bars one "
        + "standard error either side (often shorter than the mark); touching a mark shows the 95 % interval over seeds. "
        + "The vertical scales differ. Numbers: <code>tables/few-shot.csv</code>.",
      legend: summary.legend(line: true, shape: true), charts: charts, panelWidth: 360)
  }

  private func chart(_ target: String, id: String) -> Chart? {
    let shots = shots(target)
    let traces = summary.rows.compactMap { trace($0, target, shots) }
    guard !traces.isEmpty else { return nil }
    return Chart(
      id: id, title: target, description: description(target, shots, count: traces.count), traces: traces,
      layout: Axis.layout(
        x: [
          "title": ["text": "Examples a class", "standoff": 8], "type": "log", "tickangle": 0,
          "tickvals": .numbers(shots.map(Double.init)), "ticktext": .strings(shots.map(String.init)),
        ], y: Axis.value(title: "Probe accuracy, %"), extra: [("hovermode", "closest")]), height: 320)
  }

  private func trace(_ row: Summary.Row, _ target: String, _ shots: [Int]) -> JSONValue? {
    let estimates = shots.map { estimate(row, .accuracy, target, $0) }
    guard estimates.contains(where: { $0.mean != nil }) else { return nil }
    let mark = Mark(row.index)
    return [
      "type": "scatter", "mode": "lines+markers", "name": .string(row.fullName),
      "meta": ["series": .number(Double(row.index)), "role": "line"],
      "x": .numbers(shots.map(Double.init)), "y": .numbers(estimates.map { $0.mean.map { $0 * 100 } }),
      "error_y": [
        "type": "data", "array": .numbers(estimates.map { ($0.standardError ?? 0) * 100 }), "thickness": 1.2,
        "width": 0, "color": .string(mark.color),
      ],
      "text": .strings(estimates.map(Self.interval)),
      "hovertemplate": .string("<b>\(row.fullName.html)</b><br>%{x} a class: %{y:.2f} %%{text}<extra></extra>"),
      "line": ["color": .string(mark.color), "dash": .string(mark.dash), "width": 2],
      "marker": ["color": .string(mark.color), "symbol": .string(mark.symbol), "size": 7],
    ]
  }

  private static func interval(_ estimate: Estimate) -> String {
    guard let interval = estimate.interval else { return ", n = \(estimate.n)" }
    let ends = [interval.low, interval.high].map { Format.number($0 * 100, decimals: 2) }
    return " (\(ends[0]) to \(ends[1])), n = \(estimate.n)"
  }

  /// What the panel shows, with its ends in numbers.
  private func description(_ target: String, _ shots: [Int], count: Int) -> String {
    let ends = [shots.first, shots.last].compactMap { $0 }.compactMap { shots -> String? in
      let means = summary.rows.compactMap { row in
        estimate(row, .accuracy, target, shots).mean.map { (row.fullName, $0) }
      }
      guard let best = means.max(by: { $0.1 < $1.1 }), let worst = means.min(by: { $0.1 < $1.1 }) else { return nil }
      return "at \(shots) a class from \(Format.number(worst.1 * 100, decimals: 1)) % (\(worst.0)) to "
        + "\(Format.number(best.1 * 100, decimals: 1)) % (\(best.0))"
    }
    return "Lines: probe accuracy on \(target) by examples a class for \(Format.count(count, "objective"))"
      + (ends.isEmpty ? "." : "; " + ends.joined(separator: ", ") + ".")
  }

  /// `tables/few-shot.csv`; nil where nothing was asked for.
  var csv: String? {
    let rows = targets.flatMap { target in
      summary.rows.flatMap { row in
        shots(target).map { shots in
          let accuracy = estimate(row, .accuracy, target, shots)
          let draws = estimate(row, .standardError, target, shots)
          let byClass = estimate(row, .meanPerClass, target, shots)
          return [
            target, row.label, String(shots), CSV.number(accuracy.mean), CSV.number(accuracy.standardError),
            CSV.number(accuracy.interval?.low), CSV.number(accuracy.interval?.high), String(accuracy.n),
            CSV.number(draws.mean), CSV.number(byClass.mean), accuracy.reasons.joined(separator: "; "),
          ]
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    return CSV.text(
      header: [
        "target", "objective", "shots", "accuracy", "accuracy_se", "accuracy_low", "accuracy_high", "n",
        "se_over_draws",
        "mean_per_class_accuracy", "reason",
      ], rows: rows)
  }
}

extension Estimate {
  /// Student's 95 % interval of the mean over seeds; nil below two.
  var interval: ConfidenceInterval? {
    SeedMean(values.sorted { $0.key < $1.key }.map(\.value)).flatMap { StudentEstimate($0).interval() }
  }
}
