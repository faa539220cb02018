/// Orders known names by how little must be changed to get from `name` to each of them (Levenshtein
/// distance, ties in the given order), so that an error can name the likeliest first.
func nearestFirst(to name: String, among known: [String]) -> [String] {
  let ranked = known.enumerated().map { (distance: editDistance(name, $1), position: $0, name: $1) }
  return ranked.sorted { ($0.distance, $0.position) < ($1.distance, $1.position) }.map(\.name)
}

/// The least number of characters inserted, removed or replaced that turns one text into the other.
/// - Complexity: O(|a| |b|) time, O(|b|) memory.
func editDistance(_ a: String, _ b: String) -> Int {
  let b = Array(b)
  var row = Array(0...b.count)
  for (i, character) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (character == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j + 1] + 1, row[j] + 1)
    }
  }
  return row[b.count]
}
