import Foundation
import TestSupport
import Testing

@testable import Datasets

/// A pack with a byte changed anywhere, or cut short anywhere, is refused or found bad.
@Suite struct PicturePackDamageTests {
  let folder: TemporaryFolder
  let bytes: [UInt8]
  let names: [String]
  let intact: [[UInt8]]

  init() throws {
    folder = try TemporaryFolder()
    for (place, name) in ["train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg"].enumerated() {
      try folder.write(name, photo(UInt64(place), width: 16, height: 16))
    }
    let file = URL(fileURLWithPath: folder.path + "/set.pack")
    let writer = try PackWriter(DataReference(parsing: "folder:\(folder.path)"), options: PackOptions(), to: file)
    _ = try #require(try writer.write())
    bytes = try [UInt8](Data(contentsOf: file))
    let pack = try PackFile(file.path)
    names = (0..<pack.count).map { pack.name($0) }
    var scratch: [UInt8] = []
    intact = try (0..<pack.count).map { place in
      try pack.withBytes(place, &scratch) { (raw) throws(ImageFault) in Array(raw) }
    }
  }

  /// What is wrong: `refused` by opening, `bad` by the check sums; nil where nothing was found.
  func damage(_ bytes: [UInt8]) throws -> String? {
    let path = try folder.put("damaged.pack", bytes)
    let pack: PackFile
    do throws(DatasetError) { pack = try PackFile(path) } catch {
      #expect(error.file == path && [.badPack, .wrongMagic, .empty].contains(error.kind), "\(error)")
      return "refused"
    }
    // All of it can be read without harm, too.
    var scratch: [UInt8] = []
    for place in 0..<pack.count {
      _ = pack.name(place)
      try pack.withBytes(place, &scratch) { (_) throws(ImageFault) in }
    }
    let digests = pack.digests()
    return digests.stored != digests.found ? "bad" : nil
  }

  @Test func everyByte() throws {
    #expect(try damage(bytes) == nil)
    let start = bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) }
    var undetected: [Int] = []
    var refusedHeader = 0
    // Every byte of header and index with every bit; of the pictures every third byte.
    for place in Array(0..<64) + Array(stride(from: 64, to: start, by: 3)) + Array(start..<bytes.count) {
      let bits: [UInt8] =
        place < 64 || place >= start && place < start + 72 ? [1, 2, 4, 8, 16, 32, 64, 128] : [1, 128]
      for bit in bits {
        var damaged = bytes
        damaged[place] ^= bit
        let found = try damage(damaged)
        if found == nil { undetected.append(place) }
        if place < 64, found == "refused" { refusedHeader += 1 }
      }
    }
    #expect(undetected.isEmpty)
    // The check sum leaves the header out: opening must see to it.
    #expect(refusedHeader == 64 * 8)
  }

  @Test func everyLength() throws {
    for length in 0..<bytes.count {
      let found = try damage(Array(bytes.prefix(length)))
      #expect(found == "refused", "\(length)")
    }
    #expect(try damage(bytes + [0]) == "refused")
    #expect(try damage(bytes + bytes) == "refused")
  }

  /// Header fields of any value, also such as overflow sums.
  @Test func headerFields() throws {
    for place in [16, 24, 32, 40] {
      for value in [0, 2, 3, 4, 63, 64, 1 << 31, 1 << 32, UInt64(Int64.max), UInt64.max, UInt64.max - 63] as [UInt64] {
        var damaged = bytes
        damaged.replaceSubrange(place..<place + 8, with: withUnsafeBytes(of: value.littleEndian) { Array($0) })
        if damaged != bytes { #expect(try damage(damaged) == "refused", "\(value) at \(place)") }
      }
    }
    let other = try #require(fault { () throws(DatasetError) in _ = try PackFile(folder.path + "/train/a/1.jpg") })
    #expect(other.kind == .wrongMagic && other.expected == "a file made by `separatrix data pack`")
    #expect(fault { () throws(DatasetError) in _ = try PackFile(folder.path) }?.kind == .wrongKindOfFile)
    #expect(fault { () throws(DatasetError) in _ = try PackFile(folder.path + "/no") }?.kind == .missing)
  }

  /// Index fields of any value: refused, or found bad.
  @Test func indexFields() throws {
    let start = bytes.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)) }
    for record in 0..<3 {
      for (offset, size) in [(0, 8), (8, 4), (12, 4), (16, 4), (20, 4)] {
        for value in [0, 1, 2, 64, 1 << 31, UInt64(UInt32.max), UInt64(Int64.max), UInt64.max] as [UInt64] {
          let place = start + 24 * record + offset
          var damaged = bytes
          damaged.replaceSubrange(
            place..<place + size, with: withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(size)) })
          if damaged != bytes { #expect(try damage(damaged) != nil, "record \(record), byte \(offset): \(value)") }
        }
      }
    }
    for value in [0, 1, UInt32.max] as [UInt32] {
      var damaged = bytes
      let place = bytes.count - 36
      damaged.replaceSubrange(place..<place + 4, with: withUnsafeBytes(of: value.littleEndian) { Array($0) })
      #expect(try damage(damaged) == "refused")
    }
  }

  /// `data verify` names the picture, whether or not it can still be decoded.
  @Test func verifyNamesThePicture() throws {
    let middle = 64 + intact[0].count + intact[1].count - 20
    for (place, isDecodable) in [(middle, true), (64 + intact[0].count, false)] {
      var damaged = bytes
      damaged[place] ^= 0x10
      let path = try folder.put("damaged.pack", damaged)
      let pack = try PackFile(path)
      #expect((0..<3).map { pack.isIntact($0) } == [true, false, true])
      let set = try DataReference(parsing: "pack:\(path)")
      #expect(try set.loadStored(.train).badImages().isEmpty == isDecodable)
      let bad = try SetVerification(set).bad
      #expect(bad.last?.file == path && bad.last?.reason.hasPrefix("damaged: SHA-256 ") == true)
      #expect(bad.dropLast().map(\.file) == ["train/b/2.jpg"])
      #expect(bad[0].reason.hasSuffix("the pack's bytes are not those that were written"))
    }
    let whole = try SetVerification(DataReference(parsing: "pack:\(folder.put("whole.pack", bytes))"))
    #expect(whole.bad.isEmpty && whole.n == 3 && whole.splits == [.train: 2, .test: 1])
  }
}
