import Study

/// What the figures of the front and of the ranks show, as files.
struct ChoiceTables {
  var pareto: ParetoFigure?
  var ranks: RankFigure?

  init(_ summary: Summary) {
    pareto = ParetoFigure(summary)
    ranks = RankFigure(summary)
  }

  /// Every setting, those on the front first.
  var paretoCSV: String {
    let choices = pareto?.advice.choices ?? []
    let rows = (pareto?.points ?? []).enumerated().map { number, point in
      let choice = choices.indices.contains(number) ? choices[number] : nil
      return [
        point.name, pareto?.protocolName.rawValue ?? "", CSV.number(point.x), CSV.number(point.xError),
        CSV.number(point.y), CSV.number(point.yError), String(point.n), choice == nil ? "no" : "yes",
        choice.map { $0.isCorner ? "yes" : "no" } ?? "no", CSV.number(choice?.low), CSV.number(choice?.high),
      ]
    }
    return CSV.text(
      header: [
        "objective", "protocol", "top1", "top1_se", "transfer_log_odds", "transfer_log_odds_se", "n", "on_front",
        "best_for_some_rate", "rate_low", "rate_high",
      ], rows: rows)
  }

  /// The objectives from the best mean rank to the worst; `groups` numbers the bars that join them, from 1.
  var ranksCSV: String {
    var rows: [[String]] = []
    if let found = ranks, let best = found.ranks.order.first {
      let (ranks, test) = (found.ranks, found.ranks.friedman)
      let p = ranks.p
      rows = ranks.order.map { place in
        let groups = ranks.groups.indices.filter { ranks.groups[$0].contains(place) }.map { String($0 + 1) }
        return [
          ranks.names[place], found.protocolName.rawValue, CSV.number(test.averageRanks[place]),
          groups.joined(separator: " "), CSV.number(p[place][best]), String(test.blocks),
          CSV.number(ranks.difference), CSV.number(test.statistic), CSV.number(test.p), CSV.number(test.fStatistic),
          CSV.number(test.fP),
        ]
      }
    }
    return CSV.text(
      header: [
        "objective", "protocol", "mean_rank", "groups", "p_to_best", "targets", "critical_difference", "friedman_chi2",
        "friedman_p", "f", "f_p",
      ], rows: rows)
  }

  /// The pictures as files, by their names.
  var drawings: [(name: String, text: String)] {
    [
      pareto.map { ("pareto.svg", $0.drawing(withLegend: true).file) }, ranks.map { ("ranks.svg", $0.drawing.file) },
    ].compactMap { $0 }
  }
}
