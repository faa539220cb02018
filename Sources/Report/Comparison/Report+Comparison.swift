import Foundation
import Study

extension Report {
  /// Writes `comparison.html`, `differences.csv`, `claims.csv` and `unequal.csv` about two studies into a folder, made
  /// where it is missing. The same two stores give the same bytes.
  /// - Parameters:
  ///   - first: A in the page.
  ///   - second: B; differences are B less A.
  ///   - folder: Where to write.
  /// - Throws: `ReportError`, or `StudyError` from reading the stores.
  public static func compare(_ first: StudyStore, _ second: StudyStore, to folder: URL) throws {
    let comparison = StudyComparison(try StudyContents(store: first), try StudyContents(store: second))
    for file in files(comparison) { try write(file.text, to: folder.appendingPathComponent(file.path)) }
  }

  /// Every file of a comparison by its path within the folder.
  static func files(_ comparison: StudyComparison) -> [(path: String, text: String)] {
    [
      ("comparison.html", ComparisonPage(comparison: comparison).html), ("differences.csv", comparison.differencesCSV),
      ("claims.csv", comparison.claimsCSV), ("unequal.csv", comparison.unequalCSV),
    ]
  }
}

extension StudyComparison {
  /// Every measure of every objective that both have, one a line, every digit.
  var differencesCSV: String {
    func side(_ estimate: Estimate) -> [String] {
      let half = estimate.halfWidth
      return [
        CSV.number(estimate.mean), CSV.number(estimate.mean.flatMap { mean in half.map { mean - $0 } }),
        CSV.number(estimate.mean.flatMap { mean in half.map { mean + $0 } }), String(estimate.n),
        estimate.reasons.joined(separator: "; "),
      ]
    }
    var lines: [[String]] = []
    for measure in measures {
      for (row, cell) in zip(rows, measure.cells) {
        lines.append(
          [measure.column.id, row.key.label, row.key.network] + side(cell.a) + side(cell.b) + differenceFields(cell))
      }
    }
    let sides = ["a", "b"].flatMap { side in ["", "_low", "_high", "_n", "_reason"].map { side + $0 } }
    return CSV.text(
      header: ["measure", "objective", "network"] + sides + [
        "difference", "difference_low", "difference_high", "method", "seeds_a", "seeds_b", "p", "p_holm", "told_apart",
      ], rows: lines)
  }

  private func differenceFields(_ cell: Cell) -> [String] {
    let found = cell.difference
    let half = found?.halfWidth
    return [
      CSV.number(found?.value), CSV.number(found.flatMap { one in half.map { one.value - $0 } }),
      CSV.number(found.flatMap { one in half.map { one.value + $0 } }), found?.method.rawValue ?? "",
      found.map { String($0.counts.a) } ?? "", found.map { String($0.counts.b) } ?? "", CSV.number(found?.p),
      CSV.number(cell.adjusted), cell.adjusted == nil ? "" : cell.isMarked ? "yes" : "no",
    ]
  }

  /// Every published claim with both verdicts.
  var claimsCSV: String {
    CSV.text(
      header: ["claim", "statement", "a", "b", "differ", "a_sentence", "b_sentence"],
      rows: claims.map { a, b in
        [
          a.id, a.statement, a.verdict.rawValue, b.verdict.rawValue, a.verdict == b.verdict ? "no" : "yes",
          a.sentence, b.sentence,
        ]
      })
  }

  /// What only one of the two has, or what differs.
  var unequalCSV: String {
    CSV.text(
      header: ["kind", "subject", "a", "b", "text"], rows: unequal.map { [$0.kind, $0.subject, $0.a, $0.b, $0.text] })
  }
}
