import Foundation
import Testing

@testable import Datasets

/// Listed sets are found under every name they go by.
@Suite struct FolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: ["", "cifar-10-batches-bin/"]) func officialCIFAR10(_ prefix: String) throws {
    for batch in 1...5 { try folder.write(prefix + "data_batch_\(batch).bin", cifar([[UInt8(batch)], [0]])) }
    try folder.write(prefix + "test_batch.bin", cifar([[9]]))
    let set = try DataReference(parsing: "cifar10:\(folder.url.path)/")
    #expect(try set.load(.train).labels == [1, 0, 2, 0, 3, 0, 4, 0, 5, 0])
    #expect(try set.load(.test).classNames[9] == "truck")
  }

  @Test func aPartOfASetIsNotTheSet() throws {
    let set = try DataReference(parsing: "cifar10:\(folder.url.path)")
    var found = fault { () throws(DatasetError) in _ = try set.load(.train) }
    #expect(found?.kind == .missing && found?.expected.contains("data_batch_1.bin") == true)
    #expect(found?.expected.contains("decoded-train5000.bin") == true)
    for batch in [1, 2, 4] { try folder.write("data_batch_\(batch).bin", cifar([[0]])) }
    found = fault { () throws(DatasetError) in _ = try set.load(.train) }
    #expect(found?.kind == .missing && found?.file?.hasSuffix("data_batch_3.bin") == true)
    let none = try DataReference(parsing: "cifar10:\(folder.url.path)/none")
    #expect(fault { () throws(DatasetError) in _ = try none.load(.train) }?.kind == .missing)
    let file = try folder.write("file", [1])
    let wrong = DataReference(dataset: "mnist", directory: file)
    #expect(fault { () throws(DatasetError) in _ = try wrong.load(.test) }?.kind == .wrongKindOfFile)
  }

  @Test func cifar100() throws {
    try folder.write("train.bin", cifar([[4, 0], [19, 99]]))
    try folder.write("test.bin", cifar([[0, 30]]))
    let set = try DataReference(parsing: "cifar100:\(folder.url.path)")
    let fine = try set.load(.train)
    #expect(fine.labels == [0, 99] && fine.classNames[99] == "worm" && fine.classCount == 100)
    #expect(fine.pixels[0] == 0 && fine.pixels[3072] == 3)
    var coarse = set
    coarse.labels = "coarse"
    #expect(try coarse.load(.train).labels == [4, 19])
    #expect(try coarse.load(.test).classCount == 20)
    #expect(Set(CIFAR.fineNames100).count == 100 && CIFAR.fineNames100 == CIFAR.fineNames100.sorted())
    #expect(Set(CIFAR.coarseNames100).count == 20)
    try folder.write("test.bin", cifar([[20, 30]]))
    #expect(fault { () throws(DatasetError) in _ = try set.load(.test) }?.kind == .labelOutOfRange)
  }

  @Test func oneSplitOnlyIsDivided() throws {
    let labels = (0..<50).map { UInt8($0 % 10) }
    try folder.write("t10k-images-idx3-ubyte", idx([50, 1, 1], Array(0..<50)))
    try folder.write("t10k-labels-idx1-ubyte", idx([50], labels))
    let set = try DataReference(parsing: "mnist:\(folder.url.path)")
    #expect(set.splits == [.test])
    let (train, test) = (try set.load(.train), try set.load(.test))
    #expect((train.pixels + test.pixels).sorted() == Array(0..<50))
    #expect(test.labels.sorted() == Array(0..<10))
    #expect(try set.loadStored(.test).count == 50)
  }

  /// Both splits have the classes that either needs.
  @Test func classesOfFormats() throws {
    let low = try folder.write("low.bin", cifar([[1], [3]]))
    let high = try folder.write("high.bin", cifar([[42]]))
    #expect(try DataReference(dataset: "cifar", train: [low]).loadStored(.train).classCount == 10)
    let both = DataReference(dataset: "cifar", train: [low], test: [high])
    #expect(try both.load(.train).classCount == 43 && both.load(.test).classCount == 43)
    let images = try folder.write("i", idx([2, 1, 1], [5, 6]))
    let labels = try folder.write("l", idx([2], [0, 1]))
    let more = try folder.write("m", idx([2], [3, 1]))
    let set = DataReference(dataset: "idx", train: [images, labels], test: [images, more])
    #expect(try set.load(.train).classCount == 4)
  }
}
