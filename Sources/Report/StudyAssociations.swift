import Study

/// A correlation between two columns, over the means of the objectives or over single runs.
struct StudyAssociation: Sendable {
  /// What the pairs are.
  enum Level: String, Sendable {
    case objectives, runs
  }

  var x: Column
  var y: Column
  var level: Level
  /// Nil where there are too few pairs or one side does not vary.
  var association: Association?
  /// How many pairs there were.
  var n: Int
}

extension Summary {
  /// The correlation of two columns.
  func association(
    _ x: Column, _ y: Column, level: StudyAssociation.Level = .objectives, withIntervals: Bool = true
  ) -> StudyAssociation {
    let pairs: [(Double, Double)]
    switch level {
    case .objectives:
      // Both means are over the same runs: those that have both values.
      pairs = rows.compactMap { row in
        let both = row.runs.compactMap { run in
          x.value(run).value.flatMap { a in y.value(run).value.map { (a, $0) } }
        }
        return both.isEmpty ? nil : (both.map(\.0).mean, both.map(\.1).mean)
      }
    case .runs:
      pairs = contents.runs.compactMap { run in
        x.value(run).value.flatMap { a in y.value(run).value.map { (a, $0) } }
      }
    }
    return StudyAssociation(
      x: x, y: y, level: level,
      association: Association(pairs, withIntervals: withIntervals && level == .objectives),
      n: pairs.count)
  }

  /// Every correlation that the report shows: separation and source accuracy against the mean and each target
  /// of every protocol, and against each other.
  var associations: [StudyAssociation] {
    let transfers = columns.filter { $0.group.protocolName != nil }
    let pairs =
      transfers.map { (Column.separationOnTrain, $0) } + transfers.map { (Column.top1, $0) }
      + [(Column.top1, Column.separationOnTrain)]
    return pairs.flatMap { x, y in [association(x, y), association(x, y, level: .runs)] }
  }
}

extension StudyAssociation {
  /// One sentence for a caption or a note.
  var text: String {
    let things = level == .objectives ? "objectives" : "runs"
    guard let association else { return "No correlation: n = \(n) \(things) are too few or do not vary." }
    let p = association.spearman.significance.map { ", \($0)" } ?? ""
    return
      "Spearman \(association.spearman.text)\(p); Pearson \(association.pearson.text); n = \(n) \(things)."
  }

  /// "Spearman −0.83, n = 9".
  var rankText: String {
    guard let association else { return "n = \(n)" }
    return "Spearman \(Correlation.text(association.spearman.value)), n = \(n)"
  }

  /// "Spearman −0.83, Pearson −0.80, n = 9".
  var shortText: String {
    guard let association else { return "n = \(n)" }
    return "Spearman \(Correlation.text(association.spearman.value)), "
      + "Pearson \(Correlation.text(association.pearson.value)), n = \(n)"
  }
}
