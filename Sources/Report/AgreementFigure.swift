/// How often two runs answer alike, and what they gain together.
enum AgreementFigure {
  /// Nil where it was not measured.
  static func figure(_ summary: Summary) -> Figure? {
    let names = summary.rows.map(\.fullName)
    func chart(_ id: String, _ title: String, _ table: PairTable?, _ what: String) -> Chart? {
      guard let table else { return nil }
      return HeatMap(
        id: id, title: title, description: "Heat map: \(what) of \(names.count) objectives.", rows: names,
        columns: names, values: table.means.map { $0.map { $0.map { $0 * 100 } } }, decimals: 1
      ).chart
    }
    let (agreement, gain) = (summary.pairTable("agreement"), summary.ensembleGain)
    let charts = [
      chart("chart-agreement", "Equal answers, %", agreement, "equal answers"),
      chart("chart-ensembles", "Gain of two together, points", gain, "gain in accuracy of two runs together"),
    ].compactMap { $0 }
    guard !charts.isEmpty else { return nil }
    let seeds =
      (agreement ?? gain)?.sharesSeeds == true
      ? "Runs of one seed share their first weights and the order of images."
      : "Means over pairs of runs with different seeds; on the diagonal other seeds of the same objective."
    return Figure(
      id: "agreement", title: "Agreement and ensembles",
      caption: "Left: share of the source's test images that both runs put in the same class. Right: accuracy of the "
        + "mean of both runs\u{2019} probabilities less the mean of their accuracies. \(seeds)"
        + sentence(agreement, "Agreement", "%") + sentence(gain, "Gain", "points"),
      charts: charts, panelWidth: 420)
  }

  private static func sentence(_ table: PairTable?, _ what: String, _ unit: String) -> String {
    guard let all = table?.sameAndDifferent, let same = all.same, let different = all.different else { return "" }
    func text(_ value: Double) -> String { Format.number(value * 100, decimals: 2) }
    return " \(what) within objectives \(text(same)) \(unit) (\(Format.count(all.sameCount, "pair"))), between them "
      + "\(text(different)) \(unit) (\(Format.count(all.differentCount, "pair")))."
  }
}
