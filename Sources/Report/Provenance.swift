/// `provenance.html` and `provenance.csv`: when, where, how often and how fast. These are the only files of a
/// report that differ between two runs of the same study.
struct ProvenancePages {
  var contents: StudyContents

  private static let columns = [
    "run", "objective", "seed", "stage", "target", "state", "attempts", "seconds", "images_per_second",
    "started_at",
    "finished_at", "host",
  ]

  private var rows: [[String]] {
    contents.provenance.stages.map { stage in
      [
        stage.run, stage.label, String(stage.seed), stage.kind, stage.target, stage.state,
        String(stage.attempts),
        stage.seconds.map { Format.number($0, decimals: 2) } ?? "",
        stage.imagesPerSecond.map { Format.number($0, decimals: 1) } ?? "", stage.startedAt ?? "",
        stage.finishedAt ?? "", stage.host ?? "",
      ]
    }
  }

  /// One row a stage.
  var csv: String { CSV.text(header: Self.columns, rows: rows) }

  /// The same for people.
  var html: String {
    let title = "\(contents.name.html) \u{2013} provenance"
    var body = "<header><h1>\(contents.name.html)</h1><p class=\"finding\">When, where and how fast</p>\n"
    body += "<p>Study started \(contents.provenance.createdAt.html). Everything else is in "
    body +=
      "<a href=\"report.html\">report.html</a>, which does not depend on what stands here.</p></header>\n<main>\n"
    if !contents.provenance.facts.isEmpty {
      body += "<table class=\"pairs\"><caption>The machine.</caption><tbody>\n"
      for fact in contents.provenance.facts {
        body += "<tr><th scope=\"row\">\(fact.key.breakable)</th><td>\(fact.value.breakable)</td></tr>\n"
      }
      body += "</tbody></table>\n"
    }
    body +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Stages\"><table class=\"plain\">\n"
    body += "<caption>Every stage. Seconds are wall-clock, all attempts together.</caption>\n<thead><tr>"
    for column in Self.columns { body += "<th scope=\"col\">\(column.replacing("_", with: " "))</th>" }
    body += "</tr></thead>\n<tbody>\n"
    for row in rows {
      body += "<tr>"
      for (index, value) in row.enumerated() {
        let style = (6...8).contains(index) ? " class=\"digits\"" : (9...10).contains(index) ? " class=\"time\"" : ""
        body += "<td\(style)>\(index == 0 ? String(value.prefix(12)).html : value.breakable)</td>"
      }
      body += "</tr>\n"
    }
    return Document.html(title: title, body: body + "</tbody></table></div>\n</main>\n")
  }
}
