/// Why a file of arrays (.safetensors, .npy, .npz, checkpoint) could not be read or written.
public struct ArrayFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What went wrong, for programs.
  public enum Kind: String, Hashable, Sendable {
    /// The file could not be opened or mapped.
    case unreadable
    /// The file's bytes do not follow the format.
    case malformed
    /// The file follows the format, but holds something this program does not take.
    case unsupported
    /// The file could not be written; what stood under its name before is untouched.
    case unwritable
  }

  /// What went wrong.
  public var kind: Kind
  /// Path of the file.
  public var file: String
  /// The part of the file that is wrong: "header length", "features.shape", ...
  public var field: String
  /// What was found there.
  public var found: String
  /// What belongs there, or how to mend it.
  public var expected: String

  /// An error about one field of one file.
  public init(_ kind: Kind, file: String, field: String, found: String, expected: String) {
    self.kind = kind
    self.file = file
    self.field = field
    self.found = found
    self.expected = expected
  }

  /// One sentence for people.
  public var description: String { "\(file): \(field): found \(found); expected \(expected)" }
}
