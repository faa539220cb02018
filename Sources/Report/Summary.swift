/// A study's runs gathered by objective: the rows of every table and the series of every chart.
struct Summary: Sendable {
  var contents: StudyContents
  var rows: [Row]
  var columns: [Column]

  /// One objective with its runs.
  struct Row: Sendable {
    /// Place in the plan, which decides colour, dash and shape.
    var index: Int
    var label: String
    var runs: [StudyContents.Run]
  }

  /// Gathers the runs by label, in the order of the plan.
  init(_ contents: StudyContents) {
    self.contents = contents
    columns = Column.all(of: contents)
    rows = []
    for run in contents.runs {
      if let index = rows.firstIndex(where: { $0.label == run.label }) {
        rows[index].runs.append(run)
      } else {
        rows.append(Row(index: rows.count, label: run.label, runs: [run]))
      }
    }
  }

  /// Runs with every stage done.
  var finishedRuns: Int { contents.runs.count(where: \.isFinished) }

  /// Runs with a failed stage.
  var failedRuns: [StudyContents.Run] { contents.runs.filter { $0.failure != nil } }

  /// The number of seeds that every objective was planned with, nil if they differ.
  var seedsPerObjective: Int? {
    let counts = Set(rows.map(\.runs.count))
    return counts.count == 1 ? counts.first : nil
  }
}

extension Summary.Row {
  /// The objective without its parameters, such as `cosine-softmax` or `dropout + logit-penalty`.
  var name: String {
    label.split(separator: "+").map { String($0.split(separator: ":").first ?? $0) }.joined(separator: " + ")
  }

  /// The parameters that the label shows, such as `temperature 0.05`; empty where the label shows none.
  var detail: String {
    let parts = label.split(separator: "+").compactMap { part -> String? in
      let halves = part.split(separator: ":", maxSplits: 1)
      guard halves.count == 2 else { return nil }
      return halves[1].split(separator: ",").map { $0.split(separator: "=").joined(separator: " ") }
        .joined(separator: ", ")
    }
    return parts.joined(separator: "; ")
  }

  /// Name and parameters, for legends and captions.
  var fullName: String { detail.isEmpty ? name : "\(name), \(detail)" }

  /// The mean of a column over the row's seeds.
  func estimate(_ column: Column) -> Estimate { Estimate(of: runs) { column.value($0) } }
}

/// A mean over seeds with its standard error and n, or the reasons why there is none.
struct Estimate: Sendable {
  /// Nil where no seed has a value.
  var mean: Double?
  /// Sample standard deviation over the square root of n; nil below two values.
  var standardError: Double?
  /// The values that entered, by seed.
  var values: [Int: Double]
  /// How many runs there should have been.
  var planned: Int
  /// Why values are missing, each reason once, in the order of the runs.
  var reasons: [String]

  /// How many values entered.
  var n: Int { values.count }

  init(of runs: [StudyContents.Run], _ value: (StudyContents.Run) -> StudyContents.Measurement) {
    values = [:]
    reasons = []
    planned = runs.count
    var inOrder: [Double] = []
    for run in runs {
      let one = value(run)
      if let number = one.value {
        values[run.seed] = number
        inOrder.append(number)
      } else if let reason = one.reason, !reasons.contains(reason) {
        reasons.append(reason)
      }
    }
    mean = inOrder.isEmpty ? nil : inOrder.mean
    standardError = inOrder.standardError
  }

  /// The value as a column shows it, such as `92.13 ± 0.08`; a dash where there is none.
  func text(_ column: Column) -> String {
    guard let mean else { return "\u{2013}" }
    guard let standardError else { return column.text(mean) }
    return "\(column.text(mean)) \u{00B1} \(column.text(standardError))"
  }
}
