import Foundation

/// A queue that any thread puts into and one thread takes from.
final class Mailbox<Message: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var messages: [Message] = []

  func put(_ message: Message) {
    condition.lock()
    messages.append(message)
    condition.signal()
    condition.unlock()
  }

  /// The next message, however long it takes.
  func take() -> Message {
    condition.lock()
    defer { condition.unlock() }
    while messages.isEmpty { condition.wait() }
    return messages.removeFirst()
  }

  /// The next message, or nil when none came within `seconds`.
  func take(within seconds: Double) -> Message? {
    condition.lock()
    defer { condition.unlock() }
    let deadline = Date(timeIntervalSinceNow: seconds)
    while messages.isEmpty {
      guard condition.wait(until: deadline) else { break }
    }
    return messages.isEmpty ? nil : messages.removeFirst()
  }
}

/// Calls a closure with each line that a file handle yields, without the newline, until its end.
enum LineReader {
  static func read(_ handle: FileHandle, _ line: (Data) -> Void) {
    var rest = Data()
    while true {
      let chunk = handle.availableData
      if chunk.isEmpty { break }
      rest.append(chunk)
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        line(Data(rest[rest.startIndex..<end]))
        rest = Data(rest[rest.index(after: end)...])
      }
    }
    if !rest.isEmpty { line(rest) }
  }
}
