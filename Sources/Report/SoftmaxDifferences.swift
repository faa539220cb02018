import Measures
import Study

/// How much more accurate on the source each objective is than softmax, over the seeds that both have, with an interval
/// for other seeds and one for other seeds and other test images.
struct SoftmaxDifferences: Sendable {
  /// One objective beside softmax.
  struct Line: Sendable {
    var objective: Summary.Row
    /// Softmax on the same network with the same augmentation.
    var baseline: Summary.Row
    /// Over the shared seeds.
    var difference: PairedDifference
    /// p of the paired t-test, corrected by Holm's method over the lines.
    var p: Double?
    /// Over the shared seeds and the test images; nil where `reason` says why.
    var both: HierarchicalBootstrap?
    /// Why there is no interval over seeds and test images; empty where there is one.
    var reason: String
  }

  /// In the order of the plan.
  var lines: [Line] = []

  init(_ summary: Summary) {
    var tables: [[[Double]]] = []
    for row in summary.rows {
      guard let baseline = Self.baseline(of: row, in: summary) else { continue }
      let pairs = Self.pairs(row, baseline)
      guard let difference = PairedDifference(pairs.map(\.own.value), pairs.map(\.base.value)) else { continue }
      let (table, reason) = Self.table(pairs)
      lines.append(Line(objective: row, baseline: baseline, difference: difference, reason: reason))
      tables.append(table)
    }
    let adjusted = Holm.adjust(lines.map(\.difference.p))
    // All lines with the same key: the same store gives the same intervals.
    for (place, both) in HierarchicalBootstrap.each(tables).enumerated() {
      lines[place].both = both
      lines[place].p = adjusted[place]
    }
  }

  /// Plain softmax under the same variant, which labels name after the objective: `softmax, resnet8, mixup`.
  private static func baseline(of row: Summary.Row, in summary: Summary) -> Summary.Row? {
    let variant = row.label.range(of: ", ").map { String(row.label[$0.lowerBound...]) } ?? ""
    let label = "softmax" + variant
    return row.label == label ? nil : summary.rows.first { $0.label == label }
  }

  /// One run of a pair: its accuracy, and its answers where the store has them.
  private typealias Side = (value: Double, answers: StudyContents.Answers?)

  /// The runs that share a seed, by it.
  private static func pairs(_ row: Summary.Row, _ baseline: Summary.Row) -> [(own: Side, base: Side)] {
    func sides(_ row: Summary.Row) -> [Int: Side] {
      Dictionary(
        row.runs.compactMap { run in Column.top1.value(run).value.map { (run.seed, ($0, run.answers)) } },
        uniquingKeysWith: { first, _ in first })
    }
    let (own, base) = (sides(row), sides(baseline))
    return own.keys.sorted().compactMap { seed in
      guard let one = own[seed], let other = base[seed] else { return nil }
      return (one, other)
    }
  }

  /// Of each pair, image by image, right less right; empty with a reason where that cannot be said.
  private static func table(_ pairs: [(own: Side, base: Side)]) -> (values: [[Double]], reason: String) {
    guard pairs.count > 1 else { return ([], "fewer than two shared seeds") }
    let known = pairs.compactMap { pair -> (StudyContents.Answers, StudyContents.Answers)? in
      guard let own = pair.own.answers, let base = pair.base.answers else { return nil }
      return (own, base)
    }
    guard known.count == pairs.count else {
      return ([], "the store does not hold which test images each of the runs has right")
    }
    let asked = Set(known.flatMap { [$0.0.labels, $0.1.labels] })
    let counts = Set(known.flatMap { [$0.0.right.count, $0.1.right.count] })
    guard asked.count == 1, counts.count == 1, (counts.first ?? 0) > 1 else {
      return ([], "the runs were not asked the same test images")
    }
    return (known.map { own, base in zip(own.right, base.right).map { ($0 ? 1 : 0) - ($1 ? 1 : 0) } }, "")
  }
}

