/// `report.html`: the finding, the figures, the table and how it was made, in one file that needs nothing
/// else.
struct Page {
  var summary: Summary
  private let differences: SoftmaxDifferences

  /// - Parameter differences: those of the summary, where they are known already; they take a while.
  init(summary: Summary, differences: SoftmaxDifferences? = nil) {
    self.summary = summary
    self.differences = differences ?? SoftmaxDifferences(summary)
  }

  /// The whole file, with the chart library's text inlined.
  func html(plotly: String) -> String {
    let title = "\(summary.contents.name.html) \u{2013} Separatrix study"
    let figures = transferFigures + targetFigures + separationFigures
    let training = [TrainingCurves.accuracy(summary), TrainingCurves.loss(summary)].compactMap { $0 }
    var table = MainTable(summary)
    var body = header + "<main>\n"
    body += section("transfer", "Separation, accuracy and transfer", figures.prefix(transferFigures.count))
    body += "<section id=\"table\">\n<h2>Every measure</h2>\n" + table.html() + differences.html + "</section>\n"
    body += titled("choice", "Accuracy or transfer", choice) + titled("claims", "Claims", claims)
    body += section("targets", "Class separation and each target", ArraySlice(targetFigures))
    let fewShot = [FewShotFigure(summary).figure].compactMap { $0 }
    body += section("few-shot", "Few examples a class", ArraySlice(fewShot))
    body += section("separation", "Class separation", ArraySlice(separationFigures))
    body += section("calibration", "Calibration", ArraySlice(calibrationFigures), ReliabilityFigure.missing(summary))
    body += section("layers", "Layers and pairs of runs", ArraySlice(comparisonFigures), comparisonFailures)
    body += section("training", "Training", ArraySlice(training))
    body += failures
    body +=
      "<section id=\"made\">\n<h2>How it was made</h2>\n<div class=\"made\">\n"
      + Methods(summary: summary).html + "</div>\n</section>\n</main>\n"
    body += footer
    let specifications = JSONValue.array(
      (figures + fewShot + calibrationFigures + comparisonFigures + training).flatMap(\.chartSpecifications))
    let scripts =
      "<script>\(plotly.insideScript)</script>\n"
      + "<script type=\"application/json\" id=\"charts\">\(specifications.text)</script>\n<script>\(Script.text)</script>\n"
    return Document.html(title: title, body: body, scripts: scripts)
  }

  private func section(
    _ id: String, _ title: String, _ figures: ArraySlice<Figure>, _ before: String = ""
  ) -> String {
    guard !figures.isEmpty || !before.isEmpty else { return "" }
    return "<section id=\"\(id)\">\n<h2>\(title)</h2>\n" + before + figures.map(\.html).joined() + "</section>\n"
  }

  private var header: String {
    let finding = Finding(summary)
    var out = "<header>\n\(Theme.choice)<h1>\(summary.contents.name.html)</h1>\n<div class=\"lead\">\n"
    out += "<p class=\"finding\">\(finding.headline.html)</p>\n"
    out += "<ul class=\"facts\">\n"
    for sentence in finding.sentences { out += "<li>\(sentence.html)</li>\n" }
    out += "<li class=\"scope\">\(scope.html)</li>\n</ul>\n</div>\n"
    if !summary.failedRuns.isEmpty {
      out +=
        "<p class=\"alert\">\(summary.failedRuns.count) of \(Format.count(summary.contents.runs.count, "run")) failed, "
      out += "wholly or in part; what they did not measure is missing from the means: "
      out += "<a href=\"#failed\">see why</a>.</p>\n"
    }
    out += "<nav aria-label=\"Contents\">"
    for (id, title) in [
      ("transfer", "Figures"), ("table", "Table"), ("choice", "Accuracy or transfer"), ("claims", "Claims"),
      ("targets", "Targets"), ("few-shot", "Few examples"), ("separation", "Separation"),
      ("calibration", "Calibration"),
      ("layers", "Layers and pairs"), ("training", "Training"),
      ("failed", "Failed runs"), ("made", "How it was made"),
    ] where isPresent(id) { out += "<a href=\"#\(id)\">\(title)</a>" }
    return out
      + "</nav>\n<noscript><p>The charts need JavaScript; the table and the text do not.</p></noscript>\n</header>\n"
  }

