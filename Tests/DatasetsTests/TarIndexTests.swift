import Foundation
import Testing

@testable import Datasets

@Suite struct TarIndexTests {
  func index(_ bytes: [UInt8]) -> Result<TarIndex, DatasetError> {
    bytes.withUnsafeBytes { buffer in
      Result { () throws(DatasetError) in try TarIndex(buffer, file: "a.tar") }
    }
  }

  func refusal(_ bytes: [UInt8]) -> DatasetError? {
    if case .failure(let error) = index(bytes) { return error }
    return nil
  }

  /// Every entry of archives by Python and GNU tar in four formats is where Python's tarfile finds it.
  @Test func agreesWithTarfile() throws {
    let folder = try TemporaryFolder()
    for (name, indexed) in try ArchiveFixtures.load().indexed {
      let bytes = try StoredFile(folder.write("a.tar.gz", indexed.archive), packing: .byName).contents()
      let entries = try index(bytes).get().map {
        ArchiveFixtures.Indexed.Entry(name: $0.name, offset: $0.offset, size: $0.size, kind: "\($0.kind)")
      }
      #expect(entries == indexed.entries, "\(name)")
    }
  }

  @Test func dataAreNotCopied() throws {
    let bytes = tarEntry("a", [1, 2, 3]) + tarEntry("f/", type: "5") + tarEntry("f/b", Array(0...255)) + tarEnd
    let found = try index(bytes).get()
    #expect(found.map(\.name) == ["a", "f", "f/b"])
    #expect(found.map(\.kind) == [.file, .folder, .file])
    bytes.withUnsafeBytes { buffer in
      #expect(Array(found.data(2, in: buffer)) == Array(0...255))
      #expect(found.data(0, in: buffer).baseAddress == buffer.baseAddress.map { $0 + 512 })
      #expect(found.data(2, in: UnsafeRawBufferPointer(rebasing: buffer.prefix(2000))).isEmpty)
    }
  }

  @Test func theEnd() throws {
    let whole = tarEntry("a", [1, 2, 3])
    let zero = [UInt8](repeating: 0, count: 512)
    for tail in [[], zero, tarEnd, tarEnd + [7, 7, 7], tarEnd + whole, [0, 0], zero + [0]] {
      #expect(try index(whole + tail).get().count == 1, "\(tail.count)")
    }
    // The padding of the last file may be cut off, its data may not.
    #expect(try index(Array(whole.prefix(515))).get().count == 1)
    let cut = try #require(refusal(Array(whole.prefix(514))))
    #expect(cut.kind == .truncated && cut.offset == 514 && cut.expected.contains("3 bytes of a from byte 512"))
    #expect(cut.file == "a.tar" && cut.found == "2" && cut.cure != nil)
    let lone = try #require(refusal(whole + zero + whole))
    #expect(lone.kind == .badArchive && lone.offset == 1536)
    #expect(refusal(whole + [1])?.kind == .truncated)
    #expect(refusal([])?.kind == .empty)
    #expect(try index(tarEnd).get().isEmpty)
    #expect(refusal(Array("not a tar".utf8))?.kind == .wrongMagic)
    #expect(refusal([UInt8](repeating: 65, count: 2000))?.kind == .wrongMagic)
  }

  /// A flipped byte in any header is found by its check sum.
  @Test func checksums() throws {
    let bytes = tarEntry("a", [1]) + tarEntry("b") + tarEnd
    for place in 1024..<1536 where !(1172..<1180).contains(place) {
      var damaged = bytes
      damaged[place] ^= 4
      let found = try #require(refusal(damaged), "byte \(place)")
      #expect(found.kind == .badArchive && found.offset == 1024 + 148)
    }
    // Sums over signed bytes, as the oldest programs wrote them.
    var old = tarEntry("\u{e4}")
    let sum = old[0..<512].enumerated().reduce(0) {
      $0 + ((148..<156).contains($1.offset) ? 32 : Int(Int8(bitPattern: $1.element)))
    }
    old.replaceSubrange(148..<154, with: Array(("000000" + String(sum, radix: 8)).suffix(6).utf8))
    #expect(try index(old).get().first?.name == "\u{e4}")
  }

  @Test func sizes() throws {
    let data: [UInt8] = [1, 2, 3, 4, 5]
    func base256(_ tail: [UInt8], first: UInt8 = 0x80) -> [UInt8] {
      [first] + [UInt8](repeating: 0, count: 11 - tail.count) + tail
    }
    #expect(try index(tarEntry("a", data, size: base256([5]))).get()[0].size == 5)
    #expect(try index(tarEntry("a", data, size: Array("          5 ".utf8))).get()[0].size == 5)
    #expect(try index(tarEntry("a", data, size: Array("5\0          ".utf8.prefix(12)))).get()[0].size == 5)
    let absurd: [[UInt8]] = [
      base256([255, 255, 255, 255, 255, 255, 255, 255]), base256([0x7f, 255, 255, 255, 255, 255, 255, 255]),
      [UInt8](repeating: 0xff, count: 12), base256([5], first: 0xff), Array("nonsense".utf8), Array("-5".utf8),
      [UInt8](repeating: 0xbf, count: 12),
    ]
    for size in absurd {
      let found = try #require(refusal(tarEntry("a", data, size: size) + tarEnd), "\(size)")
      #expect(found.kind == .badArchive && found.offset == 124)
    }
    let big = try #require(refusal(tarEntry("a", data, size: base256([0x1f] + [UInt8](repeating: 255, count: 7)))))
    #expect(big.kind == .truncated && big.expected.hasPrefix("2305843009213693951 bytes"))
    #expect(refusal(tarEntry("a", data, size: Array("777777777777".utf8)))?.kind == .truncated)
  }

