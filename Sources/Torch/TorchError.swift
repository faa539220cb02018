import CTorch

/// An operation of LibTorch that failed, with LibTorch's own words.
public struct TorchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Kind: Sendable {
    /// Memory could not be had.
    case outOfMemory
    /// Arguments that do not fit each other, a missing gradient, an unknown operator, ...
    case invalid
    /// Another process of the group did not come, ended, or did not answer in time; the message names its rank.
    case noContact
  }

  /// The kind of failure.
  public let kind: Kind
  /// The operation that was tried, as named in Swift.
  public let operation: String
  /// What LibTorch said.
  public let message: String

  /// Errors of the binding that nobody has freed.
  static var unfreed: Int { ct_live_errors() }

  /// Makes an error of this layer's own checks.
  public init(kind: Kind = .invalid, operation: String, message: String) {
    self.kind = kind
    self.operation = operation
    self.message = message
  }

  /// One sentence for people.
  public var description: String {
    let firstLine = message.split(separator: "\n").first.map(String.init) ?? "no reason given"
    return "\(operation): \(kind == .outOfMemory ? "out of memory: " : "")\(firstLine)"
  }
}

/// Turns the error that the binding returned into a thrown one and frees it.
@inline(__always)
func check(_ error: OpaquePointer?, _ operation: StaticString) throws(TorchError) {
  guard let error else { return }
  let kind: TorchError.Kind =
    switch ct_error_code(error) {
    case Int32(ct_out_of_memory): .outOfMemory
    case Int32(ct_no_contact): .noContact
    default: .invalid
    }
  let message = String(cString: ct_error_message(error))
  ct_error_free(error)
  throw TorchError(kind: kind, operation: "\(operation)", message: message)
}
