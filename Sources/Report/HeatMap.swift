/// A table of numbers as colours.
struct HeatMap {
  var id: String
  var title: String
  var description: String
  /// Names of rows and columns.
  var rows: [String]
  var columns: [String]
  /// [rows][columns]; nil stays blank.
  var values: [[Double?]]
  /// What a colour at either end means; nil for the least and largest value there is.
  var range: (low: Double, high: Double)?
  var decimals = 2
  /// After a number in the hover text.
  var suffix = ""
  /// Titles of the axes.
  var axes: (x: String, y: String) = ("", "")

  /// The theme's colours from one end to the other; where numbers are written in the cells, only those on which they
  /// can be read.
  static func scale(isWritten: Bool) -> JSONValue {
    let shades = Theme.heat.prefix(isWritten ? 3 : Theme.heat.count)
    return .array(
      shades.enumerated().map { [.number(Double($0) / Double(shades.count - 1)), .string("var(\($1.name))")] })
  }

  var chart: Chart {
    let known = values.flatMap { $0.compactMap { $0 } }
    let ends = range ?? (known.min() ?? 0, known.max() ?? 1)
    let isSmall = rows.count * columns.count <= 36
    let trace: JSONValue = [
      "type": "heatmap", "z": .array(values.map(JSONValue.numbers)),
      "x": .numbers(columns.indices.map(Double.init)), "y": .numbers(rows.indices.map(Double.init)),
      "zmin": .number(ends.0), "zmax": .number(ends.1 > ends.0 ? ends.1 : ends.0 + 1),
      "colorscale": Self.scale(isWritten: isSmall), "showscale": true,
      "colorbar": ["thickness": 10, "outlinewidth": 0, "len": 1, "nticks": 5],
      "text": .array(
        values.map { .strings($0.map { $0.map { Format.number($0, decimals: decimals) } ?? "" }) }),
      "texttemplate": .string(isSmall ? "%{text}" : ""), "textfont": ["color": "var(--ink)"],
      "hoverongaps": false,
      "customdata": .array(rows.map { row in .array(columns.map { .strings([row.html, $0.html]) }) }),
      "hovertemplate": .string(
        "%{customdata[0]}<br>%{customdata[1]}<br>%{z:.\(decimals + 2)f}\(suffix)<extra></extra>"),
    ]
    return Chart(
      id: id, title: title, description: description, traces: [trace],
      layout: Axis.layout(
        x: axis(axes.x, columns, most: 16, columns.count > 3 ? [("tickangle", -90)] : []),
        y: axis(axes.y, rows, most: 32, [("autorange", "reversed")])),
      height: min(640, max(230, 170 + 20 * rows.count)))
  }

  private func axis(
    _ title: String, _ names: [String], most: Int, _ extra: [(String, JSONValue)]
  ) -> JSONValue {
    let named = Axis.named(names, most: most)
    var pairs: [(String, JSONValue)] = [
      ("tickvals", .numbers(named.map(Double.init))),
      ("ticktext", .strings(named.map { Format.shortened(names[$0], to: 18) })), ("showgrid", false), ("ticks", ""),
      ("tickfont", ["size": names.count > 8 ? 10 : 11]),
    ]
    if !title.isEmpty { pairs.append(("title", ["text": .string(title), "standoff": 8])) }
    return .object(pairs + extra)
  }
}
