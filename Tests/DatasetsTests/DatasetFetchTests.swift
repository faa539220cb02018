import Crypto
import Foundation
import Testing

@testable import Datasets

@Suite struct DatasetFetchTests {
  let folder: TemporaryFolder
  let files: [String: [UInt8]]
  var target: String { folder.url.path + "/data/set" }

  init() throws {
    folder = try TemporaryFolder()
    files = [
      "/train.tar": tarEntry("set/train/1", [1]) + tarEntry("set/train/2", [2]) + tarEnd,
      "/test.tar": tarEntry("set/test/1", [UInt8](repeating: 3, count: 70_000)) + tarEnd,
      "/labels.txt": Array("a\nb\n".utf8), "/bad.tar": tarEntry("../x", [1]) + tarEnd,
    ]
  }

  func file(_ server: FetchServer, _ name: String, unpacks: Bool = true, folder: String? = nil) -> DatasetFetch.File {
    let bytes = files["/" + name] ?? []
    return DatasetFetch.File(
      url: server.url(name), name: name, bytes: bytes.count, sha256: SHA256.hash(data: bytes).hexadecimal,
      unpacks: unpacks, folder: folder)
  }

  func fetch(_ files: [DatasetFetch.File], keepsArchives: Bool = false) -> DatasetFetch {
    var policy = Download.Policy()
    policy.attempts = 1
    return DatasetFetch(files, into: target, keepsArchives: keepsArchives, policy: policy)
  }

  func refusal(_ fetch: DatasetFetch) -> DatasetError? { fault { () throws(DatasetError) in try fetch.run() } }

