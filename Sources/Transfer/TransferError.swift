/// Input that a transfer protocol cannot work on.
public struct TransferError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The argument at fault: "lambdas", "train labels", ...
  public var argument: String
  /// What was found.
  public var found: String
  /// What it must be, or how to mend it.
  public var expected: String

  /// An error about one argument.
  public init(_ argument: String, found: String, expected: String) {
    self.argument = argument
    self.found = found
    self.expected = expected
  }

  /// One sentence for people.
  public var description: String { "\(argument): found \(found); expected \(expected)" }
}
