import Crypto
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What a pack holds.
@Suite struct PicturePackTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  var file: String { folder.path + "/set.pack" }

  @discardableResult
  func pack(_ set: DataReference, _ options: PackOptions = PackOptions()) throws -> PackWriter.Summary {
    let writer = try PackWriter(set, options: options, to: URL(fileURLWithPath: file))
    return try #require(try writer.write())
  }

  func packed() throws -> DataReference { try DataReference(parsing: "pack:\(file)") }

  @Test func labelsNamesAndSplitsStay() throws {
    try folder.writeSet("set/")
    let set = try DataReference(parsing: "folder:\(folder.path)/set")
    let summary = try pack(set)
    #expect(summary.n == 12 && summary.resumed == 0 && summary.skipped.isEmpty)
    #expect(try summary.bytes == Data(contentsOf: URL(fileURLWithPath: file)).count)
    #expect(try packed().splits == [.train, .test])
    for split in Split.allCases {
      let (own, found) = (try set.loadStored(split), try packed().loadStored(split))
      #expect(found.names == own.names && found.labels == own.labels && found.classNames == own.classNames)
      // Pictures that need no change are the very files.
      for place in 0..<own.count { #expect(try found.bytes(place) == own.bytes(place)) }
      #expect(try found.decoded().samples == own.decoded().samples)
    }
    let pack = try PackFile(file)
    #expect(pack.description.source == set.description && pack.description.options == PackOptions())
    #expect(pack.digests().stored == summary.sha256 && pack.digests().found == summary.sha256)
    #expect((0..<pack.count).allSatisfy { pack.isIntact($0) })
    for left in ["set.pack.partial", "set.pack.journal"] {
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/" + left))
    }
    // One split alone, and a subset of the classes.
    try FileManager.default.removeItem(atPath: folder.path + "/set/train")
    var part = set
    part.classes = [1]
    try self.pack(part)
    #expect(try packed().splits == [.test])
    let test = try packed().loadStored(.test)
    #expect(test.classNames == ["dog"] && test.labels == [0, 0, 0] && test.names[0] == "test/dog/0.jpg")
  }

  /// The layout, read without the reader.
  @Test func layout() throws {
    try folder.write("a/1.jpg", photo(1))
    try folder.write("b/2.jpg", photo(2))
    try pack(try DataReference(parsing: "folder:\(folder.path)"))
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))
    func word(_ at: Int, _ size: Int) -> Int { (0..<size).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
    #expect(Array(bytes[0..<16]) == Array("separatrix pack\n".utf8) && word(16, 8) == 1)
    let (start, length) = (word(24, 8), word(32, 8))
    #expect(word(40, 8) == 2 && start + length == bytes.count && bytes[48..<64].allSatisfy { $0 == 0 })
    let first = try photo(1)
    let second = try photo(2)
    #expect(Array(bytes[64..<start]) == first + second)
    #expect(word(start, 8) == 64 && word(start + 8, 4) == first.count && word(start + 16, 4) == 0)
    #expect(word(start + 24, 8) == 64 + first.count && word(start + 40, 4) == 1 && word(start + 44, 4) == 14)
    #expect(Array(bytes[start + 48..<start + 62]) == Array("a/1.jpgb/2.jpg".utf8))
    let text = word(bytes.count - 36, 4)
    #expect(start + 62 + text == bytes.count - 36)
    let json = Data(bytes[start + 62..<bytes.count - 36])
    #expect(try JSONDecoder().decode(PackDescription.self, from: json).classNames == ["a", "b"])
    #expect(Array(SHA256.hash(data: bytes[64..<bytes.count - 32])) == Array(bytes.suffix(32)))
  }

  @Test(arguments: PackOptions.Measure.allCases, [nil, 40, 90, 100] as [Int?])
  func sizesOfAllPictures(measure: PackOptions.Measure, quality: Int?) throws {
    let sizes = [(40, 30), (30, 40), (20, 20), (19, 50), (16, 16), (8, 90), (21, 20), (300, 17)]
    for (place, (width, height)) in sizes.enumerated() {
      try folder.write("a/\(place).png", scene(UInt64(place), width: width, height: height).png())
    }
    let options = PackOptions(side: 20, measure: measure, quality: quality)
    try pack(try DataReference(parsing: "folder:\(folder.path)"), options)
    let samples = try packed().loadStored(.train)
    let reader = ImageReader()
    let images = try #require(samples.encoded)
    for (place, (width, height)) in sizes.enumerated() {
      let header = try reader.header(images, place)
      let side = measure == .shortest ? min(width, height) : max(width, height)
      let scale = side > 20 ? 20.0 / Double(side) : 1
      let expected = [width, height].map { max(1, Int((Double($0) * scale).rounded())) }
      #expect(header.width == expected[0] && header.height == expected[1])
      #expect(header.format == (quality == nil ? .netpbm : .jpeg))
      // Uncompressed, the pixels are the resized ones; as JPEG, what the encoder makes of them.
      let own = try scene(UInt64(place), width: width, height: height)
        .resized(width: expected[0], height: expected[1])
      let found = try reader.decode(images, place)
      #expect(try found == (quality.map { try Bitmap(decoding: own.jpeg(quality: $0)) } ?? own))
    }
  }

  /// JPEG files that keep their size are copied; PNG files, larger ones and those for an uncompressed pack are not.
  @Test func whatNeedsNoChange() throws {
    let jpeg = try photo(1, width: 40, height: 32)
    let large = try photo(2, width: 80, height: 64)
    let png = try scene(3, width: 40, height: 32).png()
    for (name, bytes) in [("a/1.jpg", jpeg), ("a/2.jpg", large), ("a/3.png", png)] { try folder.write(name, bytes) }
    let set = try DataReference(parsing: "folder:\(folder.path)")
    try pack(set, PackOptions(side: 32, quality: 75))
    let samples = try packed().loadStored(.train)
    #expect(try samples.bytes(0) == jpeg && samples.bytes(1) != large && samples.bytes(2) != png)
    #expect(try samples.decoded().samples.shape == ImageShape(channels: 3, height: 32, width: 40))
    try pack(set, PackOptions(side: nil, quality: 75))
    #expect(try packed().loadStored(.train).bytes(1) == large)
    try pack(set, PackOptions(side: 32, quality: nil))
    let raw = try packed().loadStored(.train)
    #expect(try raw.bytes(0) == Array("P6 40 32 255\n".utf8) + Bitmap(decoding: jpeg).pixels)
    #expect(try Bitmap(decoding: raw.bytes(2)) == Bitmap(decoding: png))
  }

  /// Pixels in memory are packed as well.
  @Test func residentSamples() throws {
    let cifar = try folder.write("c.bin", cifar([[3], [1], [9]]))
    let set = DataReference(dataset: "cifar", train: [cifar])
    try pack(set, PackOptions(quality: nil))
    let (own, found) = (try set.loadStored(.train), try packed().loadStored(.train))
    #expect(found.names == ["train/0", "train/1", "train/2"] && found.classNames == own.classNames)
    #expect(try found.decoded().samples == own)
    let images = try folder.write("i", idx([2, 20, 18], Array(repeating: 7, count: 720)))
    let labels = try folder.write("l", idx([2], [0, 1]))
    try pack(DataReference(dataset: "idx", train: [images, labels]), PackOptions(quality: nil))
    #expect(try packed().loadStored(.train).decoded().samples.pixels.allSatisfy { $0 == 7 })
  }

  @Test func badPicturesByPolicy() throws {
    for (place, bytes) in [try photo(1), [1, 2, 3], try photo(2), Array(try photo(3).dropLast(200))].enumerated() {
      try folder.write("a/\(place).jpg", bytes)
    }
    var set = try DataReference(parsing: "folder:\(folder.path)")
    let writer = try PackWriter(set, options: PackOptions(), to: URL(fileURLWithPath: file))
    let found = fault { () throws(DatasetError) in _ = try writer.write() }
    #expect(found?.kind == .badImage && found?.file == "a/1.jpg")
    #expect(!FileManager.default.fileExists(atPath: file))
    set.onBadImage = .skip
    let summary = try pack(set)
    #expect(summary.n == 2 && summary.skipped.map(\.file) == ["a/1.jpg", "a/3.jpg"])
    let samples = try packed().loadStored(.train)
    #expect(samples.names == ["a/0.jpg", "a/2.jpg"])
    #expect(try samples.bytes(1) == photo(2))
    #expect(try PackFile(file).description.skipped == summary.skipped)
  }

  @Test func options() throws {
    for bad in [PackOptions(side: 15), PackOptions(side: 16_385), PackOptions(quality: 0), PackOptions(quality: 101)] {
      #expect(fault { () throws(DatasetError) in try bad.validate() }?.kind == .badReference)
    }
    try PackOptions(side: 16, quality: 100).validate()
    try PackOptions(side: 16_384, quality: 1).validate()
    func size(_ options: PackOptions, _ width: Int, _ height: Int) -> [Int] {
      let size = options.size(width: width, height: height)
      return [size.width, size.height]
    }
    #expect(size(PackOptions(side: 20), 3000, 20) == [3000, 20])
    #expect(size(PackOptions(side: 20, measure: .longest), 3000, 4) == [20, 1])
    #expect(size(PackOptions(side: nil), 5000, 4) == [5000, 4])
    try folder.write("a/1.jpg", photo(1))
    let set = try DataReference(parsing: "folder:\(folder.path)")
    let writer = try PackWriter(set, options: PackOptions(), to: URL(fileURLWithPath: folder.path + "/none/x.pack"))
    #expect(fault { () throws(DatasetError) in _ = try writer.write() }?.kind == .unreadable)
  }
}
