import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `log.jsonl` in a study's folder: what happened, one JSON object a line, appended by everybody who works on it.
struct StudyLog {
  enum Event: String, Encodable {
    case joined, left
    case claimed, done, retried, failed, interrupted
    /// An owner was found dead, and its stages are free.
    case freed
    /// This owner was taken for dead by another one and joined again.
    case rejoined
    /// A stage came to its end here after another owner was given it; nothing was recorded.
    case late
    case warning
  }

  struct Line: Encodable {
    var time = Date().iso8601
    var event: Event
    var owner: String
    var host: String
    var process: Int
    var run: String?
    var stage: String?
    var kind: StageKind?
    var target: String?
    var attempt: Int?
    var seconds: Double?
    var error: String?
    var log: String?
  }

  private let file: URL
  var owner: OwnerRecord

  init(_ directory: URL, owner: OwnerRecord) {
    file = directory.appendingPathComponent("log.jsonl")
    self.owner = owner
  }

  func write(
    _ event: Event, _ stage: StageRecord? = nil, attempt: Int? = nil, seconds: Double? = nil, error: String? = nil,
    log: String? = nil
  ) {
    var line = Line(event: event, owner: owner.id, host: owner.place.host, process: owner.place.process)
    line.run = stage?.runDigest
    line.stage = stage?.digest
    line.kind = stage?.kind
    line.target = stage.flatMap { $0.target.isEmpty ? nil : $0.target }
    line.attempt = attempt
    line.seconds = seconds
    line.error = error
    line.log = log.flatMap { $0.isEmpty ? nil : $0 }
    guard var data = try? CanonicalJSON.data(line) else { return }
    data.append(UInt8(ascii: "\n"))
    // One call for the whole line, at the end whoever else writes. The store is what counts; a full disk shows there.
    let opened = open(file.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard opened >= 0 else { return }
    defer { close(opened) }
    data.withUnsafeBytes { bytes in
      if let start = bytes.baseAddress { _ = append(opened, start, bytes.count) }
    }
  }
}

private func append(_ file: CInt, _ start: UnsafeRawPointer, _ count: Int) -> Int { write(file, start, count) }
