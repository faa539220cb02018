import Crypto
import Foundation
import Testing

@testable import Datasets

@Suite struct DownloadTests {
  let folder: TemporaryFolder
  let content: [UInt8]
  let digest: String
  var target: String { folder.url.path + "/a.bin" }

  init() throws {
    folder = try TemporaryFolder()
    var random = CounterGenerator(seed: 5, purpose: .bench)
    content = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    digest = SHA256.hash(data: content).hexadecimal
  }

  func download(
    _ server: FetchServer, _ path: String = "a.bin", bytes: Int? = nil, sha256: String? = nil, md5: String? = nil,
    attempts: Int = 3
  ) -> Download {
    var download = Download(server.url(path), to: target, bytes: bytes, sha256: sha256, md5: md5)
    download.policy.attempts = attempts
    download.policy.firstDelay = 0.02
    download.policy.longestDelay = 0.1
    download.policy.stallSeconds = 1
    return download
  }

  func refusal(_ download: Download) -> DatasetError? {
    fault { () throws(DatasetError) in try download.run() }
  }

  func saved() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: target))) }
  func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() }

  @Test func plain() throws {
    let server = try FetchServer { [content] in decent($0, content) }
    var last = Download.Progress()
    let receipt = try download(server, bytes: content.count, sha256: digest.uppercased()).run(progress: { last = $0 })
    #expect(
      receipt
        == Download.Receipt(
          bytes: content.count, sha256: digest, source: server.url("a.bin"), isVerified: true,
          transferred: content.count))
    #expect(try saved() == content && names() == ["a.bin"])
    #expect(last.received == content.count && last.total == content.count && last.failures == 0)
    // A second run knows the file by its digest, and asks nobody; without a digest it does not touch it.
    #expect(try download(server, sha256: digest).run().transferred == 0 && server.requests.count == 1)
    #expect(refusal(download(server))?.kind == .alreadyExists)
    #expect(refusal(download(server, md5: String(repeating: "0", count: 32)))?.kind == .alreadyExists)
    let md5 = Insecure.MD5.hash(data: content).hexadecimal
    #expect(try download(server, md5: md5).run().isVerified)
  }

  /// A connection that drops midway costs the rest only.
  @Test(arguments: [false, true]) func resumes(withReset: Bool) throws {
    let server = try FetchServer { [content] request in
      decent(request, content, first: request.number < 2 ? 100_000 : nil) + (withReset ? [.reset] : [])
    }
    let receipt = try download(server, sha256: digest).run()
    #expect(try saved() == content && names() == ["a.bin"])
    #expect(server.requests.map(\.from) == [nil, 100_000, 200_000])
    #expect(server.requests.dropFirst().allSatisfy { $0.fields["if-range"] == "\"one\"" })
    #expect(receipt.transferred == content.count && server.served < content.count + 1000)
  }

  /// What one run leaves, the next goes on with.
  @Test func resumesInAnotherRun() throws {
    let server = try FetchServer { [content] request in
      decent(request, content, first: request.number == 0 ? 123_456 : nil)
    }
    let found = try #require(refusal(download(server, attempts: 1)))
    #expect(found.kind == .badDownload && found.expected == "all 300000 bytes", "\(found)")
    #expect(found.found.contains("(attempts: 1)") && found.cure?.contains("from byte 123456") == true)
    #expect(try names() == ["a.bin.partial", "a.bin.partial.json"])
    let receipt = try download(server).run()
    #expect(
      receipt.transferred == content.count - 123_456 && receipt.bytes == content.count && receipt.sha256 == digest)
    #expect(try saved() == content && names() == ["a.bin"])
    #expect(server.served < content.count + 1000)
  }

  /// All bytes came, but the run was stopped before the end: the server's 416 confirms them.
  @Test func completePart() throws {
    let server = try FetchServer { [content] in decent($0, content) }
    try folder.write("a.bin.partial", content)
    let note = PartialFile.Note(
      url: server.url("a.bin"), validator: "\"one\"", total: content.count, count: content.count)
    try folder.write("a.bin.partial.json", JSONEncoder().encode(note))
    let receipt = try download(server).run()
    #expect(try saved() == content && receipt.transferred == 0 && server.requests.count == 1)
  }

  /// Bytes after the noted count may be anything after a crash; other URLs and damaged notes count for nothing.
  @Test func leftovers() throws {
    let server = try FetchServer { [content] in decent($0, content) }
    let garbage = [UInt8](repeating: 0, count: 5000)
    var note = PartialFile.Note(url: server.url("a.bin"), validator: "\"one\"", total: content.count, count: 1000)
    try folder.write("a.bin.partial", content.prefix(1000) + garbage)
    try folder.write("a.bin.partial.json", JSONEncoder().encode(note))
    #expect(try download(server).run().transferred == content.count - 1000)
    #expect(try saved() == content)
    let good = try JSONEncoder().encode(note)
    note.url = "http://elsewhere/"
    let other = try JSONEncoder().encode(note)
    note = PartialFile.Note(url: server.url("a.bin"), validator: nil, total: nil, count: 1000)
    for bytes in [other, Data("{".utf8), try JSONEncoder().encode(note), Data()] {
      try FileManager.default.removeItem(atPath: target)
      try folder.write("a.bin.partial", garbage)
      try folder.write("a.bin.partial.json", bytes)
      #expect(try download(server).run().transferred == content.count)
      #expect(try saved() == content)
    }
    // A part that is shorter than its note says.
    try FileManager.default.removeItem(atPath: target)
    try folder.write("a.bin.partial", content.prefix(10))
    try folder.write("a.bin.partial.json", good)
    #expect(try download(server).run().transferred == content.count)
    // Wrong bytes of an earlier run are found by the digest, and fetched once more.
    try FileManager.default.removeItem(atPath: target)
    try folder.write("a.bin.partial", garbage)
    try folder.write("a.bin.partial.json", good)
    #expect(try download(server, sha256: digest).run().transferred == 2 * content.count - 1000)
    #expect(try saved() == content)
  }

  @Test func serverWithoutRanges() throws {
    let server = try FetchServer { [content] request in
      [
        .head(200, ["Content-Length: \(content.count)", "ETag: \"one\""]),
        .send(Array(content.prefix(request.number == 0 ? 1000 : content.count))),
      ]
    }
    let receipt = try download(server).run()
    #expect(try saved() == content && receipt.transferred == content.count + 1000)
    #expect(server.requests.map(\.from) == [nil, 1000])
  }

  /// The file changes between two parts: a decent server sends all of the new one, a careless one a part of it.
  @Test(arguments: [false, true]) func changedFile(isCareless: Bool) throws {
    let new = [UInt8](content.reversed())
    let server = try FetchServer { [content] request in
      if request.number == 0 { return decent(request, content, first: 1000) }
      var request = request
      if isCareless { request.fields["if-range"] = nil }
      return decent(request, new, etag: "\"two\"")
    }
    let receipt = try download(server).run()
    #expect(try saved() == new && receipt.bytes == new.count)
    #expect(server.requests.map(\.from) == (isCareless ? [nil, 1000, nil] : [nil, 1000]))
  }

  /// A server that always sends a wrong part.
  @Test func endlessChange() throws {
    let server = try FetchServer { [content] request in
      decent(request, content, etag: "\"\(request.number)\"", first: 1000).map { $0 }
    }
    let careless = try FetchServer { [content] request in
      var request = request
      request.fields["if-range"] = nil
      return decent(request, content, etag: "\"\(request.number)\"", first: 1000)
    }
    #expect(refusal(download(server))?.kind == .badDownload)
    let found = refusal(download(careless, attempts: 100))
    #expect(found?.found == "another each time")
    #expect(careless.requests.count < 20)
  }

  @Test func stalls() throws {
    let server = try FetchServer { [content] request in
      decent(request, content, first: request.number == 0 ? 5000 : nil) + (request.number == 0 ? [.stall(4)] : [])
    }
    let start = ContinuousClock.now
    #expect(try download(server).run().bytes == content.count)
    #expect(ContinuousClock.now - start < .seconds(3.9), "the stall was waited for")
    #expect(server.requests.map(\.from) == [nil, 5000])
    // Nothing at all.
    let mute = try FetchServer { _ in [.stall(4)] }
    let found = try #require(
      refusal(Download(mute.url("x"), to: target + "2", policy: download(mute, attempts: 1).policy)))
    #expect(found.kind == .badDownload && found.found == "next to nothing for 1 seconds (attempts: 1)", "\(found)")
    #expect(try names() == ["a.bin"])
  }

  @Test func liesAboutTheLength() throws {
    // Shorter than announced, every time.
    let short = try FetchServer { request in
      [.head(200, ["Content-Length: 100"]), .send([UInt8](repeating: 1, count: 60))]
    }
    var found = try #require(refusal(download(short)))
    #expect(found.kind == .badDownload && found.expected == "all 100 bytes" && found.cure != nil, "\(found)")
    #expect(short.requests.count == 3)
    // Longer than announced.
    let long = try FetchServer { _ in
      [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n".utf8) + [UInt8](repeating: 1, count: 60))]
    }
    try? FileManager.default.removeItem(atPath: target + ".partial")
    try? FileManager.default.removeItem(atPath: target + ".partial.json")
    found = try #require(refusal(download(long)))
    #expect(found.kind == .badDownload && found.expected == "at most 50 bytes" && found.found == "more")
    // Another length than the list says.
    found = try #require(refusal(download(long, bytes: 60)))
    #expect(found.expected == "60 bytes" && found.found == "50 announced")
    // No length, and more or less than the list says.
    let silent = try FetchServer { _ in [.head(200, []), .send([UInt8](repeating: 1, count: 60))] }
    found = try #require(refusal(download(silent, bytes: 59)))
    #expect(found.found == "more")
    found = try #require(refusal(download(silent, bytes: 61)))
    #expect(found.found.contains("the end after 60 bytes"), "\(found)")
    try? FileManager.default.removeItem(atPath: target + ".partial")
    try? FileManager.default.removeItem(atPath: target + ".partial.json")
    #expect(try download(silent, bytes: 60).run().bytes == 60)
    #expect(try names() == ["a.bin"])
  }

  @Test func chunks() throws {
    let body = Array("5\r\nhello\r\n6\r\n world\r\n".utf8)
    let server = try FetchServer { request in
      [.head(200, ["Transfer-Encoding: chunked"]), .send(body + (request.number == 0 ? [] : Array("0\r\n\r\n".utf8)))]
    }
    #expect(try download(server).run().bytes == 11)
    #expect(server.requests.count == 2)
  }

  @Test func errorsOfTheServer() throws {
    let server = try FetchServer { [content] request in
      request.number < 2
        ? [.head([500, 503][request.number], ["Content-Length: 4", "Retry-After: 0"]), .send([1, 2, 3, 4])]
        : decent(request, content)
    }
    var failures = 0
    try download(server, sha256: digest).run(progress: { failures = $0.failures })
    #expect(try saved() == content && server.requests.count == 3 && failures == 2)
    try FileManager.default.removeItem(atPath: target)
    let broken = try FetchServer { _ in [.head(500, ["Content-Length: 0"])] }
    var found = try #require(refusal(download(broken)))
    #expect(found.found == "HTTP status 500 (attempts: 3)" && broken.requests.count == 3)
    for (status, cure) in [(404, "not there any more"), (403, "login"), (418, "browser")] {
      let server = try FetchServer { _ in [.head(status, ["Content-Length: 0"])] }
      found = try #require(refusal(download(server)))
      #expect(
        found.found == "HTTP status \(status)" && found.cure?.contains(cure) == true && server.requests.count == 1)
      #expect(found.file == server.url("a.bin"))
    }
    #expect(try names().isEmpty)
  }

  @Test func wrongBytes() throws {
    let server = try FetchServer { [content] in decent($0, content) }
    let found = try #require(refusal(download(server, sha256: String(repeating: "0", count: 64))))
    #expect(found.kind == .digestMismatch && found.found.contains(digest) && found.found.contains("removed"))
    #expect(refusal(download(server, md5: String(repeating: "0", count: 32)))?.kind == .digestMismatch)
    #expect(try names().isEmpty && server.requests.count == 2)
    // A page that asks for a consent, where no digest could tell.
    let page = try FetchServer { _ in
      [.head(200, ["Content-Type: text/html; charset=utf-8", "Content-Length: 2"]), .send([1, 2])]
    }
    #expect(refusal(download(page))?.found.hasPrefix("a web page") == true)
    #expect(try names().isEmpty)
  }

  @Test func redirects() throws {
    let server = try FetchServer { [content] request in
      switch request.path {
      case "/a.bin": [.head(302, ["Location: /b.bin", "Content-Length: 3", "ETag: \"wrong\""]), .send([1, 2, 3])]
      case "/b.bin": decent(request, content)
      case "/loop": [.head(301, ["Location: /loop", "Content-Length: 0"])]
      case "/file": [.head(302, ["Location: file:///etc/passwd", "Content-Length: 0"])]
      default: [.head(302, ["Location: ftp://127.0.0.1/x", "Content-Length: 0"])]
      }
    }
    let receipt = try download(server, sha256: digest).run()
    #expect(receipt.source == server.url("b.bin"))
    #expect(try saved() == content)
    try FileManager.default.removeItem(atPath: target)
    var found = try #require(refusal(download(server, "loop")))
    #expect(found.expected == "at most 10 redirects" && server.requests.count { $0.path == "/loop" } == 11)
    for path in ["file", "ftp"] {
      found = try #require(refusal(download(server, path)))
      #expect(found.kind == .badDownload && found.expected.hasPrefix("http or https"), "\(found)")
    }
    #expect(try names().isEmpty)
  }

  @Test func limitsAndReferences() throws {
    let server = try FetchServer { [content] request in
      request.path == "/silent" ? [.head(200, []), .send(content)] : decent(request, content)
    }
    var small = download(server)
    small.policy.limit = 299_999
    #expect(refusal(small)?.kind == .tooLarge)
    small.url = server.url("silent")
    #expect(refusal(small)?.expected == "at most 299999 bytes")
    let huge = try FetchServer { _ in [.head(200, ["Content-Length: \(1 << 60)"]), .send([1])] }
    var wide = download(huge)
    wide.policy.limit = .max
    #expect(refusal(wide)?.kind == .noSpace)
    for url in ["file:///etc/passwd", "ftp://x/y", "x.bin", "", "http://a b/c", "http://"] {
      #expect(refusal(Download(url, to: target))?.kind == .badDownload, "\(url)")
    }
    #expect(refusal(download(server, sha256: "abc"))?.expected.contains("64 hexadecimal") == true)
    #expect(try names().isEmpty)
  }

  @Test func nobodyThere() throws {
    let port = try FetchServer { _ in [] }.port
    usleep(100_000)
    var download = Download("http://127.0.0.1:\(port)/a", to: target)
    download.policy.attempts = 2
    download.policy.firstDelay = 0.01
    let found = try #require(refusal(download))
    #expect(found.kind == .badDownload && found.found.contains("(attempts: 2)"), "\(found)")
    #expect(try names().isEmpty)
  }

  @Test func cancellation() throws {
    let server = try FetchServer { [content] request in
      decent(request, content, first: 50_000) + [.stall(3)]
    }
    let start = ContinuousClock.now
    let found = fault { () throws(DatasetError) in
      try download(server).run(isCancelled: { ContinuousClock.now - start > .seconds(0.3) })
    }
    #expect(found?.kind == .cancelled && found?.found.contains("50000") == true)
    #expect(try names() == ["a.bin.partial", "a.bin.partial.json"])
    // Between two attempts, too.
    let broken = try FetchServer { _ in [.head(503, ["Content-Length: 0", "Retry-After: 60"])] }
    var patient = Download(broken.url("b"), to: target + "2")
    patient.policy.longestDelay = 60
    let again = ContinuousClock.now
    let stopped = fault { () throws(DatasetError) in
      try patient.run(isCancelled: { ContinuousClock.now - again > .seconds(0.3) })
    }
    #expect(stopped?.kind == .cancelled && ContinuousClock.now - again < .seconds(3))
  }

  @Test func twoRuns() throws {
    let server = try FetchServer { [content] in decent($0, content) }
    let other = try PartialFile(download(server))
    #expect(refusal(download(server))?.kind == .busy)
    other.close()
    #expect(try download(server).run().bytes == content.count)
  }
}
