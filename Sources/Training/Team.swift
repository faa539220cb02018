import Crypto
import Foundation
import Torch

/// The processes that share a run (data-parallel training), seen from one of them.
///
/// Each makes its share of every batch; losses and gradients are weighted by their count of the whole batch's samples and
/// summed. Rank 0 leads: it alone reads and writes the run's folder. What decides the course of the run (when it stops,
/// when a checkpoint is due) is agreed on, so that all do the same operations in the same order.
struct Team {
  let group: ProcessGroup
  /// Whether batch norm takes the statistics of the whole batch rather than of each share.
  let synchronizesNorm: Bool

  /// Whether this is rank 0.
  var leads: Bool { group.rank == 0 }

  /// The share of rank `rank` of `size`: contiguous, the sizes of all at most one apart.
  static func share(of whole: Range<Int>, rank: Int, size: Int) -> Range<Int> {
    let start = whole.lowerBound
    return start + whole.count * rank / size..<start + whole.count * (rank + 1) / size
  }

  /// The share of rank `rank` of `size` of each part of a batch.
  static func shares(of batch: Int, parts: Int, rank: Int, size: Int) -> [Range<Int>] {
    TrainingStep.parts(of: batch, into: parts).map { share(of: $0, rank: rank, size: size) }
  }

  /// Refuses a plan that does not suit several processes.
  func check(_ options: TrainingOptions, isMeanOverExamples: Bool, objective: String) throws(TrainingError) {
    guard isMeanOverExamples else {
      throw .badPlan(
        field: "objective", value: "\(objective) over \(group.worldSize) processes",
        expected: "one process, or another objective: it compares the examples of a batch with each other")
    }
    let least = synchronizesNorm ? 1 : 2
    let parts = TrainingStep.parts(of: options.batch, into: options.accumulate ?? 1)
    let smallest = parts.map(\.count).min() ?? 0
    guard smallest / group.worldSize >= least else {
      throw .badPlan(
        field: "training.batch", value: "\(options.batch) over \(group.worldSize) processes",
        expected: "at least \(least * group.worldSize * parts.count), \(least) for each process"
          + (parts.count > 1 ? " in each of \(parts.count) parts" : ""))
    }
  }

  /// Refuses a start with different plans.
  func requireOnePlan(digest: String) throws(TrainingError) {
    let others = try wrapping { try ranksThatDiffer(Data(digest.utf8)) }
    guard others.isEmpty else {
      throw .badPlan(
        field: "plan", value: "rank \(others.map(String.init).joined(separator: ", ")) has another than rank 0",
        expected: "the same options, threads and data for every process")
    }
  }

  /// Refuses to go on with weights that are not the same everywhere.
  func requireSame(_ tensors: [(name: String, tensor: Tensor)], step: Int) throws(TrainingError) {
    let others = try wrapping {
      var hash = SHA256()
      for entry in tensors { hash.update(data: try entry.tensor.bytes()) }
      return try ranksThatDiffer(Data(hash.finalize()))
    }
    guard others.isEmpty else { throw .ranksDiffer(step: step, ranks: others) }
  }

  /// The ranks whose data, of one length, is not rank 0's.
  private func ranksThatDiffer(_ data: Data) throws -> [Int] {
    let all = try group.allGather(Tensor(data.map(Int.init))).ints()
    let rows = stride(from: 0, to: all.count, by: data.count).map { Array(all[$0..<$0 + data.count]) }
    return rows.indices.filter { rows[$0] != rows[0] }
  }

  /// What rank 0 has.
  func ofLeader<Value: Codable>(_ value: Value) throws(TrainingError) -> Value {
    try wrapping {
      let data = leads ? try JSONEncoder().encode([value]) : Data()
      let count = try group.broadcast(Tensor([data.count])).ints().first ?? 0
      let bytes = data.map(Int.init) + Array(repeating: 0, count: count - data.count)
      let received = try group.broadcast(Tensor(bytes)).ints().map { UInt8(truncatingIfNeeded: $0) }
      guard let value = try JSONDecoder().decode([Value].self, from: Data(received)).first else {
        throw TorchError(operation: "broadcast", message: "rank 0 sent nothing")
      }
      return value
    }
  }

  /// The values of all ranks, in their order.
  func gather<Value: Codable>(_ values: [Value]) throws(TrainingError) -> [Value] {
    try wrapping {
      let data = try JSONEncoder().encode(values)
      let counts = try group.allGather(Tensor([data.count])).ints()
      let length = counts.max() ?? 0
      let bytes = data.map(Int.init) + Array(repeating: 0, count: length - data.count)
      let all = try group.allGather(Tensor(bytes)).ints().map { UInt8(truncatingIfNeeded: $0) }
      return try counts.enumerated().flatMap { rank, count in
        try JSONDecoder().decode([Value].self, from: Data(all[rank * length..<rank * length + count]))
      }
    }
  }

  /// Sums of whole numbers over the ranks.
  func sums(_ counts: [Int]) throws(TrainingError) -> [Int] {
    try torch { () throws(TorchError) in try group.allReduce(Tensor(counts)).ints() }
  }

  /// How many of their own samples of a batch the ranks have, where pictures may have been left out: summed, and refused
  /// where one has none in some part, since all must take part in every operation.
  func total(of parts: [Int]) throws(TorchError) -> Int {
    let all = try group.allGather(Tensor(parts)).ints()
    if let place = all.firstIndex(of: 0) {
      throw TorchError(
        operation: "batch",
        message: "no picture of the share of rank \(place / max(parts.count, 1)) can be read; use a larger batch")
    }
    return all.reduce(0, +)
  }

  /// What all ranks say after a step, on its way: loss and right answers summed, wishes joined.
  struct Report {
    /// This rank's part of the loss.
    var loss = 0.0
    /// Right answers.
    var right = 0
    /// Samples.
    var count = 0
    /// Somebody wants to stop.
    var stops = false
    /// A checkpoint is due.
    var saves = false
  }

  /// Begins to sum up.
  func send(_ report: Report) throws(TorchError) -> PendingTensor {
    try group.startAllReduce(Tensor(numbers(report)))
  }

  /// The sum.
  static func receive(_ pending: PendingTensor) throws(TorchError) -> Report {
    let values = try pending.wait().doubles()
    guard values.count == 5 else { throw TorchError(operation: "report", message: "\(values.count) numbers came") }
    return report(values[...])
  }

  /// The sums of several steps' reports.
  func joined(_ reports: [Report]) throws(TorchError) -> [Report] {
    let values = try group.allReduce(Tensor(reports.flatMap(numbers))).doubles()
    return stride(from: 0, to: values.count, by: 5).map { Self.report(values[$0..<$0 + 5]) }
  }

  private func numbers(_ report: Report) -> [Double] {
    let saves = leads && report.saves  // by one clock
    return [report.loss, Double(report.right), Double(report.count), report.stops ? 1 : 0, saves ? 1 : 0]
  }

  /// The report of five numbers.
  private static func report(_ values: ArraySlice<Double>) -> Report {
    let first = values.startIndex
    return Report(
      loss: values[first], right: Int(values[first + 1]), count: Int(values[first + 2]),
      stops: values[first + 3] > 0, saves: values[first + 4] > 0)
  }
}