extension SoftmaxDifferences {
  /// Every digit, an objective a line; nil where there is none to compare.
  var csv: String? {
    guard !lines.isEmpty else { return nil }
    let rows = lines.map { line in
      let (one, half) = (line.difference, line.difference.halfWidth)
      return [
        line.objective.label, line.baseline.label, String(one.n), CSV.number(one.mean), CSV.number(one.standardError),
        CSV.number(half.map { one.mean - $0 }), CSV.number(half.map { one.mean + $0 }), CSV.number(one.p),
        CSV.number(line.p), line.both.map { String($0.examples) } ?? "", CSV.number(line.both?.interval.low),
        CSV.number(line.both?.interval.high), line.reason,
      ]
    }
    return CSV.text(
      header: [
        "objective", "baseline", "n", "top1_difference", "top1_difference_se", "low_seeds", "high_seeds", "p", "p_holm",
        "images", "low_seeds_images", "high_seeds_images", "reason",
      ], rows: rows)
  }

  /// The table in the page; empty where there is nothing to compare.
  var html: String {
    guard !lines.isEmpty else { return "" }
    var out = "<h3>Accuracy beside softmax</h3>\n"
    out += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Accuracy beside softmax\">\n"
    out += "<table class=\"plain\">\n<caption>Source top-1 less that of softmax, in points, paired over the seeds "
    out += "that both have.</caption>\n<thead><tr>"
    for title in [
      "Objective", "Seeds", "Difference", "95 % over seeds", "95 % over seeds and test images", "p",
    ] {
      out += "<th scope=\"col\"\(title == "Objective" ? "" : " class=\"digits\"")>\(title)</th>"
    }
    out += "</tr></thead>\n<tbody>\n"
    for line in lines { out += row(line) }
    out += "</tbody>\n</table>\n</div>\n"
    out += "<p class=\"key\">Over seeds: Student\u{2019}s interval; p of the paired t-test, "
    out += "Holm correction over the table. Over seeds and test images: both are drawn with replacement, the same "
    out += "images for all runs (the pigeonhole bootstrap, 2000 resamples; Owen 2007), so that other test images are "
    out += "covered too; with under five seeds it is a rough guide.\(missing.html) Every digit stands in "
    return out + "<code>tables/differences.csv</code>.</p>\n"
  }

  private func row(_ line: Line) -> String {
    let half = line.difference.halfWidth
    let cells = [
      "\(line.difference.n)", Self.points(line.difference.mean),
      half.map { Self.interval(line.difference.mean - $0, line.difference.mean + $0) } ?? "\u{2013}",
      line.both.map { Self.interval($0.interval.low, $0.interval.high) } ?? "\u{2013}",
      line.p.map { $0 < 0.001 ? "< 0.001" : Format.number($0, decimals: 3) } ?? "\u{2013}",
    ]
    return "<tr><th scope=\"row\">\(line.objective.fullName.breakable)</th>"
      + cells.map { "<td class=\"digits\">\($0.html)</td>" }.joined() + "</tr>\n"
  }

  /// Why intervals are missing, each reason once.
  private var missing: String {
    var reasons: [String] = []
    for line in lines where !line.reason.isEmpty && !reasons.contains(line.reason) { reasons.append(line.reason) }
    guard !reasons.isEmpty else { return "" }
    let said = reasons.map { reason in
      let names = lines.filter { $0.reason == reason }.map(\.objective.fullName)
      return "for \(names.count == lines.count ? "all" : Format.list(names)): \(reason)"
    }
    return " Blank \(said.joined(separator: "; "))."
  }

  private static func points(_ share: Double) -> String {
    let text = Format.number(share * 100, decimals: 2)
    return share > 0 && text.contains { ("1"..."9").contains($0) } ? "+" + text : text
  }

  private static func interval(_ low: Double, _ high: Double) -> String { "\(points(low)) to \(points(high))" }
}
