/// What the study found, in words: a headline and the sentences that carry it. The words follow from the
/// numbers by a fixed rule, so that a study that shows nothing says so.
struct Finding: Sendable {
  var headline: String
  /// Plain text, one paragraph each.
  var sentences: [String]

  /// The rule: the rank correlation of R^2 (training images, cosine) with mean transfer over the means of the
  /// objectives, called negative or positive only where its whole 95 % interval is and its p is below 0.05.
  init(_ summary: Summary) {
    let transfer = Column.meanTransfer(summary.contents)
    sentences = []
    let association = transfer.map { summary.association(.separationOnTrain, $0) }
    headline = Self.headline(summary, association)
    if let transfer, let association {
      if association.association != nil {
        sentences.append(
          "Class separation (R\u{00B2}, training images) against \(transfer.longTitle.lowercasedFirst): "
            + association.text)
      }
    }
    sentences.append(
      contentsOf: [Self.sourceSentence(summary), Self.transferSentence(summary, transfer)].compactMap { $0 })
    sentences.append(
      contentsOf: [Self.rangeSentence(summary, transfer), Self.baselineSentence(summary, transfer)].compactMap { $0 })
  }

  private static func headline(_ summary: Summary, _ association: StudyAssociation?) -> String {
    guard summary.contents.runs.contains(where: { !$0.measurements.isEmpty }) else {
      return "Nothing has been measured yet."
    }
    guard let found = association else { return "This study has no transfer targets." }
    guard let rank = found.association?.spearman else {
      return "Too few objectives to relate class separation to transfer (n = \(found.n))."
    }
    guard found.n > 4, let low = rank.low, let high = rank.high, let p = rank.p else {
      return "Too few objectives to relate class separation to transfer (n = \(found.n))."
    }
    if high < 0 && p < 0.05 { return "Objectives that pulled the classes further apart transferred worse." }
    if low > 0 && p < 0.05 { return "Objectives that pulled the classes further apart transferred better." }
    return "This study does not settle how class separation and transfer are related."
  }

  private static func extremes(
    _ summary: Summary, _ column: Column
  ) -> (low: (Summary.Row, Estimate), high: (Summary.Row, Estimate))? {
    let known = summary.rows.map { ($0, $0.estimate(column)) }.filter { $0.1.mean != nil }
    guard known.count > 1,
      let low = known.min(by: { ($0.1.mean ?? 0) < ($1.1.mean ?? 0) }),
      let high = known.max(by: { ($0.1.mean ?? 0) < ($1.1.mean ?? 0) })
    else { return nil }
    return (low, high)
  }

  private static func value(_ estimate: Estimate, _ column: Column) -> String {
    estimate.text(column).replacing(" ", with: "\u{00A0}") + (column.unit == .percent ? "\u{00A0}%" : "")
  }

  private static func sourceSentence(_ summary: Summary) -> String? {
    guard let (low, high) = extremes(summary, .top1) else { return nil }
    return "Highest source accuracy: \(high.0.fullName), \(value(high.1, .top1)); lowest: \(low.0.fullName), "
      + "\(value(low.1, .top1))."
  }

  private static func transferSentence(_ summary: Summary, _ transfer: Column?) -> String? {
    guard let transfer, let (low, high) = extremes(summary, transfer) else { return nil }
    return
      "Best transfer (\(transfer.longTitle.lowercasedFirst)): \(high.0.fullName), \(value(high.1, transfer)); "
      + "worst: \(low.0.fullName), \(value(low.1, transfer))."
  }

  private static func rangeSentence(_ summary: Summary, _ transfer: Column?) -> String? {
    let column = Column.separationOnTrain
    guard let (low, high) = extremes(summary, column) else { return nil }
    return "R\u{00B2} runs from \(value(low.1, column)) (\(low.0.fullName)) to \(value(high.1, column)) "
      + "(\(high.0.fullName))."
  }

  /// How the other objectives stand to plain softmax, by means.
  private static func baselineSentence(_ summary: Summary, _ transfer: Column?) -> String? {
    guard let transfer, let baseline = summary.rows.first(where: { $0.label == "softmax" }),
      let accuracy = baseline.estimate(.top1).mean,
      let separation = baseline.estimate(.separationOnTrain).mean,
      let moved = baseline.estimate(transfer).mean
    else { return nil }
    let others = summary.rows.filter { $0.label != "softmax" }
    func count(_ column: Column, _ test: (Double) -> Bool) -> Int {
      others.count { row in row.estimate(column).mean.map(test) ?? false }
    }
    guard !others.isEmpty else { return nil }
    return
      "Beside softmax, by their means, \(count(.top1) { $0 > accuracy }) of \(others.count) other objectives are "
      + "more accurate on the source, \(count(.separationOnTrain) { $0 > separation }) separate the classes further, "
      + "and \(count(transfer) { $0 < moved }) transfer worse."
  }
}

extension String {
  /// The first letter in lower case.
  var lowercasedFirst: String {
    dropFirst().first?.isLowercase == true ? prefix(1).lowercased() + dropFirst() : self
  }
}
