import Measures

/// `analysis.html`: what is found, the overview, the charts, pairs and classes, what was left out, and the definitions.
struct SurveyPage {
  var survey: Survey
  var command: String
  var version: String

  /// The whole file, with the chart library's text inlined.
  func html(plotly: String) -> String {
    let charts = SurveyFigures(survey: survey)
    let sections: [(id: String, title: String, figure: Figure?, table: String)] = [
      ("overview", "Overview", nil, overview),
      ("layers", "Class separation by layer", charts.byLayer, ""),
      ("cka", "Alike, layer by layer", charts.cka, similarity),
      ("spectrum", "Spectrum", charts.spectra, ""),
      ("calibration", "Reliability", charts.reliability, calibration),
      ("agreement", "Agreement", nil, agreement),
      ("classes", "Classes", nil, classes),
    ].filter { $0.figure != nil || !$0.table.isEmpty }
    var body = header(sections.map { ($0.id, $0.title) }) + "<main>\n"
    for section in sections {
      body += "<section id=\"\(section.id)\">\n<h2>\(section.title)</h2>\n"
      body += (section.figure?.html ?? "") + section.table + "</section>\n"
    }
    body += "<section id=\"made\">\n<h2>How it was made</h2>\n" + made + "</section>\n</main>\n"
    body +=
      "<footer><p>Made by separatrix \(version.html). The same numbers, every digit, in <code>analysis.json</code> and <code>tables/</code>. "
      + "Charts: Plotly.js (MIT).</p></footer>\n"
    let specifications = JSONValue.array(sections.compactMap(\.figure).flatMap(\.chartSpecifications))
    let scripts =
      "<script>\(plotly.insideScript)</script>\n"
      + "<script type=\"application/json\" id=\"charts\">\(specifications.text)</script>\n<script>\(Script.text)</script>\n"
    return Document.html(
      title: "Analysis of \(Format.list(survey.sets.map(\.name)).html)", body: body, scripts: scripts)
  }

  private func header(_ sections: [(id: String, title: String)]) -> String {
    let sentences = SurveyFinding(survey).sentences
    var out = "<header>\n\(Theme.choice)<h1>\(Format.list(survey.sets.map(\.name)).html)</h1>\n<div class=\"lead\">\n"
    out += "<p class=\"finding\">\((sentences.first ?? "").html)</p>\n<ul class=\"facts\">\n"
    for sentence in sentences.dropFirst() { out += "<li>\(sentence.html)</li>\n" }
    out += "<li class=\"scope\">\(scope.html)</li>\n</ul>\n</div>\n<nav aria-label=\"Contents\">"
    for (id, title) in sections + [("made", "How it was made")] { out += "<a href=\"#\(id)\">\(title)</a>" }
    return out
      + "</nav>\n<noscript><p>The charts need JavaScript; the tables and the text do not.</p></noscript>\n</header>\n"
  }

  private var scope: String {
    var out = "\(Format.count(survey.n, "example"))"
    if let classes = survey.classes { out += ", \(classes == 1 ? "1 class" : "\(classes) classes")" }
    return out + "; figures of a set are those of its last layer unless a layer is named."
  }

  /// A table with a name column and digits.
  private func table(_ caption: String, _ header: [String], _ rows: [[String]]) -> String {
    var out =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(caption.html)\">\n<table class=\"plain\">\n"
    out += "<caption>\(caption.html)</caption>\n<thead><tr>"
    for (place, name) in header.enumerated() {
      out += "<th scope=\"col\"\(place == 0 ? "" : " class=\"digits\"")>\(name.html)</th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for row in rows {
      out += "<tr>"
      for (place, cell) in row.enumerated() {
        out += place == 0 ? "<th scope=\"row\">\(cell.html)</th>" : "<td class=\"digits\">\(cell.html)</td>"
      }
      out += "</tr>\n"
    }
    return out + "</tbody>\n</table>\n</div>\n"
  }

  private var overview: String {
    let columns = SurveyColumn.all.filter { column in survey.sets.contains { column.value($0) != nil } }
    // Few sets and many figures: a figure a row reads better.
    return table(
      "Every set, at its last layer: "
        + survey.sets.map { "\($0.name): \($0.layers.last?.layer ?? "outputs")" }.joined(separator: "; "),
      [""] + survey.sets.map(\.name),
      columns.map { column in [column.title] + survey.sets.map { column.text(column.value($0)) } })
  }

  private var similarity: String {
    guard !survey.pairs.isEmpty else { return "" }
    return table(
      "The last layers of two sets. Procrustes: 0 is alike; the others: 1 is.",
      ["", "Procrustes", "RSA", "RSA, ranks", "mutual k-NN", "SVCCA"],
      survey.pairs.map { pair in
        ["\(survey.sets[pair.a].name) and \(survey.sets[pair.b].name)"]
          + [
            pair.similarity.procrustes, pair.similarity.rsa, pair.similarity.rsaSpearman, pair.similarity.mutualKNN,
            pair.similarity.svcca,
          ].map(digits)
      })
  }

