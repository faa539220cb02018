import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The keys of a reference that concern pictures, and what becomes of bad pictures.
@Suite struct PictureReferenceTests {
  let folder: TemporaryFolder
  let set: DataReference

  /// Six pictures a split; train/cat/1 is cut short, test/dog/2 is no picture.
  init() throws {
    folder = try TemporaryFolder()
    try folder.writeSet()
    try folder.write("train/cat/1.jpg", photo(101).dropLast(150))
    try folder.write("test/dog/2.jpg", "<html>".utf8)
    set = try DataReference(parsing: "folder:\(folder.path)")
  }

  func with(_ policy: BadImagePolicy) -> DataReference {
    var set = set
    set.onBadImage = policy
    return set
  }

  // MARK: Keys

  @Test func keysInJSON() throws {
    var set = DataReference(dataset: "folder", directory: "d")
    set.size = [96]
    set.fit = "resize:110"
    set.interpolation = .bilinear
    set.exact = true
    set.onBadImage = .skip
    set.excluded = ["a/1.jpg"]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = try encoder.encode(set)
    #expect(
      String(decoding: json, as: UTF8.self) == """
        {"dataset":"folder","directory":"d","exact":true,"excluded":["a/1.jpg"],"fit":"resize:110",\
        "interpolation":"bilinear","on_bad_image":"skip","size":96}
        """)
    #expect(try JSONDecoder().decode(DataReference.self, from: json) == set)
    set.size = [96, 128]
    let both = try encoder.encode(set)
    #expect(String(decoding: both, as: UTF8.self).contains("\"size\":[96,128]"))
    #expect(try JSONDecoder().decode(DataReference.self, from: both) == set)
    #expect(
      set.description
        == "folder:d [size 96 x 128; fit resize:110; bilinear; exact; on-bad-image skip]")
    // What is not set is not written, and leaves older digests as they were.
    let bare = try encoder.encode(DataReference(dataset: "folder", directory: "d"))
    #expect(String(decoding: bare, as: UTF8.self) == #"{"dataset":"folder","directory":"d"}"#)
    #expect(
      Set(["size", "fit", "interpolation", "exact", "on_bad_image", "excluded"]).isSubset(of: DataReference.keys))
    for bad in [#""size":"x""#, #""size":1.5"#, #""interpolation":"cubic""#, #""on_bad_image":"ignore""#] {
      let json = Data(#"{"dataset":"folder","directory":"d",\#(bad)}"#.utf8)
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(DataReference.self, from: json) }
    }
  }

  @Test func keysReachThePictures() throws {
    var set = set
    let plain = try set.loadStored(.train)
    #expect(plain.shape == ImageShape(channels: 3, height: 18, width: 24))
    #expect(plain.encoded?.input == InputTransform() && plain.onBadImage == .stop)
    set.size = [32]
    set.fit = "whole"
    set.interpolation = .bilinear
    set.exact = true
    set.onBadImage = .list
    let found = try set.loadStored(.train)
    #expect(found.shape == ImageShape(channels: 3, height: 32, width: 32) && found.onBadImage == .list)
    #expect(found.encoded?.input == InputTransform(.whole, interpolation: .bilinear, isExact: true))
    set.size = [16, 40]
    #expect(try set.loadStored(.train).shape == ImageShape(channels: 3, height: 16, width: 40))
    for size in [[], [0], [4097], [1, 2, 3], [16, -1]] {
      set.size = size
      #expect(fault { () throws(DatasetError) in _ = try set.load(.train) }?.kind == .badReference, "\(size)")
    }
    set.size = nil
    set.fit = "center"
    let refused = fault { () throws(DatasetError) in _ = try set.load(.train) }
    #expect(refused?.kind == .badReference && refused?.found == "\"center\"")
  }

  /// Without a size: that of all pictures, if they have one of at most 512; else 224. Gray only where all are.
  @Test func sizeByThePictures() throws {
    func shape(_ pictures: [Bitmap]) throws -> ImageShape {
      let folder = try TemporaryFolder()
      for (place, picture) in pictures.enumerated() { try folder.write("a/\(place).png", picture.png()) }
      return try DataReference(parsing: "folder:\(folder.path)").loadStored(.train).shape
    }
    let colour = try scene(1)
    let gray = try scene(1, channels: 1)
    #expect(try shape([colour, colour]) == ImageShape(channels: 3, height: 18, width: 24))
    #expect(try shape([gray, gray]) == ImageShape(channels: 1, height: 18, width: 24))
    #expect(try shape([gray, colour]) == ImageShape(channels: 3, height: 18, width: 24))
    #expect(try shape([colour, scene(2, width: 25)]) == ImageShape(channels: 3, height: 224, width: 224))
    #expect(try shape([scene(3, width: 512, height: 8)]) == ImageShape(channels: 3, height: 8, width: 512))
    #expect(try shape([scene(3, width: 513, height: 8)]) == ImageShape(channels: 3, height: 224, width: 224))
  }

  /// Gray sets are decoded to one plane, as stored; colour asked to be gray is luma.
  @Test func grayPictures() throws {
    let gray = try scene(4, channels: 1)
    try folder.write("gray/a/1.png", gray.png())
    let samples = try DataReference(parsing: "folder:\(folder.path)/gray").loadStored(.train)
    #expect(try samples.decoded().samples.pixels == gray.pixels)
    let colour = try set.loadStored(.train).selecting([0])
    let luma = colour.converted(to: ImageShape(channels: 1, height: 18, width: 24))
    #expect(try luma.decoded().samples.pixels == Bitmap(decoding: photo(100)).luma().pixels)
  }

  // MARK: Policies

  @Test func stop() throws {
    let found = fault { () throws(DatasetError) in _ = try set.loadStored(.train).decoded() }
    #expect(found?.kind == .badImage && found?.file == folder.path + "/train/cat/1.jpg")
    #expect(found?.found.hasPrefix("truncated") == true && found?.cure?.contains("--on-bad-image skip") == true)
    #expect(throws: DatasetError.self) { try ImageStatistics.measure(set.loadStored(.test)) }
    #expect(throws: DatasetError.self) { try DatasetInfo(set) }
  }

  /// A picture left out is not replaced: what stays has its own label, group and pixels.
  @Test func skip() throws {
    var heard: [Int] = []
    var stored = try with(.skip).loadStored(.train)
    stored.groups = [10, 11, 12, 13, 14, 15]
    let (samples, skipped) = try {
      let all = try stored.decoded { heard.append($0) }; return (all.samples, all.skipped)
    }()
    #expect(heard == Array(1...6))
    #expect(skipped.map(\.file) == ["train/cat/1.jpg"] && skipped[0].reason.hasPrefix("truncated"))
    #expect(samples.labels == [0, 0, 1, 1, 1] && samples.groups == [10, 12, 13, 14, 15] && samples.encoded == nil)
    for (place, stream) in [100, 102, 103, 104, 105].enumerated() {
      #expect(try samples.bitmap(place) == Bitmap(decoding: photo(UInt64(stream))))
    }
    // All bad: nothing left, and no picture made up.
    let none = try stored.selecting([1]).decoded()
    #expect(none.samples.count == 0 && none.samples.pixels.isEmpty && none.skipped.count == 1)
  }

  @Test func list() throws {
    let found = fault { () throws(DatasetError) in _ = try with(.list).loadStored(.test).decoded() }
    #expect(
      found?.kind == .badImage && found?.found.contains("1 that cannot:\n  test/dog/2.jpg: unknown format") == true)
    let good = try with(.list).loadStored(.test).selecting([0, 1, 2])
    #expect(try good.decoded().samples.count == 3)
    try good.listBad()
    try folder.write("test/cat/0.jpg", [UInt8]())
    let both = fault { () throws(DatasetError) in try set.loadStored(.test).listBad() }
    #expect(both?.found.contains("2 that cannot:") == true)
    let (first, second) = (both?.found.range(of: "test/cat/0.jpg: empty"), both?.found.range(of: "test/dog/2.jpg"))
    #expect(try #require(first).lowerBound < (try #require(second)).lowerBound)
    #expect(try dots([0], classes: 1).badImages().isEmpty)
  }

  @Test func info() throws {
    let info = try DatasetInfo(with(.skip))
    let train = try #require(info.splits[.train])
    #expect(
      train.n == 5 && train.perClass == [2, 3] && train.classNames == ["cat", "dog"] && train.shape == [3, 18, 24])
    #expect(train.skipped?.map(\.file) == ["train/cat/1.jpg"])
    #expect(info.splits[.test]?.n == 5 && info.splits[.test]?.skipped?.map(\.file) == ["test/dog/2.jpg"])
    // The figures are those of the pictures that stay, in memory.
    let left = ImageStatistics(try with(.skip).loadStored(.train).decoded().samples)
    #expect(train.mean == left.mean && train.deviation == left.deviation)
    #expect(try train.sha256 == with(.skip).loadStored(.train).selecting([0, 2, 3, 4, 5]).digest)
    let json = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(info)) as? [String: Any])
    #expect((json["skipped"] as? [[String: String]])?.first?["file"] == "train/cat/1.jpg" && json["n"] as? Int == 5)
    // The bad ones of both splits at once.
    let all = fault { () throws(DatasetError) in _ = try DatasetInfo(with(.list)) }
    #expect(all?.found.contains("2 that cannot:") == true)
    // Pixels in memory have no such list.
    let cifar = try folder.write("c.bin", cifar([[1]]))
    #expect(try DatasetInfo(DataReference(dataset: "cifar", train: [cifar])).splits[.train]?.skipped == nil)
  }

  // MARK: Sifting

  @Test func sifted() throws {
    let (kept, none) = try set.sifted()
    #expect(kept == set && none.isEmpty)
    let (sifted, skipped) = try with(.skip).sifted()
    #expect(skipped.map(\.file) == ["train/cat/1.jpg", "test/dog/2.jpg"])
    #expect(sifted.excluded == skipped.map(\.file))
    let (train, test) = (try sifted.load(.train), try sifted.load(.test))
    #expect(train.labels == [0, 0, 1, 1, 1] && test.labels == [0, 0, 0, 1, 1])
    #expect(train.names == ["cat/0", "cat/2", "dog/0", "dog/1", "dog/2"].map { "train/\($0).jpg" })
    #expect(try train.decoded().skipped.isEmpty && test.decoded().skipped.isEmpty)
    // Once is enough, and the reference travels as JSON.
    let travelled = try JSONDecoder().decode(DataReference.self, from: JSONEncoder().encode(sifted))
    #expect(try travelled.sifted().reference == sifted && travelled.load(.train).digest == train.digest)
    let listed = fault { () throws(DatasetError) in _ = try with(.list).sifted() }
    #expect(listed?.found.contains("2 that cannot:") == true)
    try folder.write("train/cat/1.jpg", photo(1))
    try folder.write("test/dog/2.jpg", photo(2))
    let (clean, nothing) = try with(.list).sifted()
    #expect(clean == with(.list) && nothing.isEmpty)
    #expect(try with(.skip).sifted().reference.excluded == nil)
  }

  /// The lines of a file of groups go with all pictures that are stored, also those left out.
  @Test func siftedWithGroups() throws {
    var set = with(.skip)
    set.groups = try folder.write("groups.txt", "a\nb\nb\nc\nc\nd\n".utf8)
    let whole = try set.loadStored(.train)
    let left = try set.sifted().reference.loadStored(.train)
    #expect(try left.groups == [0, 2, 3, 4, 5].map { try #require(whole.groups)[$0] })
    set.classes = [1]
    #expect(try set.sifted().reference.loadStored(.train).names.first == "train/dog/0.jpg")
  }

  @Test func decodeAll() throws {
    let samples = try set.loadStored(.train)
    #expect(try samples.decodeAll(images: 12, threads: 2) == 10)
    #expect(try samples.decodeAll(images: 0, threads: 2) == 0)
    #expect(try dots([0], classes: 1).decodeAll(images: 5, threads: 1) == 0)
  }
}
