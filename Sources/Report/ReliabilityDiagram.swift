import Measures

/// How confidence and accuracy go together over the test images of all runs of an objective.
struct ReliabilityDiagram: Sendable {
  /// The images whose confidence falls in one of the bins of equal width.
  struct Bin: Sendable {
    /// Place among the bins, from 0.
    var place: Int
    /// Images, those of every run counted.
    var count: Int
    /// Their mean confidence.
    var confidence: Double
    /// The share of them that are right.
    var accuracy: Double
  }

  /// Those that hold images, by rising confidence.
  var bins: [Bin]
  /// Runs that the images are of.
  var runs: Int

  /// Nil where no run has one. The runs' images are put together, so that a bin in which one seed has a single image does
  /// not weigh as much as the same bin of another with hundreds.
  init?(_ runs: [StudyContents.Run], isScaled: Bool) {
    let own = runs.map { $0.reliability.filter { $0.isScaled == isScaled } }.filter { !$0.isEmpty }
    guard !own.isEmpty else { return nil }
    self.runs = own.count
    bins = Dictionary(grouping: own.joined(), by: \.place).sorted { $0.key < $1.key }.map { place, parts in
      let count = parts.reduce(0) { $0 + $1.count }
      func mean(_ value: (StudyContents.Reliability) -> Double) -> Double {
        parts.reduce(0) { $0 + Double($1.count) * value($1) } / Double(count)
      }
      return Bin(place: place, count: count, confidence: mean(\.confidence), accuracy: mean(\.accuracy))
    }
  }

  /// Images of all bins.
  var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// Every bin of every objective as a file, as trained and at the fitted temperature; nil where the store has none.
  static func csv(_ summary: Summary) -> String? {
    let width = 1 / Double(Calibration.binCount)
    let rows = summary.rows.flatMap { row in
      [false, true].flatMap { isScaled -> [[String]] in
        guard let diagram = ReliabilityDiagram(row.runs, isScaled: isScaled) else { return [] }
        return diagram.bins.map { bin in
          [
            row.label, isScaled ? "yes" : "no", CSV.number(Double(bin.place) * width),
            CSV.number(Double(bin.place + 1) * width), String(bin.count),
            CSV.number(Double(bin.count) / Double(diagram.count)), CSV.number(bin.confidence),
            CSV.number(bin.accuracy), String(diagram.runs),
          ]
        }
      }
    }
    guard !rows.isEmpty else { return nil }
    return CSV.text(
      header: ["objective", "scaled", "low", "high", "images", "share", "confidence", "accuracy", "runs"],
      rows: rows)
  }
}
