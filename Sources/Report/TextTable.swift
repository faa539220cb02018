/// The main table for a terminal: columns aligned, the best mean of each starred, wide tables broken into
/// bands of columns that fit.
struct TextTable {
  var summary: Summary
  /// Characters to a line.
  var width = 110

  init(_ summary: Summary) { self.summary = summary }

  /// The table, ending in a line feed.
  var text: String {
    let names = summary.rows.map(\.fullName)
    let first = min(36, (names + ["objective"]).map(\.count).max() ?? 0)
    let cells = summary.columns.map { column in
      let standings = summary.standings(column)
      return [title(column)]
        + zip(summary.rows, standings).map { row, standing in
          row.estimate(column).text(column) + (standing == .best ? "*" : " ")
        }
    }
    var out = ""
    var next = 0
    while next < cells.count {
      var band: [[String]] = []
      var used = first
      while next < cells.count {
        let size = (cells[next].map(\.count).max() ?? 0) + 2
        if !band.isEmpty && used + size > width { break }
        band.append(cells[next])
        used += size
        next += 1
      }
      out += out.isEmpty ? "" : "\n"
      out += lines(
        band, [pad("objective", first)] + names.map { pad(Format.shortened($0, to: first), first) })
    }
    return out + "Mean ± standard error over seeds; accuracies in %; * best mean.\n"
  }

  private func title(_ column: Column) -> String {
    switch column.group {
    case .probe: "probe " + column.title
    case .neighbors: "k-NN " + column.title
    case .fineTuning: "tuned " + column.title
    default: column.title
    }
  }

  private func lines(_ band: [[String]], _ names: [String]) -> String {
    names.indices.map { line in
      let values = band.map { column in
        let size = (column.map(\.count).max() ?? 0) + 2
        let text = line == 0 ? column[line] + " " : column[line]
        return String(repeating: " ", count: max(0, size - text.count)) + text
      }
      return (names[line] + values.joined()).trimmingSuffix(" ") + "\n"
    }.joined()
  }

  private func pad(_ text: String, _ size: Int) -> String {
    text + String(repeating: " ", count: max(0, size - text.count))
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var out = Substring(self)
    while out.last == character { out = out.dropLast() }
    return String(out)
  }
}
