import Study

/// The claims as files in `tables/`.
struct ClaimTables {
  var name: String
  var section: ClaimsSection

  init(_ contents: StudyContents) {
    name = contents.name
    section = ClaimsSection(contents)
  }

  /// A claim a line, every digit.
  var csv: String {
    CSV.text(
      header: [
        "claim", "statement", "own", "verdict", "statistic", "compared", "value", "low", "high", "level", "unit", "n",
        "counted", "comparisons", "seeds_needed", "missing", "sentence",
      ],
      rows: section.entries.map { entry in
        let result = entry.result
        let part = result.deciding
        return [
          result.id, result.statement, entry.isOwn ? "yes" : "no", result.verdict.rawValue, result.statistic,
          part?.name ?? "", CSV.number(result.value), CSV.number(result.interval?.low),
          CSV.number(result.interval?.high), CSV.number(result.interval?.level), part?.unit.rawValue ?? "",
          String(result.n), result.counted, String(result.parts.count),
          result.seedsNeeded.map { String($0) } ?? "", result.missing.joined(separator: "; "), result.sentence,
        ]
      })
  }

  /// Verdict, value, interval and n of each claim.
  var tex: String {
    LaTeX.table(
      comment: "\(name). Claims by the rules of docs/claims.md.", first: "p{0.45\\linewidth}",
      header: ["Claim", "Here it", "Value", "Interval", "n"],
      rows: section.entries.map { entry in
        let result = entry.result
        return [
          // Narrow columns that are justified have gaps.
          "\\raggedright " + "\(result.id). \(result.statement)".latex, result.verdict.rawValue,
          result.valueText?.latex ?? "--", result.intervalText?.latex ?? "--", result.countText ?? "--",
        ]
      })
  }
}
