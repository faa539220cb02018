/// The figures about transfer: R^2 and source accuracy against the mean over targets, and R^2 against each
/// target.
extension Page {
  /// The two main scatter plots, in one figure.
  var transferFigures: [Figure] {
    let accuracy = ScatterChart(
      id: "chart-accuracy-separation", x: .top1, y: .separationOnTrain, title: "Separation against accuracy",
      note: summary.association(.top1, .separationOnTrain, withIntervals: false).shortText, labelled: true)
    guard let transfer = Column.meanTransfer(summary.contents) else { return figure("", [accuracy]) }
    let association = summary.association(.separationOnTrain, transfer)
    let other = summary.association(.top1, transfer)
    let main = ScatterChart(
      id: "chart-separation-transfer", x: .separationOnTrain, y: transfer,
      title: "Transfer against class separation",
      note: association.shortText, labelled: true)
    let second = ScatterChart(
      id: "chart-accuracy-transfer", x: .top1, y: transfer, title: "Transfer against source accuracy",
      note: other.shortText, labelled: true)
    return figure(
      "Class separation and transfer: \(association.text) Accuracy and transfer: "
        + "\(other.text)", [main, second])
  }

  private func figure(_ correlations: String, _ scatters: [ScatterChart]) -> [Figure] {
    let charts = scatters.map { $0.chart(summary) }.filter { !$0.traces.isEmpty }
    guard !charts.isEmpty else { return [] }
    return [
      Figure(
        id: "transfer-figure", title: "",
        caption: "Small marks are runs, large ones means over seeds with one standard error either side. "
          + "Correlations are over the means of the objectives. " + correlations.html,
        legend: summary.legend(line: false, shape: true), charts: charts)
    ]
  }

  /// R^2 against the probe on each target; nothing for a single target, which the main figure shows.
  var targetFigures: [Figure] {
    let columns = summary.columns.filter { $0.group == .probe && !$0.target.isEmpty }
    guard columns.count > 1 else { return [] }
    let charts = columns.enumerated().map { index, column in
      ScatterChart(
        id: "chart-target-\(index)", x: .separationOnTrain, y: column, title: column.title,
        note: summary.association(.separationOnTrain, column, withIntervals: false).rankText,
        yTitle: "Probe accuracy, %",
        height: 280
      ).chart(summary)
    }.filter { !$0.traces.isEmpty }
    guard !charts.isEmpty else { return [] }
    return [
      Figure(
        id: "targets-figure", title: "",
        caption: "As above, one panel a target; the vertical scales differ.",
        legend: summary.legend(line: false, shape: true), charts: charts, panelWidth: 300)
    ]
  }

  /// R^2 by distance, and what swept parameters do.
  var separationFigures: [Figure] {
    [SeparationFigure.figure(summary)].compactMap { $0 } + SweepFigure.figures(summary)
  }
}
