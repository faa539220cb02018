/// Why a data set could not be had: which file, where in it, what was expected, what was found, and what helps.
///
/// Nothing is ever returned in part: a set that cannot be read whole is this error.
public struct DatasetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// The file or folder does not exist.
    case missing
    /// A folder stands where a file was expected, or a file where a folder was.
    case wrongKindOfFile = "wrong kind of file"
    /// The system refused to open, read or write the file.
    case unreadable
    /// The file holds nothing, or no sample.
    case empty
    /// The file ends too early.
    case truncated
    /// The file goes on after its end.
    case oversized
    /// The file does not begin as its format does.
    case wrongMagic = "wrong magic"
    /// Sizes that belong together differ.
    case countMismatch = "count mismatch"
    /// A label is not below the number of classes.
    case labelOutOfRange = "label out of range"
    /// A number is not one that can stand there, such as NaN.
    case badValue = "bad value"
    /// The compressed data are damaged.
    case badGzip = "bad gzip"
    /// The archive is damaged, or of a kind that is not read.
    case badArchive = "bad archive"
    /// The archive would write outside its folder, or more than allowed.
    case unsafeArchive = "unsafe archive"
    /// The server could not be reached, refused, or sent something else than it announced.
    case badDownload = "bad download"
    /// The bytes are not those whose digest is known.
    case digestMismatch = "digest mismatch"
    /// The disk has no room.
    case noSpace = "no space"
    /// Another run is at work on the same folder.
    case busy
    /// Stopped by the user.
    case cancelled
    /// The file is larger than the program takes.
    case tooLarge = "too large"
    /// A line of a text file cannot be understood.
    case badText = "bad text"
    /// A packed file is damaged.
    case badPack = "bad pack"
    /// A picture cannot be decoded.
    case badImage = "bad image"
    /// The data set's name is not on the list.
    case unknownName = "unknown name"
    /// The data set is named in a way that makes no sense.
    case badReference = "bad reference"
  }

  /// The kind of fault.
  public var kind: Kind
  /// The file or folder concerned.
  public var file: String?
  /// Where in the file, in bytes after unpacking; for `badGzip`, in the packed file; for `badText`, the line.
  public var offset: Int?
  /// What was expected there.
  public var expected: String
  /// What was found.
  public var found: String
  /// What to do about it.
  public var cure: String?

  /// An error with all that is known about it.
  public init(
    _ kind: Kind, file: String? = nil, offset: Int? = nil, expected: String, found: String,
    cure: String? = nil
  ) {
    self.kind = kind
    self.file = file
    self.offset = offset
    self.expected = expected
    self.found = found
    self.cure = cure
  }

  /// One line for people: `train.bin, byte 9219: expected ..., found ... (truncated). Download it again.`
  public var description: String {
    var text = ""
    if let file {
      text += file
      if let offset { text += kind == .badText ? ", line \(offset)" : ", byte \(offset)" }
      text += ": "
    }
    text += "expected \(expected), found \(found) (\(kind.rawValue))"
    if let cure { text += "; \(cure)" }
    return text
  }
}