  private var calibration: String {
    let shown = survey.sets.filter { $0.calibration != nil }
    guard !shown.isEmpty else { return "" }
    func interval(_ value: Double?, _ ends: CalibrationResult.Interval?) -> String {
      digits(value) + (ends.map { " (\(digits($0.low)) to \(digits($0.high)))" } ?? "")
    }
    return table(
      "Of the outputs as they are, with 95 % intervals where they were asked for; then at the temperature fitted on other examples.",
      [
        "", "NLL", "Brier", "ECE", "debiased", "equal counts", "by class", "smooth", "AURC", "temperature", "NLL",
        "ECE",
      ],
      shown.compactMap { set in
        guard let result = set.calibration else { return nil }
        let (figures, ends) = (result.figures, result.intervals)
        return [
          set.name, interval(figures.nll, ends?.nll), interval(figures.brier, ends?.brier),
          interval(figures.ece, ends?.ece),
          interval(figures.eceDebiased, ends?.eceDebiased), interval(figures.eceAdaptive, ends?.eceAdaptive),
          digits(figures.eceClasswise), digits(figures.eceSmooth), interval(figures.aurc, ends?.aurc),
          digits(result.temperature), digits(result.scaled?.nll), digits(result.scaled?.ece),
        ]
      })
  }

  private var agreement: String {
    guard let result = survey.agreement else { return "" }
    return table(
      "Two classifiers on the same examples: how often their answers are equal, whether one is better (p), and their mean probabilities' accuracy.",
      ["", "agree", "kappa", "errors' kappa", "McNemar p", "permutation p", "together", "either right"],
      result.pairs.map { pair in
        ["\(survey.sets[pair.a].name) and \(survey.sets[pair.b].name)"]
          + [
            share(pair.agreement), digits(pair.kappa), digits(pair.errorConsistency), digits(pair.mcnemarP),
            digits(pair.permutationP), share(pair.ensembleAccuracy), share(pair.eitherRight),
          ]
      })
  }

  private var classes: String {
    let entries = survey.sets.map { $0.layers.last?.separation?.cosine?.perClass }
    guard let first = entries.compactMap({ $0 }).first, !first.isEmpty else { return "" }
    let limit = 200
    let shown = first.prefix(limit)
    return table(
      "1 - within/total of each class at the last layer, cosine: how much closer its examples are than examples are in the mean"
        + (first.count > limit ? "; the first \(limit) of \(first.count), all in tables/classes.csv" : ""),
      ["class", "examples"] + survey.sets.map(\.name),
      shown.enumerated().map { place, entry in
        [String(entry.label), String(entry.n)] + entries.map { digits($0?[place].r2) }
      })
  }

  private var made: String {
    var out = "<pre>\(command.html)</pre>\n"
    if !survey.omitted.isEmpty {
      out += "<h3>Left out</h3>\n<ul class=\"notes\">\n"
      for item in survey.omitted {
        out += "<li>\(item.measure.html)\(item.set.map { " of \($0.html)" } ?? ""): \(item.reason.html)</li>\n"
      }
      out += "</ul>\n"
    }
    out += "<h3>Definitions</h3>\n<dl class=\"definitions\">\n"
    for (name, text) in Self.definitions { out += "<dt>\(name)</dt><dd>\(text)</dd>\n" }
    return out + "</dl>\n"
  }

  private static let definitions = [
    (
      "R\u{00B2}",
      "1 \u{2212} within/total: the share of the mean cosine distance of examples that lies between classes, classes weighing alike (Kornblith and others 2021); debiased: without pairs of an example with itself. Higher is better separated, which in that study went with worse transfer."
    ),
    (
      "NC1, CDNV, VCI",
      "Spread within classes over spread between them (Papyan and others 2020; Galanti and others 2022), and 1 \u{2212} tr(S<sub>T</sub><sup>+</sup>S<sub>B</sub>)/rank (Xu and Liu 2023); 0 is collapse."
    ),
    (
      "Effective rank, participation ratio, RankMe, alpha",
      "In how many directions features vary: exp H(s/\u{2211}s) of the singular values s, (\u{2211}s\u{00B2})\u{00B2}/\u{2211}s\u{2074}, the first without centring, and the decay of the eigenvalues."
    ),
    (
      "Alignment, uniformity",
      "Mean squared distance of two examples of a class on the unit sphere, and log mean exp(\u{2212}2 squared distance) over all pairs (Wang and Isola 2020)."
    ),
    (
      "Recall@1, mAP@R",
      "Every example looks for its class among the others by cosine: how often the nearest is of it, and the mean precision over as many as there are (Musgrave and others 2020)."
    ),
    (
      "ECE, AURC",
      "Mean gap between confidence and accuracy over 15 bins (Guo and others 2017); mean error rate of the surest examples over every number of them (Geifman and El-Yaniv 2017)."
    ),
    (
      "CKA, Procrustes, RSA, mutual k-NN, SVCCA",
      "Likeness of two representations of the same examples; each up to rotation."
    ),
  ]

  private func digits(_ value: Double?) -> String {
    guard let value else { return "-" }
    return abs(value) < 1e-3 && value != 0 ? Format.short(value) : Format.number(value, decimals: 4)
  }
  private func share(_ value: Double?) -> String { value.map { Format.number(100 * $0, decimals: 2) + " %" } ?? "-" }
}
