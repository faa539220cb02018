import Study

/// `comparison.html`: what differs between two studies, in one file that needs nothing else.
struct ComparisonPage {
  var comparison: StudyComparison

  var html: String {
    let name = Format.list([comparison.a.name, comparison.b.name])
    let unequal = comparison.unequal
    var body = header(name, hasUnequal: !unequal.isEmpty) + "<main>\n"
    if !comparison.measures.isEmpty {
      body += "<section id=\"measures\">\n<h2>Measure by measure</h2>\n<p>\(Self.rule)</p>\n"
      for measure in comparison.measures { body += ComparisonTable(comparison: comparison, measure: measure).html }
      body += "</section>\n"
    }
    body += "<section id=\"claims\">\n<h2>Published claims</h2>\n" + claims + "</section>\n"
    if !unequal.isEmpty { body += self.unequal(unequal) }
    body += "</main>\n<footer><p>Made by separatrix from the two studies\u{2019} stores; A by version "
    body += "\(comparison.a.programVersion.html), B by \(comparison.b.programVersion.html). The same numbers, every "
    body +=
      "digit, in <code>differences.csv</code>, <code>claims.csv</code> and <code>unequal.csv</code>.</p></footer>\n"
    return Document.html(
      title: "\(name.html) \u{2013} two Separatrix studies", body: body,
      scripts: "<script>\(Script.text)</script>\n")
  }

  private static let rule =
    "B less A. Over the seeds that both have, two at least, with Student\u{2019}s interval; else "
    + "Welch\u{2019}s. Intervals are those of single differences at 95 %; p is corrected by Holm\u{2019}s method over "
    + "the objectives of a measure, and below 0.05 the two are told apart: the mark is then filled "
    + "and a word says which is higher."

  private func header(_ name: String, hasUnequal: Bool) -> String {
    var out = "<header>\n\(Theme.choice)<h1>\(name.html)</h1>\n<div class=\"lead\">\n"
    out += "<p class=\"finding\">\(headline.html)</p>\n<ul class=\"facts\">\n"
    for sentence in sentences { out += "<li>\(sentence.html)</li>\n" }
    for (letter, side) in [("A", comparison.a), ("B", comparison.b)] {
      out += "<li class=\"scope\">\(scope(letter, side).html)</li>\n"
    }
    out += "</ul>\n</div>\n"
    if hasUnequal {
      out += "<p class=\"alert\">The two are not alike in everything: <a href=\"#unequal\">see what is left out or "
      out += "differs</a>.</p>\n"
    }
    out += "<nav aria-label=\"Contents\">"
    if !comparison.measures.isEmpty { out += "<a href=\"#measures\">Measures</a>" }
    out += "<a href=\"#claims\">Claims</a>"
    if hasUnequal { out += "<a href=\"#unequal\">What is unequal</a>" }
    return out + "</nav>\n</header>\n"
  }

  /// "3 of 24 differences stand out."
  var headline: String {
    guard !comparison.rows.isEmpty else { return "The two studies have no objective in common." }
    let tested = comparison.measures.flatMap(\.cells).filter { $0.adjusted != nil }
    let marked = tested.count(where: \.isMarked)
    guard !tested.isEmpty else { return "There are too few seeds to tell the two apart." }
    return marked == 0
      ? "None of \(Format.count(tested.count, "difference")) stands out."
      : "\(marked) of \(Format.count(tested.count, "difference")) \(marked == 1 ? "stands" : "stand") out."
  }

  /// Which differences do, measure by measure, and how many claims' verdicts differ.
  private var sentences: [String] {
    var out = comparison.measures.compactMap { measure -> String? in
      let marked = zip(comparison.rows, measure.cells).filter { $0.1.isMarked }
      guard !marked.isEmpty else { return nil }
      func names(_ isUp: Bool) -> String? {
        let found = marked.filter { ($0.1.difference?.value ?? 0 > 0) == isUp }.map { $0.0.a.fullName }
        return found.isEmpty ? nil : "\(isUp ? "higher" : "lower") in B for \(Format.list(found))"
      }
      return "\(measure.title): \([names(true), names(false)].compactMap { $0 }.joined(separator: "; "))."
    }
    let differ = comparison.claims.count { $0.a.verdict != $0.b.verdict }
    out.append("The verdicts on \(differ) of \(comparison.claims.count) published claims differ.")
    return out
  }

  private func scope(_ letter: String, _ side: StudyContents) -> String {
    let summary = Summary(side)
    var out = "\(letter): \(side.name), \(Format.count(summary.rows.count, "objective"))"
    if let seeds = summary.seedsPerObjective { out += ", \(Format.count(seeds, "seed")) each" }
    let networks = Set(side.runs.map(\.network)).sorted()
    if !networks.isEmpty { out += ", \(Format.list(networks))" }
    return out + "; \(summary.finishedRuns) of \(Format.count(side.runs.count, "run")) finished."
  }

  private var claims: String {
    let differing = comparison.claims.filter { $0.a.verdict != $0.b.verdict }
    guard !differing.isEmpty else {
      return "<p>Both studies say the same of all \(comparison.claims.count). "
        + "\(ClaimsSection.count(comparison.claims.map(\.a)).html)</p>\n"
    }
    var out = "<p>A: \(ClaimsSection.count(comparison.claims.map(\.a)).html) "
    out += "B: \(ClaimsSection.count(comparison.claims.map(\.b)).html) Those on which they differ:</p>\n"
    out += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Claims that differ\">\n"
    out +=
      "<table class=\"plain claims both\">\n<caption>Each study judged alone, by the rules of its report.</caption>\n"
    out += "<thead><tr><th scope=\"col\">Claim</th><th scope=\"col\">A</th><th scope=\"col\">In words</th>"
    out += "<th scope=\"col\">B</th><th scope=\"col\">In words</th></tr></thead>\n<tbody>\n"
    for (a, b) in differing {
      out += "<tr><th scope=\"row\">\(a.id.html). \(a.statement.html)</th>"
      for result in [a, b] {
        out += "<td class=\"verdict \(result.verdict.style)\">\(result.verdict.shape)\(result.verdict.rawValue)</td>"
        out += "<td>\(result.sentence.breakable)</td>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody>\n</table>\n</div>\n"
  }

  private func unequal(_ items: [StudyComparison.Unequal]) -> String {
    var out = "<section id=\"unequal\">\n<h2>What is unequal</h2>\n"
    let kinds = [
      ("objective", "Objectives"), ("target", "Targets"), ("seed", "Seeds"), ("measure", "Measures"),
      ("setting", "Settings"),
    ]
    for (kind, title) in kinds {
      let own = items.filter { $0.kind == kind }
      guard !own.isEmpty else { continue }
      out += "<h3>\(title)</h3>\n<ul class=\"notes\">\n"
      for item in own { out += "<li>\(item.text.breakable)</li>\n" }
      out += "</ul>\n"
    }
    return out + "</section>\n"
  }
}
