import Measures
import Study

/// Two studies side by side: the same objectives on the same networks, measure by measure.
struct StudyComparison: Sendable {
  /// What matches an objective of the one with an objective of the other.
  struct Key: Hashable, Sendable {
    var label: String
    var network: String

    var text: String { network.isEmpty ? label : "\(label) on \(network)" }
  }

  /// An objective that both have.
  struct Row: Sendable {
    var key: Key
    /// The runs of each.
    var a, b: Summary.Row
  }

  /// A measure with what both have of it, an objective a cell.
  struct Measure: Sendable {
    var column: Column
    /// What it is called where no band of columns says more.
    var title: String
    var cells: [Cell]
  }

  /// One objective's measure in both, and the difference.
  struct Cell: Sendable {
    var a, b: Estimate
    /// Nil where one has no value.
    var difference: Difference?
    /// p after Holm's correction over the measure's objectives; nil where nothing could be tested.
    var adjusted: Double?

    /// Whether the two are told apart at 5 %.
    var isMarked: Bool { adjusted.map { $0 < 0.05 } ?? false }
  }

  /// B less A.
  struct Difference: Sendable {
    /// How it was tested.
    enum Method: String, Sendable { case paired, welch, none }

    var value: Double
    /// Half the width of the 95 % interval; nil where there are too few seeds.
    var halfWidth: Double?
    var p: Double?
    var method: Method
    /// Seeds on either side.
    var counts: (a: Int, b: Int)
  }

  var a, b: StudyContents
  var rows: [Row]
  var measures: [Measure]
  /// What each says of the published claims, in order.
  var claims: [(a: ClaimResult, b: ClaimResult)]

  init(_ a: StudyContents, _ b: StudyContents) {
    (self.a, self.b) = (a, b)
    let others = Self.gathered(b)
    rows = Self.gathered(a).compactMap { key, own in
      others.first { $0.key == key }.map { Row(key: key, a: own, b: $0.row) }
    }
    let rows = rows
    measures = Self.columns(a, b).map { column, title in
      Measure(column: column, title: title, cells: Self.cells(column, rows))
    }.filter { $0.cells.contains { $0.a.mean != nil || $0.b.mean != nil } }
    claims = zip(Claims.check(a.evidence), Claims.check(b.evidence)).map { ($0, $1) }
  }

  /// The runs by objective and network, in the order of the plan.
  static func gathered(_ contents: StudyContents) -> [(key: Key, row: Summary.Row)] {
    var found: [(key: Key, row: Summary.Row)] = []
    for run in contents.runs {
      let key = Key(label: run.label, network: run.network)
      if let place = found.firstIndex(where: { $0.key == key }) {
        found[place].row.runs.append(run)
      } else {
        found.append((key, Summary.Row(index: found.count, label: run.label, runs: [run])))
      }
    }
    return found
  }

  /// Source accuracy, mean transfer over the targets that both have, R^2, calibration.
  private static func columns(_ a: StudyContents, _ b: StudyContents) -> [(Column, String)] {
    let transfer = [Column.Group.probe, .neighbors, .fineTuning].compactMap { group in
      Column.mean(group, over: targets(group, a, b).shared)
    }
    var columns = [Column.top1] + transfer + [Column.separationOnTrain]
    for column in Column.all(of: a) + Column.all(of: b)
    where column.group == .calibration && !columns.contains(where: { $0.id == column.id }) { columns.append(column) }
    return columns.map { ($0, $0.unit == .percent ? "\($0.longTitle), %" : $0.longTitle) }
  }

  /// The targets of a protocol, by who has them.
  static func targets(
    _ group: Column.Group, _ a: StudyContents, _ b: StudyContents
  ) -> (shared: [String], onlyA: [String], onlyB: [String]) {
    guard let name = group.protocolName else { return ([], [], []) }
    let (own, other) = (a.targets(of: name), b.targets(of: name))
    return (
      own.filter(other.contains), own.filter { !other.contains($0) }, other.filter { !own.contains($0) }
    )
  }

  private static func cells(_ column: Column, _ rows: [Row]) -> [Cell] {
    var cells = rows.map { row in
      let (a, b) = (row.a.estimate(column), row.b.estimate(column))
      return Cell(a: a, b: b, difference: Difference(a, b))
    }
    for (place, p) in Holm.adjust(cells.map { $0.difference?.p }).enumerated() { cells[place].adjusted = p }
    return cells
  }
}

extension StudyComparison.Difference {
  /// Over the seeds that both have, two at least; else Welch's; with one seed the bare difference.
  init?(_ a: Estimate, _ b: Estimate) {
    guard let first = a.mean, let second = b.mean else { return nil }
    let shared = Set(a.values.keys).intersection(b.values.keys).sorted()
    func inOrder(_ values: [Int: Double]) -> [Double] { values.sorted { $0.key < $1.key }.map(\.value) }
    if shared.count > 1,
      let paired = PairedDifference(shared.compactMap { b.values[$0] }, shared.compactMap { a.values[$0] })
    {
      self.init(
        value: paired.mean, halfWidth: paired.halfWidth, p: paired.p, method: .paired,
        counts: (shared.count, shared.count))
    } else if let welch = WelchDifference(inOrder(b.values), inOrder(a.values)) {
      self.init(
        value: welch.mean, halfWidth: welch.halfWidth, p: welch.p, method: .welch, counts: (a.n, b.n))
    } else {
      self.init(value: second - first, halfWidth: nil, p: nil, method: .none, counts: (a.n, b.n))
    }
  }
}

extension Estimate {
  /// Half the width of the mean's 95 % interval; nil below two values.
  var halfWidth: Double? { SeedMean(values.sorted { $0.key < $1.key }.map(\.value))?.halfWidth }
}

extension Column {
  /// The mean accuracy of a protocol over some targets; nil without any.
  static func mean(_ group: Group, over targets: [String]) -> Column? {
    guard let protocolName = group.protocolName, !targets.isEmpty else { return nil }
    let name = "\(protocolName)_accuracy"
    return Column(
      id: "\(name)_mean", group: group, title: "Mean", unit: .percent, better: .higher,
      definition: "Mean of the run\u{2019}s accuracies over \(Format.list(targets)); blank where one is missing."
    ) { $0.mean(of: name, over: targets) }
  }
}
