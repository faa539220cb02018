import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Archives by Python's tarfile.
@Suite struct PictureShardTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func expect(_ set: ShardSet, _ shard: PictureFixtures.Shard) throws {
    let numbers = shard.pictures.compactMap { Int($0.class) }
    let names =
      numbers.count == shard.pictures.count
      ? (0...(numbers.max() ?? 0)).map(String.init)
      : Set(shard.pictures.map(\.class)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    #expect(set.classNames == names)
    #expect(set.splits == Split.allCases.filter { !shard.pictures($0).isEmpty })
    for split in set.splits {
      let index = try set.index(split)
      let pictures = shard.pictures(split)
      #expect(index.names == pictures.map(\.name))
      #expect(index.labels.map { names[$0] } == pictures.map(\.class))
      #expect(index.passedOver.count == (split == set.splits.first ? shard.ignored : 0))
      var scratch: [UInt8] = []
      for (place, picture) in pictures.enumerated() {
        let bytes = try index.store.withBytes(place, &scratch) { (raw) throws(ImageFault) in Array(raw) }
        #expect(hexadecimal(bytes) == picture.sha256, "\(picture.name)")
        #expect(index.store.size(place) == bytes.count)
      }
    }
  }

  @Test(arguments: PictureFixtures.shards) func plainAndGzip(shard: PictureFixtures.Shard) throws {
    let plain = try folder.write("a.tar", shard.plain())
    try expect(try ShardSet([(plain, .train)]), shard)
    let packed = try folder.write("a.tar.gz", shard.archive)
    try expect(try ShardSet([(packed, .train)]), shard)
    // Gzip is told by the content, too.
    let named = try folder.write("b.tar", shard.archive)
    try expect(try ShardSet([(named, .train)]), shard)
  }

  @Test func allWereRead() { #expect(PictureFixtures.shards.count == 14) }

  @Test func patterns() throws {
    for name in ["x-00.tar", "x-01.tar", "x-03.tar", "x-100.tar", "y{1}.tar"] { try folder.write(name, [1]) }
    func expand(_ patterns: String...) throws -> [String] {
      try ShardPaths.expand(patterns.map { folder.path + "/" + $0 }).map { ($0 as NSString).lastPathComponent }
    }
    #expect(try expand("x-*.tar") == ["x-00.tar", "x-01.tar", "x-03.tar", "x-100.tar"])
    #expect(try expand("x-0[13].tar", "x-?1.tar") == ["x-01.tar", "x-03.tar"])
    #expect(try expand("x-{00..03}.tar") == ["x-00.tar", "x-01.tar", "x-02.tar", "x-03.tar"])
    #expect(try expand("x-{9..11}.tar") == ["x-9.tar", "x-10.tar", "x-11.tar"])
    #expect(try expand("{1..2}-{08..09}") == ["1-08", "1-09", "2-08", "2-09"])
    #expect(try expand("x-01.tar", "x-0*.tar") == ["x-01.tar", "x-00.tar", "x-03.tar"])
    #expect(fault { () throws(DatasetError) in _ = try ShardPaths.expand([folder.path + "/none*"]) }?.kind == .missing)
    for bad in ["{a..b}", "{3..1}", "{1}", "{1..2..3}", "{0..1000000}"] {
      #expect(fault { () throws(DatasetError) in _ = try ShardPaths.expand([bad]) }?.kind == .badReference, "\(bad)")
    }
    let missing = try DataReference(parsing: "shards:\(folder.path)/x-{04..05}.tar")
    let found = fault { () throws(DatasetError) in _ = try missing.load(.train) }
    #expect(found?.kind == .missing && found?.file?.hasSuffix("x-04.tar") == true)
  }

  @Test func splitsByName() {
    func splits(_ names: String...) -> [String] {
      ShardPaths.splits(names).map { "\($0.path) \($0.split)" }
    }
    #expect(splits("d/my-train-0.tar", "d/my-val-0.tar") == ["d/my-train-0.tar train", "d/my-val-0.tar test"])
    #expect(
      splits("train_0.tar", "test_0.tar", "rest.tar") == ["train_0.tar train", "test_0.tar test", "rest.tar train"])
    // Only where both are named, and by whole words only.
    #expect(splits("test-0.tar", "test-1.tar") == ["test-0.tar train", "test-1.tar train"])
    #expect(splits("contest.tar", "train.tar") == ["contest.tar train", "train.tar train"])
    #expect(splits("train.tar", "val.tar", "test.tar") == ["train.tar train", "test.tar test"])
  }