  func tree(_ path: String) throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: path).sorted() }

  func server() throws -> FetchServer { try FetchServer { [files] in decent($0, files[$0.path] ?? []) } }

  @Test func wholeSet() throws {
    let server = try server()
    let wanted = fetch([
      file(server, "train.tar"), file(server, "test.tar"), file(server, "labels.txt", unpacks: false),
    ])
    var steps: Set<String> = []
    let receipt = try wanted.run(progress: { file, step in
      if case .unpacking = step {
        steps.insert("unpacking " + file.name)
      } else {
        steps.insert("download " + file.name)
      }
    })
    let expected = [
      ".fetched.json", "labels.txt", "set", "set/test", "set/test/1", "set/train", "set/train/1", "set/train/2",
    ]
    #expect(try tree(target) == expected)
    #expect(try tree(folder.url.path + "/data").filter { !$0.hasPrefix("set") }.isEmpty)
    #expect(
      steps == [
        "download train.tar", "download test.tar", "download labels.txt", "unpacking train.tar", "unpacking test.tar",
      ])
    #expect(receipt.downloads.allSatisfy(\.isVerified) && receipt.files == wanted.files)
    #expect(DatasetFetch.receipt(in: target) == receipt)
    // A second run finds what is done, another request does not touch it.
    #expect(try wanted.run() == receipt && server.requests.count == 3)
    #expect(refusal(fetch([file(server, "train.tar")]))?.kind == .alreadyExists)
    #expect(refusal(fetch(wanted.files, keepsArchives: true))?.kind == .alreadyExists)
    #expect(try tree(target) == expected)
  }

  @Test func foldersAndArchives() throws {
    let server = try server()
    let wanted = fetch(
      [
        file(server, "train.tar", folder: "a/b"), file(server, "test.tar", folder: "a"),
        file(server, "labels.txt", unpacks: false),
      ],
      keepsArchives: true)
    try wanted.run()
    #expect(
      try tree(target).filter { !$0.hasSuffix("set") && $0.contains(".") || $0.hasSuffix("1") } == [
        ".fetched.json", "a/b/set/train/1", "a/set/test/1", "labels.txt", "test.tar", "train.tar",
      ])
  }

  /// A run that fails leaves no folder, and the next one fetches only what is missing.
  @Test func failureKeepsDownloads() throws {
    let server = try FetchServer { [files] request in
      let content = files[request.path] ?? []
      return decent(request, content, first: request.path == "/test.tar" && request.number == 0 ? 30_000 : nil)
    }
    let wanted = fetch([file(server, "train.tar"), file(server, "test.tar")])
    #expect(refusal(wanted)?.kind == .badDownload)
    #expect(!FileManager.default.fileExists(atPath: target))
    // Meanwhile nobody else may work there.
    do {
      let other = try StagingFolder(beside: target, purpose: "fetching", keepsContents: true)
      #expect(refusal(wanted)?.kind == .busy && other.target == target)
    }
    let receipt = try wanted.run()
    #expect(server.requests.map(\.path) == ["/train.tar", "/test.tar", "/test.tar"])
    #expect(server.requests.last?.from == 30_000)
    #expect(
      receipt.downloads.map(\.transferred) == [files["/train.tar"]?.count, (files["/test.tar"]?.count ?? 0) - 30_000])
    #expect(try tree(target).contains("set/test/1"))
  }

  @Test func badArchiveLeavesNoFolder() throws {
    let server = try server()
    let bad = file(server, "bad.tar")
    let found = try #require(refusal(fetch([file(server, "train.tar"), bad])))
    #expect(found.kind == .unsafeArchive)
    #expect(!FileManager.default.fileExists(atPath: target))
    // Two archives with the same file in them.
    #expect(refusal(fetch([file(server, "train.tar"), other(server)]))?.kind == .unsafeArchive)
    // A file of the list that an archive brings, too.
    var labels = file(server, "labels.txt", unpacks: false)
    labels.name = "set/train/1"
    #expect(refusal(fetch([file(server, "train.tar"), labels]))?.kind == .alreadyExists)
    #expect(!FileManager.default.fileExists(atPath: target))
    #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/data/.set.fetching/tree"))
    // What they left is of use: there was one request for train.tar, and one for its copy.
    try fetch([file(server, "train.tar"), file(server, "labels.txt", unpacks: false)]).run()
    #expect(server.requests.count { $0.path == "/train.tar" } == 2)
  }

  func other(_ server: FetchServer) -> DatasetFetch.File {
    var copy = file(server, "train.tar")
    copy.name = "copy.tar"
    return copy
  }

  @Test func wrongBytes() throws {
    let server = try server()
    var wrong = file(server, "train.tar")
    wrong.sha256 = String(repeating: "0", count: 64)
    #expect(refusal(fetch([wrong]))?.kind == .digestMismatch)
    #expect(try tree(folder.url.path) == ["data"])
  }

  @Test func lists() throws {
    let server = try server()
    let good = file(server, "train.tar")
    func changed(_ change: (inout DatasetFetch.File) -> Void) -> DatasetFetch.File {
      var copy = good
      change(&copy)
      return copy
    }
    let wrong = [
      changed { $0.name = "../x.tar" }, changed { $0.name = "/etc/x.tar" }, changed { $0.name = "./" },
      changed { $0.folder = "../up" }, changed { $0.name = "x.rar" }, changed { $0.name = ".fetched.json" },
      changed { $0.name = "./train.tar" },
    ]
    for file in wrong { #expect(refusal(fetch([good, file]))?.kind == .badReference, "\(file.name)") }
    #expect(refusal(fetch([]))?.kind == .empty)
    #expect(refusal(fetch([changed { $0.bytes = 1 << 60 }]))?.kind == .noSpace)
    #expect(
      refusal(fetch([changed { $0.bytes = .max }, changed { ($0.bytes, $0.name) = (.max, "b.tar") }]))?.kind == .noSpace
    )
    #expect(server.requests.isEmpty && !FileManager.default.fileExists(atPath: target))
  }

  @Test func cancellation() throws {
    let server = try server()
    let wanted = fetch([file(server, "train.tar"), file(server, "test.tar")])
    var asked = 0
    let found = fault { () throws(DatasetError) in
      try wanted.run(isCancelled: {
        asked += 1
        return !server.requests.isEmpty && asked > 3
      })
    }
    #expect(found?.kind == .cancelled)
    #expect(!FileManager.default.fileExists(atPath: target))
    try wanted.run()
    #expect(try tree(target).contains("set/train/2"))
  }
}