  private func isPresent(_ id: String) -> Bool {
    switch id {
    case "transfer": !transferFigures.isEmpty
    case "choice": !choice.isEmpty
    case "claims": !summary.contents.evidence.runs.isEmpty
    case "targets": !targetFigures.isEmpty
    case "few-shot": FewShotFigure(summary).figure != nil
    case "separation": !separationFigures.isEmpty
    case "calibration": !calibrationFigures.isEmpty || !ReliabilityFigure.missing(summary).isEmpty
    case "layers": !comparisonFigures.isEmpty || !comparisonFailures.isEmpty
    case "training": summary.contents.runs.contains { !$0.epochs.isEmpty }
    case "failed": !summary.failedRuns.isEmpty
    default: true
    }
  }

  /// "27 runs: 9 objectives, 3 seeds each, network resnet20. 26 finished."
  private var scope: String {
    let runs = summary.contents.runs
    var out = "\(Format.count(summary.rows.count, "objective"))"
    if let seeds = summary.seedsPerObjective { out += ", \(Format.count(seeds, "seed")) each" }
    let networks = Set(runs.map(\.network)).sorted()
    if !networks.isEmpty { out += ", \(Format.list(networks))" }
    if !summary.contents.targets.isEmpty { out += "; transfer to \(Format.list(summary.contents.targets))" }
    out += ". \(summary.finishedRuns) of \(Format.count(runs.count, "run")) finished."
    return out + " One study of this size speaks for its own data and networks only."
  }

  private var failures: String {
    guard !summary.failedRuns.isEmpty else { return "" }
    var out =
      "<section id=\"failed\">\n<h2>Failed runs</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Failed runs\">\n"
    out +=
      "<table class=\"plain\">\n<caption>What these stages would have measured is left out of means, intervals and tests.</caption>\n"
    out +=
      "<thead><tr><th scope=\"col\">Objective</th><th scope=\"col\">Seed</th><th scope=\"col\">Stage</th>"
    out += "<th scope=\"col\">Error</th></tr></thead>\n<tbody>\n"
    for run in summary.failedRuns {
      // Stages that failed alike, such as all that wait for a training that diverged, share a line.
      let failed = run.stages.filter { $0.state == "failed" }
      var errors: [String] = []
      for stage in failed where !errors.contains(stage.error ?? "") { errors.append(stage.error ?? "") }
      for error in errors {
        let names = failed.filter { $0.error ?? "" == error }.map { "\($0.kind) \($0.target)" }
        let more = names.count > 1 ? " and \(names.count - 1) more" : ""
        out += "<tr><th scope=\"row\">\(run.label.breakable)</th><td>\(run.seed)</td>"
        out +=
          "<td>\((names[0] + more).html)</td><td>\((error.isEmpty ? "no message" : error).html)</td></tr>\n"
      }
    }
    return out + "</tbody>\n</table>\n</div>\n</section>\n"
  }

  private var calibrationFigures: [Figure] { [ReliabilityFigure.figure(summary)].compactMap { $0 } }

  private func titled(_ id: String, _ title: String, _ html: String) -> String {
    html.isEmpty ? "" : "<section id=\"\(id)\">\n<h2>\(title)</h2>\n\(html)</section>\n"
  }

  /// The front and the ranks.
  private var choice: String { (ParetoFigure(summary)?.html ?? "") + (RankFigure(summary)?.html ?? "") }

  private var claims: String {
    summary.contents.evidence.runs.isEmpty ? "" : ClaimsSection(summary.contents).html
  }

  private var footer: String {
    "<footer><p>Made by separatrix \(summary.contents.programVersion.html) from the study\u{2019}s store. The same "
      + "numbers as CSV and LaTeX lie in <code>tables/</code>; times, rates and machines in "
      + "<a href=\"provenance.html\">provenance.html</a>. Charts: Plotly.js (MIT).</p></footer>\n"
  }
}

/// The shell around a page's body.
enum Document {
  static func html(title: String, body: String, scripts: String = "") -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'unsafe-inline'; img-src data: blob:">
    <title>\(title)</title>
    <link rel="icon" href="data:,">
    <style>
    \(StyleSheet.text)
    </style>
    </head>
    <body>
    \(body)\(scripts)</body>
    </html>

    """
  }
}

extension String {
  /// Text that cannot end the script element it stands in.
  var insideScript: String { replacing("</script", with: "<\\/script").replacing("<!--", with: "<\\!--") }
}
