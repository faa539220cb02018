import Torch

/// The processes that fit one probe together: each passes over its share of the examples and all know every sum. What decides the
/// course of the solver is rank 0's, so that all do the same operations in the same order. Alone, nothing is exchanged.
struct ProbeTeam {
  private let group: ProcessGroup?

  /// `group` nil: this process alone.
  init(_ group: ProcessGroup? = nil) { self.group = group?.worldSize ?? 1 > 1 ? group : nil }

  /// Most processes, and the fewest examples for each: what is sampled must leave some to everyone.
  private static let limits = (processes: 128, examples: 16)

  /// This process's share of `count` examples: contiguous, all shares' sizes at most one apart.
  func share(of count: Int) throws(TransferError) -> Range<Int> {
    guard let group else { return 0..<count }
    guard group.worldSize <= Self.limits.processes, count >= group.worldSize * Self.limits.examples else {
      throw TransferError(
        "processes", found: "\(group.worldSize) for \(count) examples",
        expected: "at most \(Self.limits.processes), and \(Self.limits.examples) examples for each")
    }
    return part(of: count)
  }

  /// The same of few or many; some may get none.
  func part(of count: Int) -> Range<Int> {
    guard let group else { return 0..<count }
    return count * group.rank / group.worldSize..<count * (group.rank + 1) / group.worldSize
  }

  /// The sum over the processes.
  func sum(_ part: Tensor) throws -> Tensor { try group?.allReduce(part.contiguous()) ?? part }

  /// The sum over the processes.
  func sum(_ part: Double) throws -> Double {
    guard group != nil else { return part }
    return try sum(Tensor([part])).doubles().first ?? part
  }

  /// Rank 0's.
  func agreed(_ tensor: Tensor) throws -> Tensor { try group?.broadcast(tensor.contiguous()) ?? tensor }

  /// Rank 0's.
  func agreed(_ decision: Bool) throws -> Bool {
    guard let group else { return decision }
    return try group.broadcast(Tensor([decision ? 1 : 0])).ints().first == 1
  }
}
