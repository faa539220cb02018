/// Corrections where many hypotheses are tested.
public enum Holm {
  /// Adjusted p values of Holm's step-down method (1979), in the order given: they may be compared with the level as if
  /// each were alone. Missing ones stay missing and do not count.
  public static func adjust(_ values: [Double?]) -> [Double?] {
    let given = values.indices.filter { values[$0] != nil }.sorted {
      (values[$0] ?? 1, $0) < (values[$1] ?? 1, $1)
    }
    var adjusted = [Double?](repeating: nil, count: values.count)
    var largest = 0.0
    for (rank, index) in given.enumerated() {
      largest = max(largest, min(1, (values[index] ?? 1) * Double(given.count - rank)))
      adjusted[index] = largest
    }
    return adjusted
  }
}
