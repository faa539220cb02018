import Foundation

/// A picture in SVG, drawn from shapes and text: the same in the page and as a file of its own. Its colours are the
/// page's variables; alone it has them light or dark, as its viewer asks.
struct Drawing: Sendable {
  var id: String
  var width: Double
  var height: Double
  /// What it shows, for those who cannot see it.
  var description: String
  private(set) var body = ""

  init(id: String, width: Double, height: Double, description: String) {
    (self.id, self.width, self.height, self.description) = (id, width, height, description)
  }

  /// A straight line or several, by their corners.
  mutating func line(_ points: [(Double, Double)], _ style: String) {
    let path = points.enumerated().map { ($0 == 0 ? "M" : "L") + "\(Self.n($1.0)) \(Self.n($1.1))" }
    body += "<path class=\"\(style)\" d=\"\(path.joined())\"/>\n"
  }

  /// Text; `anchor` is `start`, `middle` or `end`.
  mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ style: String = "", anchor: String = "start", turned: Bool = false
  ) {
    let turn = turned ? " transform=\"rotate(-90 \(Self.n(x)) \(Self.n(y)))\"" : ""
    body += "<text class=\"\(style)\" x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" text-anchor=\"\(anchor)\"\(turn)>"
    body += text.html + "</text>\n"
  }

  /// What belongs to one series: it can be reached by keyboard, says what it is, and is brought out by the legend.
  mutating func series(_ index: Int, _ said: String, _ draw: (inout Drawing) -> Void) {
    body += "<g data-series=\"\(index)\" tabindex=\"0\" role=\"img\" aria-label=\"\(said.html)\">"
    body += "<title>\(said.html)</title>\n"
    draw(&self)
    body += "</g>\n"
  }

  /// An objective's mark, filled or as an outline.
  mutating func mark(_ mark: Mark, _ x: Double, _ y: Double, isFilled: Bool) {
    let paint =
      isFilled
      ? "fill=\"\(mark.color)\" stroke=\"var(--paper)\" stroke-width=\"1\""
      : "fill=\"var(--paper)\" stroke=\"\(mark.color)\" stroke-width=\"1.6\""
    body += "<path d=\"\(mark.outline)\" transform=\"translate(\(Self.n(x)) \(Self.n(y)))\" \(paint)/>\n"
  }

  /// The picture within the page.
  var html: String {
    "<div class=\"scroll picture\" tabindex=\"0\" role=\"region\" aria-label=\"\(description.html)\">\n" + svg()
      + "</div>\n"
  }

  /// The picture as a file.
  var file: String {
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + svg(
        attributes: " xmlns=\"http://www.w3.org/2000/svg\"",
        head: """
          <style>
          svg { \(Theme.declarations(isDark: false)) font-family: sans-serif; }
          @media screen and (prefers-color-scheme: dark) { svg { \(Theme.declarations(isDark: true)) } }
          \(Self.style)
          </style>
          <rect width="100%" height="100%" fill="var(--paper)"/>

          """)
  }

  private func svg(attributes: String = "", head: String = "") -> String {
    "<svg\(attributes) id=\"\(id)\" class=\"drawing\" role=\"group\" "
      + "aria-label=\"\(description.html)\" viewBox=\"0 0 \(Self.n(width)) \(Self.n(height))\" "
      + "width=\"\(Self.n(width))\" height=\"\(Self.n(height))\">\n\(head)\(body)</svg>\n"
  }

  /// How shapes and text look, for the page's style sheet and for files.
  static let style = """
    .drawing text { font-size: 12px; fill: var(--ink); stroke: var(--paper); stroke-width: 3px; paint-order: stroke; }
    .drawing .tick, .drawing .title { fill: var(--muted); }
    .drawing .strong { font-weight: 700; }
    .drawing .grid { stroke: var(--line); stroke-width: 1; fill: none; }
    .drawing .axis { stroke: var(--muted); stroke-width: 1; fill: none; }
    .drawing .front { stroke: var(--muted); stroke-width: 1.4; stroke-dasharray: 6 4; fill: none; }
    .drawing .error { stroke: var(--muted); stroke-width: 1.2; fill: none; }
    .drawing .join { stroke: var(--ink); stroke-width: 4; stroke-linecap: round; fill: none; }
    .drawing g:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
    """

  /// A length with two decimals at most.
  static func n(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let rounded = (value * 100).rounded() / 100
    return rounded == 0 ? "0" : Format.exact(rounded)
  }
}