  /// Several archives, both splits by their names, classes named beside them.
  @Test func manyArchives() throws {
    let shard = try PictureFixtures.shard("cls")
    try folder.write("train-0.tar", shard.plain())
    try folder.write("train-1.tar.gz", shard.archive)
    try folder.write("val-0.tar", shard.plain())
    try folder.write("classes.txt", (0..<12).map { "c\($0)\n" }.joined().utf8)
    let set = try DataReference(parsing: "shards:\(folder.path)/*.tar*")
    #expect(set.splits == [.train, .test])
    let (train, test) = (try set.load(.train), try set.load(.test))
    #expect(train.labels == [0, 5, 10, 3, 8, 1, 0, 5, 10, 3, 8, 1] && test.labels == [0, 5, 10, 3, 8, 1])
    #expect(train.classNames == (0..<12).map { "c\($0)" } && test.classNames == train.classNames)
    // Members of one name are told apart by their archive.
    #expect(train.names[0] == "train-0.tar:000000.jpg" && train.names[6] == "train-1.tar.gz:000000.jpg")
    #expect(Set(train.names + test.names).count == 18)
    var told = set
    told.train = [folder.path + "/train-0.tar"]
    told.test = [folder.path + "/train-1.tar.gz"]
    #expect(try told.load(.train).count == 6 && told.load(.test).count == 6)
    try folder.write("classes.txt", "a\nb\n".utf8)
    #expect(fault { () throws(DatasetError) in _ = try set.load(.train) }?.kind == .labelOutOfRange)
  }

  @Test func onePictureIsExcludedNotItsNamesakes() throws {
    let shard = try PictureFixtures.shard("cls")
    var broken = try shard.plain()
    broken.replaceSubrange(512..<516, with: [0, 0, 0, 0])
    try folder.write("a.tar", broken)
    try folder.write("b.tar", shard.plain())
    var set = try DataReference(parsing: "shards:\(folder.path)/*.tar")
    set.onBadImage = .skip
    let (sifted, skipped) = try set.sifted()
    #expect(skipped.map(\.file) == ["a.tar:000000.jpg"])
    #expect(try sifted.loadStored(.train).count == 11)
  }

  @Test func missingLabels() throws {
    func refusal(_ entries: [(String, [UInt8])]) throws -> DatasetError? {
      let path = try folder.write("a.tar", entries.flatMap { tarEntry($0.0, $0.1) } + tarEnd)
      return fault { () throws(DatasetError) in _ = try ShardSet([(path, .train)]) }
    }
    let one: [(String, [UInt8])] = [("a.jpg", [1]), ("a.cls", Array("0".utf8))]
    #expect(try refusal(one) == nil)
    for (entry, found) in [
      ([], "neither"), ([("b.json", Array("{\"x\":1}".utf8))], "a .json file without one"),
      ([("b.json", Array("{\"label\":1.5}".utf8))], "a .json file without one"),
      ([("b.json", Array("no".utf8))], "a .json file without one"),
      ([("b.cls", Array(" \n".utf8))], "an empty .cls file"),
    ] as [([(String, [UInt8])], String)] {
      let error = try #require(try refusal(one + [("b.jpg", [1])] + entry))
      #expect(error.kind == .badText && error.found == found && error.expected.contains("a label for b.jpg"))
    }
    #expect(try refusal(one + [("b.jpg", [1]), ("b.cls", Array("-1".utf8))])?.kind == .labelOutOfRange)
    #expect(try refusal([("x.txt", [1])])?.kind == .empty)
    #expect(try refusal([("x.jpg", [1])])?.found == "x.jpg")
    // A picture beside the classes has none; it does not make classes of the splits.
    #expect(try refusal([("train/a/1.jpg", [1]), ("train/2.jpg", [1])])?.found == "train/2.jpg")
    let cut = try folder.write("cut.tar", Array((tarEntry("a.jpg", [UInt8](repeating: 1, count: 900))).prefix(1000)))
    #expect(fault { () throws(DatasetError) in _ = try ShardSet([(cut, .train)]) }?.kind == .truncated)
  }

