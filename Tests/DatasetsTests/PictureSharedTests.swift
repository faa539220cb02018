import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The JPEG archives in `../shared/data`, against the figures of its README and the pixels decoded by Pillow.
@Suite(.enabled(if: hasSharedFolder, Comment(rawValue: sharedReason)))
struct PictureSharedTests {
  let root = (sharedFolder ?? URL(fileURLWithPath: "/")).appendingPathComponent("data").path

  func expect(_ info: SplitInfo?, _ mean: [Double], _ deviation: [Double]) throws {
    let info = try #require(info)
    #expect(info.mean.count == 3 && info.skipped == [])
    #expect(zip(info.mean, mean).allSatisfy { abs($0 - $1) < 0.5001e-4 }, "\(info.mean)")
    #expect(zip(info.deviation, deviation).allSatisfy { abs($0 - $1) < 0.5001e-4 }, "\(info.deviation)")
  }

  @Test func tinyImageNet() throws {
    let set = try DataReference(parsing: "shards:\(root)/tiny-imagenet-64/*.tar.gz")
    let info = try DatasetInfo(set)
    let (train, test) = (try #require(info.splits[.train]), try #require(info.splits[.test]))
    try expect(train, [0.4778, 0.4448, 0.3947], [0.2816, 0.2740, 0.2868])
    #expect(train.n == 15_000 && test.n == 2499 && train.shape == [3, 64, 64] && train.classes == 50)
    #expect(train.perClass.allSatisfy { $0 == 300 } && test.perClass.sorted() == [49] + Array(repeating: 50, count: 49))
    let names = try TextLines.read(root + "/tiny-imagenet-64/tiny-imagenet-50.classes.tsv")
      .map { String($0.prefix(9)) }.filter { $0.hasPrefix("n") }.sorted()
    #expect(train.classNames == names && names.count == 50)
  }

  /// As an archive, and as the folder it came from: the same samples but for the folder's name.
  @Test func flowers() throws {
    let set = try DataReference(parsing: "shards:\(root)/flowers128/flowers128-jpeg.tar.gz")
    let info = try DatasetInfo(set)
    #expect(Array(info.splits.keys) == [.train])
    try expect(info.splits[.train], [0.4583, 0.4200, 0.3084], [0.2670, 0.2404, 0.2567])
    #expect(info.splits[.train]?.classNames == ["daisy", "dandelion", "rose", "sunflower", "tulip"])
    #expect(info.splits[.train]?.perClass == [614, 902, 630, 579, 830] && info.splits[.train]?.shape == [3, 128, 128])
    let folder = try TemporaryFolder()
    let stored = try set.loadStored(.train)
    for name in stored.classNames { try folder.makeFolder("flowers128/" + name) }
    for place in 0..<stored.count { _ = try folder.put(stored.names(place), stored.bytes(place)) }
    let unpacked = try DataReference(parsing: "folder:\(folder.path)/flowers128").loadStored(.train)
    // Folders come in the order of their names, archives in their own.
    let order = (0..<stored.count).sorted { stored.names($0).utf8.lexicographicallyPrecedes(stored.names($1).utf8) }
    #expect(unpacked.labels == order.map { stored.labels[$0] })
    #expect(try unpacked.decoded().samples == stored.selecting(order).decoded().samples)
  }

  /// Statistics of the whole train archive; then every picture of the README's decoded subsets, pixel by pixel.
  @Test func cifar10() throws {
    let folder = root + "/cifar10/"
    let set = try DataReference(parsing: "shards:\(folder)*-jpeg.tar.gz")
    let info = try DatasetInfo(set)
    try expect(info.splits[.train], [0.4913, 0.4821, 0.4465], [0.2452, 0.2428, 0.2606])
    #expect(info.splits[.train]?.perClass == Array(repeating: 5000, count: 10))
    #expect(info.splits[.test]?.perClass == Array(repeating: 800, count: 10))
    for (split, file) in [(Split.train, "decoded-train5000"), (.test, "decoded-test2000")] {
      let stored = try set.loadStored(split)
      #expect(stored.shape == ImageShape(channels: 3, height: 32, width: 32))
      var places: [Int: Int] = [:]
      for place in 0..<stored.count {
        let digits = stored.names(place).suffix(9).prefix(5)
        places[try #require(Int(digits))] = place
      }
      let index = try TextLines.read(folder + file + ".index.txt").map { try #require(Int($0.prefix { $0.isNumber })) }
      let decoded = try stored.selecting(index.map { try #require(places[$0]) }).decoded().samples
      let expected = try DataReference(dataset: "cifar", train: [folder + file + ".bin.gz"]).loadStored(.train)
      #expect(expected.count == index.count)
      let names = try TextLines.read(folder + "batches.meta.txt")
      #expect(decoded.labelNames == expected.labels.map { names[$0] })
      #expect(decoded.pixels == expected.pixels)
    }
  }
}

extension Samples {
  /// The name of a picture inside its archive.
  fileprivate func names(_ index: Int) -> String {
    let name = encoded?.name(index) ?? ""
    return name.split(separator: ":").last.map(String.init) ?? name
  }
}
