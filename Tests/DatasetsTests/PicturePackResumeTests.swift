import Foundation
import TestSupport
import Testing

@testable import Datasets

/// A pack that was interrupted becomes, byte for byte, the one that was not.
@Suite struct PicturePackResumeTests {
  let folder: TemporaryFolder
  let set: DataReference
  let whole: Data
  let count = 9

  init() throws {
    folder = try TemporaryFolder()
    // Copied, resized and left-out pictures, and a name outside ASCII.
    for place in 0..<6 {
      try folder.write("set/train/\(place % 2)/\(place).jpg", photo(UInt64(place), width: 20 + 3 * place, height: 20))
    }
    try folder.write("set/train/0/b\u{e4}d.jpg", [1, 2])
    try folder.write("set/test/1/7.png", scene(7).png())
    try folder.write("set/test/1/8.jpg", photo(8))
    var set = try DataReference(parsing: "folder:\(folder.path)/set")
    set.onBadImage = .skip
    self.set = set
    let path = folder.path + "/whole.pack"
    _ = try #require(try Self.writer(set, path).write())
    whole = try Data(contentsOf: URL(fileURLWithPath: path))
  }

  static func writer(_ set: DataReference, _ path: String, side: Int? = 22) throws -> PackWriter {
    try PackWriter(set, options: PackOptions(side: side), to: URL(fileURLWithPath: path))
  }

  func content(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

  /// Stops after so many pictures of this call.
  func interrupt(_ path: String, after pictures: Int, side: Int? = 22) throws -> PackWriter.Summary? {
    var done = 0
    return try Self.writer(set, path, side: side).write(progress: { _ in done += 1 }, shouldStop: { done >= pictures })
  }

  @Test func atEveryPicture() throws {
    for stop in 1..<count {
      let path = folder.path + "/\(stop).pack"
      #expect(try interrupt(path, after: stop) == nil)
      #expect(!FileManager.default.fileExists(atPath: path))
      var heard: [Int] = []
      let summary = try #require(try Self.writer(set, path).write(progress: { heard.append($0) }))
      #expect(summary.resumed == stop && heard == Array(stop + 1...count))
      #expect(summary.n == count - 1 && summary.skipped.map(\.file) == ["train/0/b\u{e4}d.jpg"])
      #expect(try content(path) == whole, "\(stop)")
    }
    // One picture a call.
    let path = folder.path + "/one.pack"
    for _ in 1..<count { #expect(try interrupt(path, after: 1) == nil) }
    #expect(try interrupt(path, after: 1)?.resumed == count - 1)
    #expect(try content(path) == whole)
    // A stop after the last picture is none.
    #expect(try interrupt(folder.path + "/last.pack", after: count) != nil)
  }

  /// A kill or a full disk may leave either file cut anywhere, and the other not.
  @Test func cutAnywhere() throws {
    let path = folder.path + "/cut.pack"
    #expect(try interrupt(path, after: count - 1) == nil)
    let (pictures, journal) = (try content(path + ".partial"), try content(path + ".journal"))
    var random = CounterGenerator(seed: 5, purpose: .bench)
    var cuts: [(Int, Int)] = (0...journal.count).map { (pictures.count, $0) }
    cuts += stride(from: 0, through: pictures.count, by: 97).map { ($0, journal.count) }
    cuts += (0..<60).map { _ in (random.below(pictures.count + 1), random.below(journal.count + 1)) }
    var resumed: Set<Int> = []
    for (first, second) in cuts {
      _ = try folder.put("cut.pack.partial", [UInt8](pictures.prefix(first)))
      _ = try folder.put("cut.pack.journal", [UInt8](journal.prefix(second)))
      let summary = try #require(try Self.writer(set, path).write())
      resumed.insert(summary.resumed)
      #expect(try content(path) == whole, "\(first) of \(pictures.count), \(second) of \(journal.count)")
    }
    // Whatever was whole was taken up.
    #expect(resumed == Set(0..<count))
  }

  /// Cut while index and header were being written, and after the pack got its name.
  @Test func duringTheEnd() throws {
    let path = folder.path + "/end.pack"
    #expect(try interrupt(path, after: count - 1) == nil)
    let journal = try content(path + ".journal")
    for length in [whole.count - 1, whole.count - 40, whole.count] {
      _ = try folder.put("end.pack.partial", [UInt8](whole.prefix(length)))
      _ = try folder.put("end.pack.journal", [UInt8](journal))
      #expect(try Self.writer(set, path).write()?.resumed == count - 1)
      #expect(try content(path) == whole)
    }
    _ = try folder.put("end.pack.journal", [UInt8](journal))
    #expect(try Self.writer(set, path).write()?.resumed == 0)
    #expect(try content(path) == whole)
  }

  @Test func otherSettingsStartAnew() throws {
    let path = folder.path + "/other.pack"
    #expect(try interrupt(path, after: 4, side: 21) == nil)
    let summary = try #require(try Self.writer(set, path).write())
    #expect(summary.resumed == 0)
    #expect(try content(path) == whole)
    // A picture that was changed meanwhile.
    #expect(try interrupt(path, after: 4) == nil)
    try folder.write("set/train/1/1.jpg", photo(99, width: 31, height: 20))
    let changed = try #require(try Self.writer(set, path).write())
    #expect(changed.resumed == 0)
    #expect(try content(path) != whole)
    #expect(try DataReference(parsing: "pack:\(path)").loadStored(.train).badImages().isEmpty)
    // Not a journal at all.
    try folder.write("set/train/1/1.jpg", photo(1, width: 23, height: 20))
    _ = try folder.put("other.pack.journal", [0xff, 0xfe, 0x0a, 0])
    #expect(try Self.writer(set, path).write()?.resumed == 0)
    #expect(try content(path) == whole)
  }

  @Test func twoAtOnce() throws {
    let path = folder.path + "/two.pack"
    var second: DatasetError?
    var asked = 0
    let summary = try Self.writer(set, path).write(shouldStop: {
      asked += 1
      if asked == 3, let other = try? Self.writer(set, path) {
        second = fault { () throws(DatasetError) in _ = try other.write() }
      }
      return false
    })
    #expect(second?.kind == .busy && second?.file == path)
    #expect(summary?.n == count - 1)
    #expect(try content(path) == whole)
    // A lock is not left behind.
    #expect(try Self.writer(set, path).write() != nil)
  }
}
