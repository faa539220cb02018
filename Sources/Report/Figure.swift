/// A figure: a heading, a legend shared by its charts, the charts, and a caption.
struct Figure: Sendable {
  var id: String
  /// Empty where the section's heading says it all.
  var title: String
  /// What is seen, and how it was made. HTML.
  var caption: String
  var legend: [LegendEntry] = []
  var charts: [Chart]
  /// Narrow panels stand side by side down to this width in pixels.
  var panelWidth = 420
}

/// One line of a legend. Touching or clicking it brings its series out in every chart of the figure.
struct LegendEntry: Sendable {
  /// The `series` number of the traces it stands for.
  var series: Int
  var swatch: String
  var text: String
}

/// One chart, drawn by Plotly from traces and a layout.
struct Chart: Sendable {
  var id: String
  /// Shown above the chart; empty where the figure's heading says it all.
  var title = ""
  /// A line under the title, such as a correlation.
  var note = ""
  /// What the chart shows, for those who cannot see it.
  var description: String
  var traces: [JSONValue]
  var layout: JSONValue
  /// Height in pixels.
  var height: Int
}

extension Figure {
  /// The figure as HTML; `chartSpecifications` holds what the charts draw.
  var html: String {
    var out = "<figure id=\"\(id)\" class=\"figure\">\n" + (title.isEmpty ? "" : "<h3>\(title.html)</h3>\n")
    out += Self.html(of: legend)
    out += "<div class=\"panels\" style=\"--panel:\(panelWidth)px\">\n"
    for chart in charts {
      out += "<div class=\"panel\">"
      if !chart.title.isEmpty { out += "<h4>\(chart.title.html)</h4>" }
      if !chart.note.isEmpty { out += "<p class=\"note\">\(chart.note.html)</p>" }
      out += "<div class=\"chart\" id=\"\(chart.id)\" role=\"img\" aria-label=\"\(chart.description.html)\""
      out += " data-traces=\"\(chart.traces.count)\" style=\"height:\(chart.height)px\"></div></div>\n"
    }
    return out + "</div>\n<figcaption>\(caption)</figcaption>\n</figure>\n"
  }

  /// A legend, if there is one, whose entries bring out their series.
  static func html(of legend: [LegendEntry]) -> String {
    guard !legend.isEmpty else { return "" }
    var out = "<ul class=\"legend\" aria-label=\"Legend\">\n"
    for entry in legend {
      out += "<li><button type=\"button\" data-series=\"\(entry.series)\" aria-pressed=\"false\">"
      out += entry.swatch + "<span>\(entry.text.html)</span></button></li>\n"
    }
    return out + "</ul>\n"
  }

  /// What Plotly is given, by the chart's element.
  var chartSpecifications: [JSONValue] {
    charts.map { ["id": .string($0.id), "data": .array($0.traces), "layout": $0.layout] }
  }
}