  @Test func extendedHeaders() throws {
    let file = tarEntry("short", [9])
    func named(_ header: [UInt8]) throws -> [String] { try index(header + file + tarEntry("next")).get().map(\.name) }
    #expect(try named(tarEntry("pax", paxRecord("path", "long/one"), type: "x")) == ["long/one", "next"])
    #expect(try named(tarEntry("gnu", Array("long/two\0".utf8), type: "L")) == ["long/two", "next"])
    #expect(try named(tarEntry("gnu", Array("target\0".utf8), type: "K")) == ["short", "next"])
    #expect(try named(tarEntry("pax", paxRecord("path", "all"), type: "g")) == ["all", "all"])
    let both = tarEntry("g", paxRecord("path", "all"), type: "g") + tarEntry("x", paxRecord("path", ""), type: "x")
    #expect(try named(both) == ["short", "all"])
    // The size in a pax header rules over the field.
    let sized =
      tarEntry("p", paxRecord("size", "600"), type: "x") + tarEntry("a", [UInt8](repeating: 1, count: 600), size: [48])
    #expect(try index(sized + file).get().map(\.size) == [600, 1])

    for bad in [
      Array("5 a=b\n".utf8), Array("x".utf8), Array("99999999999999999999999 a=b\n".utf8), Array("6 abc\n".utf8),
      Array("0 a=b\n".utf8), Array("6 a=bc".utf8), paxRecord("path", "a\0b"), paxRecord("size", "-1"),
      paxRecord("size", "9999999999999999999999"), paxRecord("size", "12x"), Array("7 =abc\n\n".utf8),
    ] {
      let found = try #require(refusal(tarEntry("p", bad, type: "x") + file), "\(String(decoding: bad, as: UTF8.self))")
      #expect(found.kind == .badArchive && found.offset == 512)
    }
    #expect(refusal(tarEntry("p", paxRecord("path", "b"), type: "x"))?.kind == .truncated)
    #expect(refusal(tarEntry("p", Array("b".utf8), type: "L") + tarEnd)?.kind == .truncated)
    #expect(refusal(tarEntry("p", [UInt8](repeating: 65, count: 2 << 20), type: "L") + file)?.kind == .tooLarge)
    #expect(refusal(tarEntry(""))?.kind == .badArchive)
  }

  @Test func whatIsNotRead() throws {
    let sparse = tarEntry("p", paxRecord("GNU.sparse.major", "1"), type: "x") + tarEntry("a")
    for bytes in [tarEntry("a", type: "S"), sparse, tarEntry("a", type: "M")] {
      let found = try #require(refusal(bytes))
      #expect(found.kind == .badArchive && found.cure?.contains("pack") == true)
    }
  }

  /// A global name costs memory for every header of 512 bytes: the names may not outgrow the archive.
  @Test func namesCannotMultiply() {
    let global = tarEntry("g", paxRecord("path", String(repeating: "n", count: 100_000)), type: "g")
    let entries = (0..<300).flatMap { _ in tarEntry("a") }
    #expect(refusal(global + entries)?.kind == .tooLarge)
  }

  /// Headers with random fields and right check sums, cut anywhere: an index or an error, never a trap, and what
  /// is indexed lies within the bytes.
  @Test func noise() throws {
    var random = CounterGenerator(seed: 3, purpose: .bench)
    let types = Array("000000123567LKxgSMDV\0z".utf8)
    let sizes = ["00000000000", "77777777777", "00000001000", "1", "777"].map { Array($0.utf8) }
    var outcomes = (sound: 0, refused: 0)
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<1 + random.below(5) {
        var entry = tarEntry(
          "name", Array("12 path=abc\n".utf8.prefix(random.below(13))),
          type: Character(UnicodeScalar(types[random.below(types.count)])))
        if random.below(5) == 0 {
          let size = sizes[random.below(sizes.count)]
          entry.replaceSubrange(124..<124 + size.count, with: size)
        }
        for _ in 0..<random.below(4) { entry[random.below(512)] = UInt8(truncatingIfNeeded: random.next()) }
        if random.below(8) == 0 { for place in 124..<136 { entry[place] = UInt8(truncatingIfNeeded: random.next()) } }
        signTar(&entry)
        if random.below(8) == 0 { entry[random.below(entry.count)] = UInt8(truncatingIfNeeded: random.next()) }
        bytes += entry
      }
      if random.below(2) == 0 { bytes += tarEnd }
      bytes.removeLast(random.below(3) == 0 ? random.below(bytes.count) : 0)
      switch index(bytes) {
      case .failure(let error):
        outcomes.refused += 1
        #expect((error.offset ?? -1) >= 0 && (error.offset ?? 0) <= bytes.count)
      case .success(let found):
        outcomes.sound += 1
        for entry in found { #expect(entry.offset + entry.size <= bytes.count && !entry.name.isEmpty) }
      }
    }
    #expect(outcomes.sound > 1000 && outcomes.refused > 1000, "\(outcomes)")
  }

  /// An entry takes 16 bytes and its name.
  @Test func memory() throws {
    let entry = tarEntry("n01440764/n01440764_10026.JPEG")
    let bytes = [UInt8]((0..<20_000).map { _ in entry }.joined())
    let found = try index(bytes).get()
    #expect(found.count == 20_000 && found.memory == 20_000 * (16 + 30))
  }
}
