/// What is wrong with a specification, where, and what to write instead.
public struct SpecificationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// `file:line:column`, or the `--set` argument at fault.
  public var place: String
  /// What is wrong, what was expected, and the cure.
  public var message: String
  /// Whether the command line is at fault (exit 2) and not the file (exit 3).
  public var isUsage: Bool

  /// Makes an error about a place.
  public init(place: String, message: String, isUsage: Bool = false) {
    self.place = place
    self.message = message
    self.isUsage = isUsage
  }

  /// `place: message`.
  public var description: String { "\(place): \(message)" }
}
