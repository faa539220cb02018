import Foundation

/// "How it was made": the specification, versions and digests, the plan and what every column means.
struct Methods {
  var summary: Summary

  /// The section's contents.
  var html: String {
    let contents = summary.contents
    var out = "<h3>Columns</h3>\n<dl class=\"definitions\">\n"
    for (title, definition) in definitions {
      out += "<dt>\(title.html)</dt><dd>\(definition.html)</dd>\n"
    }
    out +=
      "<dt>\u{00B1}</dt><dd>One standard error of the mean: the sample standard deviation over seeds divided by "
    out +=
      "\u{221A}n. Seeds are shared: run k of every objective has the same initial weights, order of images and "
    out += "augmentation.</dd>\n"
    out += "<dt>Correlation</dt><dd>Over the means of the objectives, so that n is the number of objectives. "
    out +=
      "Pearson\u{2019}s interval is Fisher\u{2019}s, Spearman\u{2019}s the percentile bootstrap over pairs (2000 "
    out +=
      "resamples); p of Spearman\u{2019}s is exact up to n = 9 (all orders), else by Student\u{2019}s t. Over "
    out +=
      "single runs they stand in <code>tables/correlation.csv</code> without intervals: seeds of one objective "
    out += "are not independent.</dd>\n</dl>\n"
    out += table("Objectives", "Every parameter of each objective.", objectives)
    out += table("Plan", "Common to all runs, unless it says otherwise.", plan)
    let facts = [("program", contents.programVersion)] + contents.facts.map { ($0.key, $0.value) }
    out += table("Versions and data", "What else decided the numbers.", facts)
    out += "<h3>Specification</h3>\n<pre><code>\(contents.specification.html)</code></pre>\n"
    return out
  }

  /// A definition for each column; the targets of a protocol share one.
  private var definitions: [(String, String)] {
    var seen: Set<Column.Group> = []
    return summary.columns.compactMap { column in
      guard column.group.protocolName != nil else {
        return (column.title, column.definition)
      }
      if column.target.isEmpty { return ("\(column.group.rawValue), mean", column.definition) }
      return seen.insert(column.group).inserted ? (column.group.rawValue, column.definition) : nil
    }
  }

  private func table(_ title: String, _ caption: String, _ pairs: [(String, String)]) -> String {
    guard !pairs.isEmpty else { return "" }
    var out = "<h3>\(title)</h3>\n<table class=\"pairs\">\n<caption>\(caption)</caption>\n<tbody>\n"
    for (key, value) in pairs {
      out += "<tr><th scope=\"row\">\(key.breakable)</th><td>\(value.breakable)</td></tr>\n"
    }
    return out + "</tbody>\n</table>\n"
  }

  private var objectives: [(String, String)] {
    summary.rows.map { row in
      let parts = (row.runs.first?.objective ?? []).map { part in
        let values = part.parameters.sorted { $0.key < $1.key }.map { "\($0.key) \(Format.plain($0.value))" }
        return values.isEmpty
          ? "\(part.name), no parameters" : "\(part.name), \(values.joined(separator: ", "))"
      }
      return (row.label, parts.joined(separator: "; "))
    }
  }

  /// The leaves of the runs' plans by their paths; those that differ between runs are said to vary.
  private var plan: [(String, String)] {
    var order: [String] = []
    var values: [String: Set<String>] = [:]
    for run in summary.contents.runs {
      guard let plan = try? JSONSerialization.jsonObject(with: Data(run.plan.utf8)) else { continue }
      for (path, value) in Self.leaves(plan, "") where path != "seed" && !path.hasPrefix("objective") {
        if values[path] == nil { order.append(path) }
        values[path, default: []].insert(value)
      }
    }
    let seeds = Set(summary.contents.runs.map(\.seed)).sorted().map(String.init)
    return order.sorted().map { path in
      let found = (values[path] ?? []).sorted()
      return (path, found.count <= 3 ? found.joined(separator: " or ") : "varies (\(found.count) values)")
    } + [("seeds", seeds.joined(separator: ", "))]
  }

  private static func leaves(_ value: Any, _ path: String) -> [(String, String)] {
    if let object = value as? [String: Any] {
      return object.sorted { $0.key < $1.key }.flatMap { key, inner in
        leaves(inner, path.isEmpty ? key : "\(path).\(key)")
      }
    }
    if let array = value as? [Any] {
      return [(path, array.isEmpty ? "none" : array.map { scalar($0) }.joined(separator: ", "))]
    }
    return value is NSNull ? [] : [(path, scalar(value))]
  }

  private static func scalar(_ value: Any) -> String {
    if let string = value as? String { return string }
    if let number = value as? NSNumber { return Format.plain(number.doubleValue) }
    return "\(value)"
  }
}
