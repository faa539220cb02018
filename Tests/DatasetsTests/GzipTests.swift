import Foundation
import Testing

@testable import Datasets

@Suite struct GzipTests {
  let folder: TemporaryFolder
  let fixtures: [String: Data]

  init() throws {
    folder = try TemporaryFolder()
    fixtures = try Fixtures.load().gzip
  }

  func contents(_ bytes: some Sequence<UInt8>) throws -> Result<[UInt8], DatasetError> {
    let path = try folder.write("file.gz", bytes)
    do { return .success(try StoredFile(path, packing: .byName).contents()) } catch { return .failure(error) }
  }

  @Test func membersFollowEachOther() throws {
    let plain = [UInt8](try #require(fixtures["plain"]))
    #expect(try contents(try #require(fixtures["single"])).get() == plain)
    #expect(try contents(try #require(fixtures["members"])).get() == plain)
    #expect(try contents(try #require(fixtures["zeros"])).get().count == 4 << 20)
  }

  @Test func everyTruncationIsFound() throws {
    let whole = [UInt8](try #require(fixtures["idx"]))
    for length in 0..<whole.count {
      guard case .failure(let error) = try contents(whole.prefix(length)) else {
        Issue.record("\(length) of \(whole.count) bytes were taken for the whole")
        continue
      }
      #expect(error.kind == (length == 0 ? .empty : .badGzip))
    }
  }

  @Test func trailingBytesAreFound() throws {
    let whole = [UInt8](try #require(fixtures["idx"]))
    for tail in [[0], [0x1f], [0x1f, 0x8b], [1, 2, 3]] as [[UInt8]] {
      guard case .failure(let error) = try contents(whole + tail) else {
        Issue.record("trailing \(tail) went unnoticed")
        continue
      }
      #expect(error.kind == .badGzip)
    }
  }

  /// Any single changed byte either leaves the content as it was (the header's time, bits that fill the last byte) or is an error.
  @Test func everyDamageIsFound() throws {
    let whole = [UInt8](try #require(fixtures["idx"]))
    let content = try contents(whole).get()
    for place in whole.indices {
      for flip in [1, 0x10, 0x80, 0xff] as [UInt8] {
        var damaged = whole
        damaged[place] ^= flip
        if case .success(let bytes) = try contents(damaged) {
          #expect(bytes == content, "byte \(place)")
        }
      }
    }
  }

  /// Random bytes under every name and format give an error, never a trap.
  @Test func noiseIsRefused() throws {
    var random = CounterGenerator(seed: 1, purpose: .bench)
    for round in 0..<300 {
      var bytes = (0..<random.below(200) + 1).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let start: [UInt8] = [[], [0x1f, 0x8b, 8], [0, 0, 8, 3], [0, 0, 8, 1]][round % 4]
      bytes.replaceSubrange(0..<min(start.count, bytes.count), with: start)
      let path = try folder.write(round.isMultiple(of: 3) ? "noise.gz" : "noise", bytes)
      let asIDX = fault { () throws(DatasetError) in _ = try IDX.images(path) }
      let asCIFAR = fault { () throws(DatasetError) in _ = try CIFAR.records([path]) }
      #expect(asIDX != nil && asCIFAR != nil)
    }
  }

  /// The header is checked before more is unpacked than it announces.
  @Test func packedIDX() throws {
    let whole = try #require(fixtures["idx"])
    let path = try folder.write("images", whole)
    #expect(try IDX.images(path).pixels == Array(0..<24))
    let zeros = try folder.write("zeros", try #require(fixtures["zeros"]))
    #expect(fault { () throws(DatasetError) in _ = try IDX.images(zeros) }?.kind == .wrongMagic)
  }
}
