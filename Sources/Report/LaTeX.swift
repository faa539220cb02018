/// Tables as LaTeX fragments: a `tabular` that needs the package booktabs and nothing else.
enum LaTeX {
  /// A table whose first column is text and whose others are numbers.
  /// - Parameters:
  ///   - bands: headings over several columns, with how many each spans; the first column has none.
  ///   - first: how the first column is set.
  static func table(
    comment: String, bands: [(title: String, span: Int)] = [], first: String = "l", header: [String], rows: [[String]]
  ) -> String {
    var out = "% \(comment.replacing("\n", with: " "))\n% Needs \\usepackage{booktabs}.\n"
    out += "\\begin{tabular}{\(first)\(String(repeating: "r", count: max(0, header.count - 1)))}\n\\toprule\n"
    if !bands.isEmpty {
      out += bands.map { " & \\multicolumn{\($0.span)}{c}{\($0.title.latex)}" }.joined() + " \\\\\n"
      var start = 2
      for band in bands {
        out += "\\cmidrule(lr){\(start)-\(start + band.span - 1)}"
        start += band.span
      }
      out += "\n"
    }
    out += header.map(\.latex).joined(separator: " & ") + " \\\\\n\\midrule\n"
    for row in rows { out += row.joined(separator: " & ") + " \\\\\n" }
    return out + "\\bottomrule\n\\end{tabular}\n"
  }

  /// A number with its standard error in mathematics, such as `$92.13 \pm 0.08$`.
  static func number(_ estimate: Estimate, _ column: Column, isBest: Bool = false) -> String {
    guard let mean = estimate.mean else { return "--" }
    var out = number(column.text(mean), isBest: isBest)
    if let error = estimate.standardError { out += " $\\pm$ " + number(column.text(error)) }
    return out
  }

  /// A number already written for people.
  static func number(_ text: String, isBest: Bool = false) -> String {
    let plain = text.replacing("\u{2212}", with: "-")
    return isBest ? "$\\mathbf{\(plain)}$" : "$\(plain)$"
  }
}
