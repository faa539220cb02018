/// Input that a measure cannot work on.
public struct MeasureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file that it came from, where that is known.
  public var file: String?
  /// The argument at fault: "labels", "features", ...
  public var argument: String
  /// What was found.
  public var found: String
  /// What it must be, or how to mend it.
  public var expected: String

  /// An error about one argument.
  public init(_ argument: String, found: String, expected: String, file: String? = nil) {
    self.file = file
    self.argument = argument
    self.found = found
    self.expected = expected
  }

  /// One sentence for people.
  public var description: String {
    (file.map { "\($0): " } ?? "") + "\(argument): found \(found); expected \(expected)"
  }
}
