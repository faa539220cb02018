/// How many directions the features use, against how far classes are apart.
enum SpectrumFigure {
  /// Nil where no spectrum was measured, or no R^2 beside it.
  static func figure(_ summary: Summary) -> Figure? {
    let charts = [Column.effectiveRank, .participationRatio].enumerated().map { place, column in
      ScatterChart(
        id: "chart-spectrum-\(place)", x: .separationOnTrain, y: column, title: column.title,
        note: summary.association(.separationOnTrain, column, withIntervals: false).shortText, labelled: place == 0
      ).chart(summary)
    }.filter { !$0.traces.isEmpty }
    guard !charts.isEmpty else { return nil }
    return Figure(
      id: "spectrum", title: "Spectrum and separation",
      caption: "Penultimate features of the source's training images. Small marks are runs, large ones means over "
        + "seeds with one standard error either side. Effective rank: exp of the entropy of the singular values "
        + "(Roy and Vetterli 2007).",
      legend: summary.legend(line: false, shape: true), charts: charts)
  }
}
