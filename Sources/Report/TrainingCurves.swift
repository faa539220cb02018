/// Accuracy and loss by epoch: the mean over an objective's trained runs, in a band of one standard error.
enum TrainingCurves {
  /// A quantity of an epoch.
  private typealias Quantity = @Sendable (StudyContents.Epoch) -> Double?

  /// One chart with every objective's accuracy, nil where no epoch has one.
  static func accuracy(_ summary: Summary) -> Figure? {
    let onHoldout = summary.contents.runs.contains { $0.epochs.contains { $0.holdoutAccuracy != nil } }
    let what = onHoldout ? "Holdout accuracy" : "Training accuracy"
    let curves = summary.rows.compactMap { row in
      Curve(row) { epoch in (onHoldout ? epoch.holdoutAccuracy : epoch.trainAccuracy).map { $0 * 100 } }
    }
    guard !curves.isEmpty else { return nil }
    return Figure(
      id: "training-accuracy", title: "\(what) during training",
      caption: caption(
        onHoldout ? "Images held out of the source's training set." : "Augmented training images."),
      legend: summary.legend(line: true, shape: false),
      charts: [
        chart("chart-training-accuracy", "All epochs", what, curves),
        chart("chart-training-accuracy-end", "The last third", what, curves.compactMap(\.lastThird)),
      ].filter { !$0.traces.isEmpty })
  }

  private static func chart(_ id: String, _ title: String, _ what: String, _ curves: [Curve]) -> Chart {
    Chart(
      id: id, title: title,
      description:
        "Line chart, \(title.lowercasedFirst): \(what.lowercasedFirst) by epoch for each of \(curves.count) "
        + "objectives.",
      traces: curves.flatMap { $0.bandTrace } + curves.map { $0.lineTrace(suffix: " %") },
      layout: Axis.layout(
        x: Axis.value(title: "Epoch"), y: Axis.value(title: "\(what), %"), extra: [("hovermode", "closest")]),
      height: 400)
  }

  /// One small chart an objective, each with its own scale: losses of different objectives cannot be
  /// compared.
  static func loss(_ summary: Summary) -> Figure? {
    let curves = summary.rows.compactMap { Curve($0) { $0.loss } }
    guard !curves.isEmpty else { return nil }
    return Figure(
      id: "training-loss", title: "Training loss",
      caption: caption(
        "Each objective has its own units, so each panel has its own scale; penalties are included."),
      charts: curves.map { curve in
        Chart(
          id: "chart-loss-\(curve.row.index)", title: curve.row.shortName,
          description: "Line chart: training loss by epoch for \(curve.row.fullName).",
          traces: curve.bandTrace + [curve.lineTrace(suffix: "")],
          layout: Axis.layout(
            x: Axis.value(title: "Epoch", ticks: 5), y: Axis.value(title: "", ticks: 5),
            extra: [("hovermode", "closest")]),
          height: 190)
      }, panelWidth: 250)
  }

  private static func caption(_ first: String) -> String {
    "\(first.html) Lines are means over the runs whose training finished, bands one standard error either side."
  }

  /// The mean of a quantity over a row's runs at each epoch that all of them have.
  private struct Curve {
    var row: Summary.Row
    var epochs: [Double] = []
    var means: [Double] = []
    var errors: [Double?] = []
    var runCount: Int

    init?(_ row: Summary.Row, _ quantity: Quantity) {
      self.row = row
      let trained = row.runs.filter(\.isTrained)
      let series = (trained.isEmpty ? row.runs : trained).map { run in
        Dictionary(
          run.epochs.compactMap { epoch in quantity(epoch).map { (epoch.epoch, $0) } },
          uniquingKeysWith: { $1 })
      }.filter { !$0.isEmpty }
      guard let first = series.first else { return nil }
      runCount = series.count
      let common = series.dropFirst().reduce(Set(first.keys)) { $0.intersection($1.keys) }
      for epoch in common.sorted() {
        let values = series.compactMap { $0[epoch] }
        epochs.append(Double(epoch))
        means.append(values.mean)
        errors.append(values.standardError)
      }
      if epochs.isEmpty { return nil }
    }

    /// The epochs past two thirds of the training, where the objectives part; nil for a short training.
    var lastThird: Curve? {
      let start = epochs.count * 2 / 3
      guard epochs.count - start > 2 else { return nil }
      var out = self
      out.epochs.removeFirst(start)
      out.means.removeFirst(start)
      out.errors.removeFirst(start)
      return out
    }

    func lineTrace(suffix: String) -> JSONValue {
      let mark = Mark(row.index)
      return [
        "type": "scatter", "mode": epochs.count == 1 ? "markers" : "lines", "name": .string(row.fullName),
        "meta": ["series": .number(Double(row.index)), "role": "line"],
        "x": .numbers(epochs), "y": .numbers(means),
        "line": ["color": .string(mark.color), "dash": .string(mark.dash), "width": 2],
        "marker": ["color": .string(mark.color), "symbol": .string(mark.symbol)],
        "hovertemplate": .string(
          "<b>\(row.fullName.html)</b><br>epoch %{x}: %{y:.4~r}\(suffix)<br>mean of "
            + "\(Format.count(runCount, "run"))<extra></extra>"),
      ]
    }

    /// The band, where there are several runs.
    var bandTrace: [JSONValue] {
      let known = errors.compactMap { $0 }
      guard known.count == means.count, epochs.count > 1 else { return [] }
      let upper = zip(means, known).map { $0 + $1 }
      let lower = zip(means, known).map { $0 - $1 }
      return [
        [
          "type": "scatter", "mode": "lines", "hoverinfo": "skip", "fill": "toself",
          "meta": ["series": .number(Double(row.index)), "role": "band"],
          "x": .numbers(epochs + epochs.reversed()), "y": .numbers(upper + lower.reversed()),
          "fillcolor": .string(Mark(row.index).faded(0.13)), "line": ["width": 0],
        ]
      ]
    }
  }
}
