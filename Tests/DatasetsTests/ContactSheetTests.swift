import Foundation
import Testing

@testable import Datasets

@Suite struct ContactSheetTests {
  @Test func writesAPNG() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("sheet.png")
    try ContactSheet.write(Glyphs.draw(count: 60, split: .train), to: file, perClass: 4)
    let bytes = [UInt8](try Data(contentsOf: file))
    #expect(bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    // Width and height of the header: up to 4 columns, 10 rows, cells of 66 pixels and a gap of 2.
    let size = [16, 20].map { at in bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(size == [4 * 66 + 2, 10 * 66 + 2])
  }

  @Test func grayToo() throws {
    let samples = try dots([0, 1, 1], classes: 2)
    #expect(try ContactSheet.png(samples, rows: [[0], [1, 2]]).count > 50)
  }

  @Test func faults() throws {
    let samples = try dots([0, 1, 1], classes: 2)
    let place = URL(fileURLWithPath: "/nonexistent/sheet.png")
    #expect(
      fault { () throws(DatasetError) in try ContactSheet.write(samples, to: place) }?.kind == .unreadable)
    #expect(
      fault { () throws(DatasetError) in _ = try ContactSheet.png(samples, rows: []) }?.kind == .badReference)
    let two = try Samples(
      pixels: [1, 2], labels: [0], shape: ImageShape(channels: 2, height: 1, width: 1), classNames: ["a"])
    #expect(
      fault { () throws(DatasetError) in _ = try ContactSheet.png(two, rows: [[0]]) }?.kind == .badReference)
  }
}
