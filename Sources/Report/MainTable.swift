/// The main table in HTML: an objective a row, a measure a column, mean and standard error over seeds in each
/// cell.
struct MainTable {
  var summary: Summary
  private var notes = Notes()

  init(_ summary: Summary) { self.summary = summary }

  /// The table with its key and notes.
  mutating func html() -> String {
    let columns = summary.columns
    let standings = columns.map { summary.standings($0) }
    var out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"main-caption\">\n"
    out += "<table class=\"main sortable\" style=\"--columns:\(columns.count + 3)\">\n"
    out += "<caption id=\"main-caption\"><span>Mean over seeds, one standard error below it. "
    out += "Touch a heading to sort.</span></caption>\n<thead>\n"
    out += groupHeadings(columns) + headings(columns) + "</thead>\n<tbody>\n"
    for (index, row) in summary.rows.enumerated() {
      out += rowHTML(row, columns, standings.map { $0[index] })
    }
    out += "</tbody>\n</table>\n</div>\n"
    return out + key(standings) + notes.html
  }

  private func groupHeadings(_ columns: [Column]) -> String {
    var out = "<tr class=\"groups\"><td></td><td></td>"
    for group in Column.Group.allCases {
      let span = columns.count { $0.group == group }
      if span > 0 { out += "<th scope=\"colgroup\" colspan=\"\(span)\">\(group.rawValue)</th>" }
    }
    return out + "</tr>\n"
  }

  private func headings(_ columns: [Column]) -> String {
    func heading(_ title: String, _ unit: String, _ first: String, _ definition: String) -> String {
      "<th scope=\"col\" class=\"\(first)\"><button type=\"button\" title=\"\(definition.html)\">\(title.html)"
        + (unit.isEmpty ? "" : " <span class=\"unit\">\(unit)</span>") + "</button></th>"
    }
    var out = "<tr>" + heading("Objective", "", "name", "The training objective, in the order of the plan.")
    out += heading("Runs", "", "count", "How many runs the means are over, unless a cell says otherwise.")
    for (index, column) in columns.enumerated() {
      let first = index == 0 || columns[index - 1].group != column.group ? "first" : ""
      let arrow = column.better == .higher ? "\u{2191}" : column.better == .lower ? "\u{2193}" : ""
      let unit = [column.unit == .percent ? "%" : "", arrow].filter { !$0.isEmpty }.joined(separator: " ")
      out += heading(column.title, unit, first, column.definition)
    }
    return out + "</tr>\n"
  }

  private mutating func rowHTML(_ row: Summary.Row, _ columns: [Column], _ standings: [Standing]) -> String {
    let estimates = columns.map { row.estimate($0) }
    // The runs that entered most columns; cells with fewer say so.
    let done = estimates.map(\.n).max() ?? 0
    var out = "<tr><th scope=\"row\" data-value=\"\(row.index)\">\(row.name.breakable)"
    if !row.detail.isEmpty { out += "<small>\(row.detail.html)</small>" }
    out += "</th><td class=\"count\" data-value=\"\(done)\">\(done)"
    if done < row.runs.count { out += "<small>of \(row.runs.count)</small>" }
    out += "</td>"
    for (index, column) in columns.enumerated() {
      let isFirst = index == 0 || columns[index - 1].group != column.group
      out += cell(estimates[index], column, standings[index], isFirst: isFirst, done: done)
    }
    return out + "</tr>\n"
  }

  private mutating func cell(
    _ estimate: Estimate, _ column: Column, _ standing: Standing, isFirst: Bool, done: Int
  ) -> String {
    let first = isFirst ? " first" : ""
    guard let mean = estimate.mean else {
      let mark = notes.mark(estimate.reasons.joined(separator: "; "))
      return "<td class=\"blank\(first)\">\u{2013}\(mark)</td>"
    }
    let name = standing == .best ? " best" : standing == .alike ? " alike" : ""
    var out = "<td class=\"value\(name)\(first)\" data-value=\"\(Format.exact(mean))\">"
    out += "<span>\(column.text(mean))</span>"
    if estimate.n != done {
      let reasons = estimate.reasons.isEmpty ? "" : ": " + estimate.reasons.joined(separator: "; ")
      out += notes.mark("n = \(estimate.n)\(reasons)")
    }
    if let error = estimate.standardError {
      out += "<small>\u{00B1} \(column.text(error))</small>"
    } else {
      out += "<small>n = \(estimate.n)</small>"
    }
    return out + "</td>"
  }

  private func key(_ standings: [[Standing]]) -> String {
    let seen = Set(standings.joined())
    var out = "<p class=\"key\">"
    if seen.contains(.best) { out += "<span class=\"sample best\">Best mean</span> of a column" }
    if seen.contains(.alike) || seen.contains(.worse) {
      out +=
        "; <span class=\"sample alike\">not told apart</span> from the best (paired t-test over at least "
      out += "three shared seeds, Holm correction over the column, p \u{2265} 0.05); with few seeds such a "
      out += "test misses real differences"
    }
    if seen.contains(.best) { out += ". " }
    return out + "Every column is defined under <a href=\"#made\">How it was made</a>.</p>\n"
  }
}

/// Footnotes of a table: one letter for each reason, told once below it.
private struct Notes {
  private var reasons: [String] = []

  mutating func mark(_ reason: String) -> String {
    guard !reason.isEmpty else { return "" }
    if !reasons.contains(reason) { reasons.append(reason) }
    let letter = Self.letter(reasons.firstIndex(of: reason) ?? 0)
    return "<sup><abbr title=\"\(reason.html)\">\(letter)</abbr></sup>"
  }

  var html: String {
    guard !reasons.isEmpty else { return "" }
    let items = reasons.enumerated().map { "<li><sup>\(Self.letter($0))</sup> \($1.html)</li>" }
    return "<ul class=\"notes\">\n" + items.joined(separator: "\n") + "\n</ul>\n"
  }

  /// a ... z, aa, ab ...
  private static func letter(_ index: Int) -> String {
    let one = String(UnicodeScalar(UInt8(97 + index % 26)))
    return index < 26 ? one : letter(index / 26 - 1) + one
  }
}

extension String {
  /// HTML that may break after the signs of the objective grammar.
  var breakable: String {
    var out = ""
    for character in html {
      out.append(character)
      if "-+:,_/".contains(character) { out += "<wbr>" }
    }
    return out
  }
}
