import Foundation
import Synchronization

/// An HTTP server on loopback that misbehaves as told.
final class FetchServer: Sendable {
  /// A request as it came.
  struct Request: Sendable {
    /// Its path, such as `/a.bin`.
    var path: String
    /// How many requests of that path came before.
    var number: Int
    /// Header fields, names in lower case.
    var fields: [String: String]
    /// First byte asked for; nil without Range.
    var from: Int?
  }

  /// What the server does.
  enum Action: Sendable {
    case send([UInt8])
    /// Sends nothing for so long.
    case stall(Double)
    /// Breaks off with a reset instead of an end.
    case reset
  }

  private struct State {
    var requests: [Request] = []
    var bodyBytes = 0
  }

  let port: Int
  private let listener: Int32
  private let answer: @Sendable (Request) -> [Action]
  private let state = Mutex(State())

  /// `answer` gives what to do for each request; the connection is closed afterwards.
  init(_ answer: @escaping @Sendable (Request) -> [Action]) throws {
    setenv("no_proxy", "127.0.0.1", 1)
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        guard let server = self else {
          close(connection)
          return
        }
        Thread.detachNewThread { server.serve(connection) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// The requests so far.
  var requests: [Request] { state.withLock { $0.requests } }

  /// Bytes handed to the network so far, headers included.
  var served: Int { state.withLock { $0.bodyBytes } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard head.count < 65536, recv(connection, &byte, 1, 0) == 1 else { return }
      head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let path = lines[0].split(separator: " ").dropFirst().first.map(String.init) ?? ""
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let from = fields["range"].flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) }
    let request = state.withLock { state in
      let number = state.requests.count { $0.path == path }
      state.requests.append(Request(path: path, number: number, fields: fields, from: from))
      return state.requests[state.requests.count - 1]
    }
    for action in answer(request) {
      switch action {
      case .send(let bytes):
        guard send(bytes, to: connection) else { return }
      case .stall(let seconds): usleep(UInt32(seconds * 1e6))
      case .reset:
        usleep(50_000)  // Lets what was sent arrive first.
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      }
    }
  }

  private func send(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var done = 0
    while done < bytes.count {
      let put = bytes.withUnsafeBytes {
        Foundation.send(connection, $0.baseAddress.map { $0 + done }, bytes.count - done, Int32(MSG_NOSIGNAL))
      }
      guard put > 0 else { return false }
      done += put
      state.withLock { $0.bodyBytes += put }
    }
    return true
  }
}

extension FetchServer.Action {
  /// Status line and headers.
  static func head(_ status: Int, _ fields: [String]) -> Self {
    .send(
      Array((["HTTP/1.1 \(status) Text", "Connection: close"] + fields + ["", ""]).joined(separator: "\r\n").utf8))
  }
}

/// What a decent server does: Range and If-Range are followed.
func decent(
  _ request: FetchServer.Request, _ content: [UInt8], etag: String = "\"one\"", first: Int? = nil
) -> [FetchServer.Action] {
  let condition = request.fields["if-range"]
  guard let from = request.from, condition == nil || condition == etag else {
    let head = FetchServer.Action.head(200, ["Content-Length: \(content.count)", "ETag: \(etag)"])
    return [head, .send(Array(content.prefix(first ?? content.count)))]
  }
  guard from < content.count else { return [.head(416, ["Content-Range: bytes */\(content.count)", "ETag: \(etag)"])] }
  return [
    .head(
      206,
      [
        "Content-Length: \(content.count - from)", "ETag: \(etag)",
        "Content-Range: bytes \(from)-\(content.count - 1)/\(content.count)",
      ]),
    .send(Array(content[from...].prefix(first ?? content.count))),
  ]
}
