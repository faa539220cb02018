import Foundation
import Testing

@testable import Datasets

@Suite struct ArchiveTests {
  let folder: TemporaryFolder
  let fixtures: ArchiveFixtures
  var target: String { folder.url.path + "/out" }

  init() throws {
    folder = try TemporaryFolder()
    fixtures = try ArchiveFixtures.load()
  }

  /// Every path below a folder, files with their content.
  func contents(_ path: String) throws -> [String: Data?] {
    var found: [String: Data?] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      found.updateValue(try? Data(contentsOf: URL(fileURLWithPath: path + "/" + name)), forKey: name)
    }
    return found
  }

  /// What lies in the test's folder, to show that nothing is left behind.
  func leftovers() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
  }

  func refusal(_ name: String, _ bytes: some Sequence<UInt8>, limits: Archive.Limits = .init()) throws -> DatasetError?
  {
    let file = try folder.put(name, [UInt8](bytes))
    let before = try leftovers()
    let found = fault { () throws(DatasetError) in try Archive.unpack(file, into: target, limits: limits) }
    if found != nil { #expect(try leftovers() == before, "\(name) leaves something behind") }
    try? FileManager.default.removeItem(atPath: target)
    return found
  }

  @Test func soundArchives() throws {
    let tree = Dictionary(uniqueKeysWithValues: fixtures.tree.map { ($0.name, $0.content) })
    for (name, bytes) in fixtures.sound where name != "modes.zip" {
      let file = try folder.put(name, [UInt8](bytes))
      let done = try Archive.unpack(file, into: target)
      #expect(try contents(target) == tree, "\(name)")
      #expect(done.entries == tree.count && done.read == done.total && done.total == bytes.count)
      #expect(done.unpacked >= 1717)
      let mode = try FileManager.default.attributesOfItem(atPath: target + "/set/empty.txt")[.posixPermissions]
      #expect((mode as? Int).map { $0 & 0o7133 } == 0)
      try FileManager.default.removeItem(atPath: target)
    }
    let plain = try StoredFile(folder.url.path + "/set.tar.gz", packing: .byName).contents()
    let file = try folder.write("plain.tar", plain)
    try Archive.unpack(file, into: target)
    #expect(try contents(target) == tree)
  }

  /// Zips made elsewhere than on Unix, or by Python's writestr, have no file modes.
  @Test func zipsWithoutModes() throws {
    try Archive.unpack(try folder.write("a.zip", try #require(fixtures.sound["modes.zip"])), into: target)
    #expect(
      try contents(target) == [
        "dos": nil, "dos/a.txt": Data("dos".utf8), "none": nil, "none/b.txt": Data("none".utf8), "empty": nil,
      ])
  }

  @Test func singleFile() throws {
    let packed = try #require(fixtures.sound["set.tar.gz"])
    let file = try folder.write("labels.txt.gz", packed)
    try Archive.unpack(file, into: target)
    let plain = try StoredFile(file, packing: .byName).contents()
    #expect(try contents(target) == ["labels.txt": Data(plain)])
  }

  @Test func sparseFilesComeOutWhole() throws {
    for (name, bytes) in fixtures.sparse {
      try Archive.unpack(try folder.write("\(name).tar.gz", bytes), into: target, limits: .init(ratio: 1e9))
      var expected = Data(count: 1 << 20)
      expected.replaceSubrange(1 << 19..<(1 << 19) + 4, with: Data("data".utf8))
      #expect(try contents(target)["holes"] == expected, "\(name)")
      try FileManager.default.removeItem(atPath: target)
    }
  }

  /// Nothing of a hostile archive is kept, and nothing outside the target changes.
  @Test func hostileArchives() throws {
    try folder.write("outside/keep.txt", Array("keep".utf8))
    for (name, bytes) in fixtures.hostile.sorted(by: { $0.key < $1.key }) {
      let found = try #require(try refusal(name, bytes), "\(name) was unpacked")
      #expect(found.kind == .unsafeArchive, "\(name): \(found)")
      #expect(found.cure != nil && found.file?.hasSuffix(name) == true)
      #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/escaped"), "\(name)")
      #expect(!FileManager.default.fileExists(atPath: "/tmp/separatrix-escaped"), "\(name)")
      #expect(try contents(folder.url.path + "/outside") == ["keep.txt": Data("keep".utf8)])
    }
  }

  /// Links that stay inside are kept; a hard link is the file's second name.
  @Test func harmlessLinks() throws {
    let archive =
      tarEntry("a/f", [7]) + tarEntry("b/up", type: "2", link: "../a/f") + tarEntry("b/same", type: "1", link: "a/f")
      + tarEntry("whole", type: "2", link: "./a") + tarEntry("dangling", type: "2", link: "nothing")
      + tarEntry("./", type: "5")
    let done = try Archive.unpack(try folder.write("a.tar", archive + tarEnd), into: target)
    #expect(done.entries == 7)
    for name in ["a/f", "b/up", "b/same", "whole/f"] {
      #expect(try Data(contentsOf: URL(fileURLWithPath: target + "/" + name)) == Data([7]), "\(name)")
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: target + "/b/up") == "../a/f")
  }

  /// A link that is safe word by word, but not through another link.
  @Test func chainsOfLinks() throws {
    let archive =
      tarEntry("p/q/", type: "5") + tarEntry("p/q/r", type: "2", link: "../../")
      + tarEntry("out", type: "2", link: "p/q/r/..") + tarEnd
    #expect(try refusal("a.tar", archive)?.found.contains("p/q/r/..") == true)
  }

  /// Whatever names and links an archive joins, nothing is written outside, and no link leads there: not even in
  /// what a refused archive left before it was refused.
  @Test func randomLinks() throws {
    var random = CounterGenerator(seed: 9, purpose: .bench)
    let names = ["a", "b", "a/b", "b/a", "a/b/a", "b/a/b", "./a", "a//b", "../a", "a/../b", "/a"]
    let targets = ["a", "b", "..", "../b", "../..", "a/..", "b/..", "../../x", "/etc", "b/a", ".", "a/b/..", "../a/b"]
    try folder.write("sandbox/x", [1])
    let out = folder.url.path + "/sandbox/out"
    var links = 0
    for round in 0..<800 {
      var bytes: [UInt8] = []
      for _ in 0..<2 + random.below(5) {
        let type: Character = ["0", "1", "2", "2", "2", "5"][random.below(6)]
        let isOutside = random.below(8) == 0
        let name = names[random.below(isOutside ? names.count : 8)]
        bytes += tarEntry(name, type == "0" ? [7] : [], type: type, link: targets[random.below(targets.count)])
      }
      let file = try folder.put("a.tar", bytes + tarEnd)
      try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
      let descriptor = open(out, O_RDONLY | O_DIRECTORY)
      _ = fault { () throws(DatasetError) in
        _ = try Archive.unpack(
          file, intoOpen: descriptor, named: out, limits: .init(), progress: { _ in }, isCancelled: { false })
      }
      close(descriptor)
      for name in try FileManager.default.subpathsOfDirectory(atPath: out) {
        guard (try? FileManager.default.destinationOfSymbolicLink(atPath: out + "/" + name)) != nil else { continue }
        links += 1
        guard let real = realpath(out + "/" + name, nil) else { continue }
        let path = String(cString: real)
        free(real)
        #expect(path == out || path.hasPrefix(out + "/"), "round \(round): \(name) leads to \(path)")
      }
      #expect(try contents(folder.url.path + "/sandbox").filter { !$0.key.hasPrefix("out") } == ["x": Data([1])])
      try FileManager.default.removeItem(atPath: out)
    }
    #expect(links > 200)
    #expect(try leftovers() == ["a.tar", "sandbox"])
  }

  @Test func limits() throws {
    let many = (0..<50).flatMap { tarEntry("d/f\($0)", [1, 2]) } + tarEnd
    #expect(try refusal("a.tar", many, limits: .init(entries: 51)) == nil)
    #expect(try refusal("a.tar", many, limits: .init(entries: 50))?.expected == "at most 50 files, folders and links")
    #expect(try refusal("a.tar", many, limits: .init(bytes: 99))?.kind == .unsafeArchive)
    let deep = tarEntry((0..<40).map { _ in "d" }.joined(separator: "/"), [1]) + tarEnd
    #expect(try refusal("a.tar", deep, limits: .init(depth: 39)) == nil)
    #expect(try refusal("a.tar", deep, limits: .init(depth: 38))?.kind == .unsafeArchive)
    // Announced sizes are refused before anything is written.
    let announced = tarEntry("a", size: Array("77777777777".utf8)) + tarEnd
    #expect(
      try refusal("a.tar", announced, limits: .init(bytes: 1 << 20))?.expected == "at most 1048576 bytes when unpacked")
    let bomb = try #require(fixtures.hostile["bomb.zip"])
    #expect(try refusal("bomb.zip", bomb)?.expected.contains("200.0 times") == true)
    #expect(try refusal("bomb.zip", bomb, limits: .init(ratio: 2000)) == nil)
    #expect(try refusal("bomb.gz", try #require(fixtures.hostile["bomb.tar.gz"]))?.kind == .unsafeArchive)
  }

  /// The limit is kept while the archive is read, not found at its end.
  @Test func hundredThousandEntries() throws {
    var archive: [UInt8] = []
    archive.reserveCapacity(512 * 100_000)
    for n in 0..<100_000 { archive += tarEntry("d\(n / 1000)/\(n)") }
    let file = try folder.write("many.tar", archive)
    var furthest = 0
    let found = fault { () throws(DatasetError) in
      try Archive.unpack(
        file, into: target, limits: .init(entries: 1500), progress: { furthest = $0.read })
    }
    #expect(found?.kind == .unsafeArchive && furthest < 2 << 20)
    #expect(try leftovers() == ["many.tar"])
  }

  /// Cut at any place, an archive is an error; only a tar may end with its last whole entry.
  @Test func everyTruncationIsFound() throws {
    for name in ["set.tar.gz", "set.tar.bz2", "set.tar.xz", "set.zip"] {
      let whole = try #require(fixtures.sound[name])
      for length in stride(from: 0, to: whole.count, by: 7) {
        let found = try refusal(name, whole.prefix(length))
        #expect(found != nil, "\(length) of \(whole.count) bytes of \(name) were taken for the whole")
        if let found { #expect([.empty, .badArchive, .wrongMagic].contains(found.kind), "\(found)") }
      }
    }
    let tar = tarEntry("a", [UInt8](repeating: 5, count: 2000)) + tarEnd
    for length in stride(from: 1, to: 2512, by: 61) {
      #expect(try refusal("a.tar", tar.prefix(length)) != nil, "\(length)")
    }
  }

  /// Any changed byte either leaves every file as it was or is an error, as every packing has check sums.
  @Test func everyDamageIsFound() throws {
    let tree = Dictionary(uniqueKeysWithValues: fixtures.tree.map { ($0.name, $0.content) })
    for name in ["set.tar.gz", "set.tar.bz2", "set.tar.xz"] {
      let whole = [UInt8](try #require(fixtures.sound[name]))
      for place in stride(from: 0, to: whole.count, by: 5) {
        var damaged = whole
        damaged[place] ^= UInt8(1 << (place % 8))
        let file = try folder.put(name, damaged)
        let found = fault { () throws(DatasetError) in try Archive.unpack(file, into: target) }
        if found == nil { #expect(try contents(target) == tree, "\(name), byte \(place)") }
        try? FileManager.default.removeItem(atPath: target)
      }
    }
    // In a zip, the data have check sums, the directory has none.
    let whole = [UInt8](try #require(fixtures.sound["stored.zip"]))
    let leaf = try #require(whole.indices.first { Array(whole[$0...].prefix(4)) == Array("leaf".utf8) })
    for place in leaf..<leaf + 4 {
      var damaged = whole
      damaged[place] ^= 1
      #expect(try refusal("stored.zip", damaged)?.kind == .badArchive)
    }
  }

  @Test func wrongFiles() throws {
    let text = Array("This is a page that says that the file has moved.".utf8)
    for name in ["a.tar", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.zip", "a.gz"] {
      let found = try #require(try refusal(name, text), "\(name)")
      #expect(found.kind == .wrongMagic, "\(found)")
      #expect(try refusal(name, [])?.kind == .empty)
    }
    #expect(try refusal("a.rar", text)?.kind == .badArchive)
    #expect(try refusal("a.tar", tarEnd)?.kind == .empty)
    let none = folder.url.path + "/none.tar"
    #expect(fault { () throws(DatasetError) in try Archive.unpack(none, into: target) }?.kind == .missing)
    let at = fault { () throws(DatasetError) in try Archive.unpack(folder.url.path, into: target, format: .tar) }
    #expect(at?.kind == .wrongKindOfFile)
  }

  @Test func theTarget() throws {
    let file = try folder.write("a.tar", tarEntry("a", [1]) + tarEnd)
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    try Archive.unpack(file, into: target)  // An empty folder will do,
    let again = fault { () throws(DatasetError) in try Archive.unpack(file, into: target) }
    #expect(again?.kind == .alreadyExists)  // one with something in it will not.
    #expect(try contents(target) == ["a": Data([1])])
    try Archive.unpack(file, into: folder.url.path + "/deep/er/")
    #expect(try contents(folder.url.path + "/deep") == ["er": nil, "er/a": Data([1])])
  }

  /// What a killed run left is removed; a run at work is not disturbed.
  @Test func otherRuns() throws {
    let file = try folder.write("a.tar", tarEntry("a", [1]) + tarEnd)
    try folder.write(".out.unpacking/old", [9])
    do {
      let other = try StagingFolder(beside: target, purpose: "unpacking", keepsContents: true)
      let found = fault { () throws(DatasetError) in try Archive.unpack(file, into: target) }
      #expect(found?.kind == .busy && found?.file == other.path)
      #expect(FileManager.default.fileExists(atPath: other.path + "/old"))
    }
    try Archive.unpack(file, into: target)
    #expect(try contents(target) == ["a": Data([1])])
    #expect(try leftovers() == ["a.tar", "out"])
  }

  @Test func progressAndCancellation() throws {
    let file = try folder.write("a.tar", (0..<2000).flatMap { tarEntry("f\($0)", [1, 2, 3]) } + tarEnd)
    var last = Archive.Progress()
    try Archive.unpack(file, into: target, progress: { last = $0 })
    #expect(last == Archive.Progress(entries: 2000, unpacked: 6000, read: 2_049_024, total: 2_049_024))
    try FileManager.default.removeItem(atPath: target)
    var asked = 0
    let found = fault { () throws(DatasetError) in
      try Archive.unpack(
        file, into: target,
        isCancelled: {
          asked += 1
          return asked > 500
        })
    }
    #expect(found?.kind == .cancelled && asked == 501)
    #expect(try leftovers() == ["a.tar"])
  }
}