  /// Less memory than the archives need: the same bytes in any order and from many threads, and never much more held.
  @Test(arguments: [0, 1, 30_000, 70_000, 1 << 30]) func limitedMemory(limit: Int) throws {
    let names = ["cls", "splits", "both", "gnu", "nested"]
    var files: [(path: String, split: Split)] = []
    var sizes: [Int] = []
    for name in names {
      let shard = try PictureFixtures.shard(name)
      files.append((try folder.write(name + ".tar.gz", shard.archive), .train))
      sizes.append(try shard.plain().count)
    }
    let memory = ShardMemory(limit: limit)
    let set = try ShardSet(files, memory: memory)
    let whole = sizes.reduce(0, +)
    #expect(memory.isShort == (whole > limit))
    #expect(memory.held <= limit || !memory.isShort)
    let expected = Dictionary(
      uniqueKeysWithValues: try names.flatMap { name in
        try PictureFixtures.shard(name).pictures.map { ("\(name).tar.gz:\($0.name)", $0.sha256) }
      })
    let stores = try set.splits.map { try set.index($0).store }
    #expect(stores.reduce(0) { $0 + $1.count } == expected.count)
    for store in stores {
      guard let runs = store.shards else {
        #expect(!memory.isShort)
        continue
      }
      #expect(memory.isShort && runs.flatMap { Array($0) } == Array(0..<store.count))
      for run in runs { #expect(Set(run.map { store.name($0).prefix { $0 != ":" } }).count == 1) }
    }
    // Both splits at once: they share the archives.
    let largest = sizes.max() ?? 0
    let wrong = Mutex()
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      let store = stores[thread % stores.count]
      var scratch: [UInt8] = []
      let order = CounterGenerator.permutation(count: store.count, seed: UInt64(thread), purpose: .bench)
      for place in order {
        do throws(ImageFault) {
          let bytes = try store.withBytes(place, &scratch) { (raw) throws(ImageFault) in Array(raw) }
          if hexadecimal(bytes) != expected[store.name(place)] { wrong.add(store.name(place)) }
        } catch { wrong.add(error.description) }
        if memory.held > max(limit, largest) { wrong.add("\(memory.held) bytes held") }
      }
    }
    #expect(wrong.names.isEmpty)
  }

  /// An archive that was changed after it was opened is told of, not read.
  @Test func aChangedArchive() throws {
    let shard = try PictureFixtures.shard("cls")
    let path = try folder.write("a.tar.gz", shard.archive)
    let set = try ShardSet([(path, .train)], memory: ShardMemory(limit: 0))
    try folder.write("a.tar.gz", PictureFixtures.shard("splits").archive)
    var scratch: [UInt8] = []
    let store = try set.index(.train).store
    let found = imageFault { () throws(ImageFault) in try store.withBytes(0, &scratch) { (_) throws(ImageFault) in } }
    #expect(found?.kind == .unreadable && found?.detail.contains("unpacked bytes, as before") == true)
  }

  /// Names that threads add.
  private final class Mutex: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [String] = []
    func add(_ name: String) { lock.withLock { all.append(name) } }
    var names: [String] { lock.withLock { all } }
  }
}
