/// The known name that a mistyped one most likely means.
///
/// Distance counts insertions, deletions, replacements and swaps of neighbours (optimal string alignment, Damerau 1964).
enum NearestName {
  /// The nearest of `known`, or nil when none is within a third of the name's length (at least 2 edits).
  static func of(_ name: String, in known: [String]) -> String? {
    let ranked = known.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
    guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
    return best.distance <= max(2, name.count / 3) ? best.name : nil
  }

  /// `; did you mean 'x'? Known are: a, b, c`.
  static func advice(_ name: String, in known: [String]) -> String {
    let hint = of(name, in: known).map { "; did you mean '\($0)'?" } ?? ";"
    return "\(hint) known here: \(known.joined(separator: ", "))"
  }

  static func distance(_ first: String, _ second: String) -> Int {
    let a = Array(first)
    let b = Array(second)
    var before = [Int](repeating: 0, count: b.count + 1)
    var row = Array(0...b.count)
    for i in a.indices {
      var next = [i + 1] + [Int](repeating: 0, count: b.count)
      for j in b.indices {
        next[j + 1] = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          next[j + 1] = min(next[j + 1], before[j - 1] + 1)
        }
      }
      before = row
      row = next
    }
    return row[b.count]
  }
}
