import Study

/// The claims with what the study says of each, and the rules by which they are checked, all in the page.
struct ClaimsSection {
  /// A claim, its result, and its place in the page.
  struct Entry {
    var claim: Claim
    var result: ClaimResult
    /// The element that holds its rule.
    var anchor: String
    /// Whether it is one of the study's author.
    var isOwn: Bool
  }

  var entries: [Entry]

  init(_ contents: StudyContents) {
    let own = contents.claims.map(\.claim)
    entries =
      Claims.published.map {
        Entry(claim: $0, result: $0.check(contents.evidence), anchor: "rule-\($0.id)", isOwn: false)
      }
      + own.enumerated().map {
        Entry(claim: $1, result: $1.check(contents.evidence), anchor: "rule-own-\($0)", isOwn: true)
      }
  }

  /// The section's contents: a sentence, the tables, the rules.
  var html: String {
    let published = entries.filter { !$0.isOwn }
    let own = entries.filter(\.isOwn)
    var out = "<p>\(Self.count(published.map(\.result)).html) Each is checked by a rule that was written down before, "
    out += "which stands <a href=\"#rules\">below</a>. \u{201C}Undecided\u{201D} is not \u{201C}no\u{201D}.</p>\n"
    out += table(published, "Published claims", "What Kornblith and others (arXiv 2010.16402) claim, checked here.")
    if !own.isEmpty { out += table(own, "The study's own claims", "What the author of this study claims.") }
    return out + rules
  }

  /// "Of 21 published claims 3 hold, 2 fail, 9 are undecided and 7 were not measured."
  static func count(_ results: [ClaimResult]) -> String {
    func n(_ verdict: ClaimResult.Verdict) -> Int { results.count { $0.verdict == verdict } }
    func number(_ verdict: ClaimResult.Verdict, _ one: String, _ more: String) -> String {
      "\(n(verdict)) \(n(verdict) == 1 ? one : more)"
    }
    return "Of \(results.count) published claims " + number(.holds, "holds", "hold") + ", "
      + number(.fails, "fails", "fail") + ", " + number(.undecided, "is undecided", "are undecided") + " and "
      + number(.notMeasured, "was not measured", "were not measured") + "."
  }

  private func table(_ entries: [Entry], _ label: String, _ caption: String) -> String {
    var out = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(label.html)\">\n"
    out += "<table class=\"plain claims\">\n<caption>\(caption.html)</caption>\n<thead><tr>"
    for title in ["Claim", "Here it", "Statistic", "Value", "Interval", "n", "In words"] {
      out += "<th scope=\"col\">\(title)</th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for entry in entries { out += row(entry) }
    return out + "</tbody>\n</table>\n</div>\n"
  }

  private func row(_ entry: Entry) -> String {
    let result = entry.result
    let label = entry.isOwn ? result.id : "\(result.id)."
    var out = "<tr><th scope=\"row\"><a href=\"#\(entry.anchor)\">\(label.html)</a> \(result.statement.html)</th>"
    out += "<td class=\"verdict \(result.verdict.style)\">\(result.verdict.shape)\(result.verdict.rawValue)</td>"
    out += "<td>\((result.deciding?.name ?? "\u{2013}").breakable)"
    if let part = result.deciding { out += "<small>claimed \(part.boundText.html)</small>" }
    out += "</td><td class=\"digits\">\((result.valueText ?? "\u{2013}").html)</td>"
    out += "<td class=\"digits\">\((result.intervalText ?? "\u{2013}").html)</td>"
    out += "<td class=\"digits\">\((result.countText ?? "\u{2013}").html)</td>"
    return out + "<td>\(words(result))</td></tr>\n"
  }

  private func words(_ result: ClaimResult) -> String {
    var out = result.sentence.breakable
    // Where it is open, the sentence says what is missing.
    let isSaid = result.verdict == .undecided || result.verdict == .notMeasured
    if !result.missing.isEmpty && !isSaid { out += " Missing: \(Format.list(result.missing).html)." }
    guard result.parts.count > 1 else { return out }
    out += "<details><summary>\(result.parts.count) comparisons</summary><ul>"
    for part in result.parts {
      let value = part.valueText ?? "not defined"
      let interval = part.intervalText.map { " (\($0))" } ?? ""
      out += "<li>\(part.name.html): \(value.html)\(interval.html), n = \(part.n), \(part.verdict.rawValue)</li>"
    }
    return out + "</ul></details>"
  }

  /// What docs/claims.md says, in the page, since a report travels alone.
  private var rules: String {
    var out = "<h3 id=\"rules\">The rules</h3>\n<div class=\"made\">\n<dl class=\"definitions\">\n"
    for (title, text) in Self.answers { out += "<dt>\(title)</dt><dd>\(text)</dd>\n" }
    for entry in entries {
      let claim = entry.claim
      out += "<dt id=\"\(entry.anchor)\">\(claim.id.html). \(claim.statement.html)</dt><dd>Needs "
      out += "\(claim.needs.joined(separator: "; ").html).<br>Computed: \(claim.statistic.html).<br>"
      out += "Holds if: \(claim.threshold.html).</dd>\n"
    }
    return out + "</dl>\n</div>\n"
  }

  private static let answers = [
    ("Holds", "The 95 % interval of every comparison lies wholly on the claimed side of its threshold."),
    ("Fails", "That of some comparison lies wholly on the other side."),
    (
      "Undecided",
      "An interval holds its threshold, or there are too few seeds, objectives or targets; the words say how many it "
        + "takes."
    ),
    ("Not measured", "What the claim is about is missing; the words say what to measure."),
    (
      "Intervals",
      "Student\u{2019}s over shared seeds for differences (Welch\u{2019}s without shared seeds), the bootstrap over "
        + "objectives for correlations, the jackknife over seeds for ranges and pairs. Several comparisons in one "
        + "claim are corrected by Holm\u{2019}s method; claims are each judged alone."
    ),
    (
      "Which runs count",
      "Of an objective with several strengths one stands for it: that with the most seeds, of these the best on the "
        + "holdout. Transfer over several targets is the mean log-odds of their accuracies. R\u{00B2} is that of the "
        + "cosine on training images."
    ),
  ]
}

extension ClaimResult.Verdict {
  /// The class of its cell.
  var style: String { self == .notMeasured ? "unmeasured" : rawValue }

  /// Its shape, so that colour is not all that tells verdicts apart: a disc, a square, a ring, a line.
  var shape: String {
    let path =
      switch self {
      case .holds: "<path fill=\"currentColor\" d=\"M7 1a6 6 0 1 1 0 12a6 6 0 1 1 0-12Z\"/>"
      case .fails: "<path fill=\"currentColor\" d=\"M1.5 1.5h11v11h-11Z\"/>"
      case .undecided:
        "<path fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" d=\"M7 2a5 5 0 1 1 0 10a5 5 0 1 1 0-10Z\"/>"
      case .notMeasured: "<path fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" d=\"M1.5 7h11\"/>"
      }
    return "<svg class=\"shape\" viewBox=\"0 0 14 14\" width=\"14\" height=\"14\" aria-hidden=\"true\">\(path)</svg>"
  }
}
