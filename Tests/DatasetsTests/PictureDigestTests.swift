import Foundation
import TestSupport
import Testing

@testable import Datasets

/// When two sets of pictures are equal, and when their digests are.
@Suite struct PictureDigestTests {
  let folder: TemporaryFolder
  let set: DataReference

  init() throws {
    folder = try TemporaryFolder()
    try folder.writeSet()
    set = try DataReference(parsing: "folder:\(folder.path)")
  }

  func digest(_ change: (inout DataReference) -> Void = { _ in }) throws -> String {
    var set = set
    change(&set)
    return try set.loadStored(.train).digest
  }

  @Test func sameFilesSameDigest() throws {
    let first = try digest()
    #expect(try digest() == first && first.count == 64)
    // Where the set lies does not matter.
    let moved = try TemporaryFolder()
    for split in ["train", "test"] {
      try FileManager.default.copyItem(atPath: folder.path + "/" + split, toPath: moved.path + "/" + split)
    }
    #expect(try DataReference(parsing: "folder:\(moved.path)").loadStored(.train).digest == first)
  }

  /// Content, size, name, label, order and transform: each has a say.
  @Test func whatChangesADigest() throws {
    var seen = [try digest()]
    func expectNew(_ what: String, _ digest: String) {
      #expect(!seen.contains(digest), "\(what)")
      seen.append(digest)
    }
    expectNew("size", try digest { $0.size = [20] })
    expectNew("fit", try digest { $0.fit = "whole" })
    expectNew("interpolation", try digest { $0.interpolation = .bilinear })
    expectNew("exact", try digest { $0.exact = true })
    expectNew("policy", try digest { $0.onBadImage = .skip })
    expectNew("classes", try digest { $0.classes = [1, 0] })
    expectNew("excluded", try digest { $0.excluded = ["train/dog/2.jpg"] })
    expectNew("the other split", try set.loadStored(.test).digest)
    expectNew("order", try set.loadStored(.train).selecting([1, 0, 2, 3, 4, 5]).digest)
    let original = try photo(101)
    var changed = original
    changed[changed.count - 20] ^= 1
    try folder.write("train/cat/1.jpg", changed)
    expectNew("content", try digest())
    try folder.write("train/cat/1.jpg", original + [0])
    expectNew("length", try digest())
    try folder.write("train/cat/1.jpg", original)
    #expect(try digest() == seen[0])
    let file = folder.path + "/train/cat/"
    try FileManager.default.moveItem(atPath: file + "1.jpg", toPath: file + "1.jpeg")
    expectNew("name", try digest())
    try FileManager.default.removeItem(atPath: file + "1.jpeg")
    expectNew("one fewer", try digest())
    try folder.write("train/ant/1.jpeg", original)
    expectNew("label", try digest())
  }

  /// Of more than 64 pictures, all names and sizes count, and the content of 64, spread evenly, first among them.
  @Test func manyPictures() throws {
    for place in 0..<200 { try folder.write("many/a/\(1000 + place).jpg", photo(UInt64(place), width: 8, height: 8)) }
    let many = try DataReference(parsing: "folder:\(folder.path)/many")
    let digest = try many.loadStored(.train).digest
    var noticed = 0
    for place in 0..<200 {
      let original = try photo(UInt64(place), width: 8, height: 8)
      var bytes = original
      bytes[bytes.count - 3] ^= 1
      try folder.write("many/a/\(1000 + place).jpg", bytes)
      if try many.loadStored(.train).digest != digest { noticed += 1 }
      try folder.write("many/a/\(1000 + place).jpg", original + [0])
      #expect(try many.loadStored(.train).digest != digest, "the size of \(place)")
      try folder.write("many/a/\(1000 + place).jpg", original)
    }
    #expect(noticed == 64)
    #expect(try many.loadStored(.train).digest == digest)
    // A file that is gone has a digest, too: another.
    unlink(folder.path + "/many/a/1000.jpg")
    let left = try DataReference(parsing: "folder:\(folder.path)/many").loadStored(.train)
    #expect(left.digest != digest)
  }

  @Test func equality() throws {
    let samples = try set.loadStored(.train)
    let images = try #require(samples.encoded)
    var other = images
    #expect(other == images && other.hashValue == images.hashValue && samples == samples.selecting(Array(0..<6)))
    other.policy = .skip
    #expect(other != images)
    other = images
    other.input.fit = .whole
    #expect(other != images)
    #expect(samples.selecting([0, 1]) != samples.selecting([1, 0]))
    #expect(try samples != set.loadStored(.test))
    #expect(Set([samples, samples.selecting(Array(0..<6)), samples.selecting([5])]).count == 2)
    var policy = samples
    policy.onBadImage = .list
    #expect(policy.onBadImage == .list && policy != samples)
    var resident = try samples.decoded().samples
    resident.onBadImage = .skip
    #expect(resident.onBadImage == .stop)
  }

  @Test func selecting() throws {
    let samples = try set.loadStored(.train)
    let chosen = samples.selecting([4, 0, 4])
    #expect(chosen.labels == [1, 0, 1] && chosen.count == 3 && chosen.encoded?.count == 3)
    #expect(chosen.names == ["train/dog/1.jpg", "train/cat/0.jpg", "train/dog/1.jpg"])
    #expect(try chosen.bytes(1) == photo(100) && chosen.bytes(2) == photo(104))
    #expect(chosen.selecting([1, 2]).names == ["train/cat/0.jpg", "train/dog/1.jpg"])
    let all = try samples.decoded().samples
    #expect(try chosen.decoded().samples == all.selecting([4, 0, 4]))
    #expect(samples.selecting([]).count == 0 && samples.decodedSize == 6 * 3 * 18 * 24)
  }

  /// Runs of archives follow a subset that keeps their order, and go where it does not.
  @Test func runsOfASubset() throws {
    for name in ["a", "b"] { try folder.write(name + ".tar.gz", PictureFixtures.shard("cls").archive) }
    let files = ["a", "b"].map { (path: folder.path + "/\($0).tar.gz", split: Split.train) }
    let index = try ShardSet(files, memory: ShardMemory(limit: 0)).index(.train)
    let images = EncodedImages(index.store, input: InputTransform())
    let samples = Samples(
      encoded: images, labels: index.labels, shape: ImageShape(channels: 3, height: 7, width: 9),
      classNames: index.classNames)
    #expect(images.shards == [0..<6, 6..<12])
    #expect(samples.selecting([0, 3, 5, 6]).encoded?.shards == [0..<3, 3..<4])
    #expect(samples.selecting([7, 9]).encoded?.shards == [0..<2])
    #expect(samples.selecting([7, 0]).encoded?.shards == nil)
    #expect(try samples.decoded().samples.count == 12)
    #expect(try set.loadStored(.train).encoded?.shards == nil)
  }
}
