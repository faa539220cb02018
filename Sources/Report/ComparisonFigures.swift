/// The figures about layers and pairs of runs.
extension Page {
  /// Those that were measured.
  var comparisonFigures: [Figure] {
    let first = [SparsityFigure.figure(summary), SpectrumFigure.figure(summary)].compactMap { $0 }
    return first + AlignmentFigures.figures(summary) + [AgreementFigure.figure(summary)].compactMap { $0 }
  }

  /// Comparisons that failed, as HTML.
  var comparisonFailures: String {
    summary.contents.comparisons.filter { $0.state == "failed" }.map {
      "<p class=\"alert\">The comparison of runs by \($0.kind.html) failed: \(($0.error ?? "no message").html)</p>\n"
    }.joined()
  }
}
