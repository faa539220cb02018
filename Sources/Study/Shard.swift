/// One of `count` equal parts of a study: every run whose place in the plan leaves `number - 1` when divided by
/// `count`. All parts together are the study; a run and its stages stay together.
public struct Shard: Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  public let number: Int
  /// At least `number`.
  public let count: Int

  /// A part; nil unless 1 <= `number` <= `count`.
  public init?(_ number: Int, of count: Int) {
    guard number >= 1, number <= count else { return nil }
    self.number = number
    self.count = count
  }

  /// A part written as `2/5`; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { ("0"..."9").contains($0) } }),
      let number = Int(parts[0]), let count = Int(parts[1])
    else { return nil }
    self.init(number, of: count)
  }

  /// Whether the run at a place of the plan, from 0, belongs to it.
  public func contains(_ place: Int) -> Bool { place % count == number - 1 }

  /// Such as `2/5`.
  public var description: String { "\(number)/\(count)" }
}
