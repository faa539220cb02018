import Foundation
import Testing

@testable import Datasets

/// Every way in which a file can be wrong has its error, which names file, place, expected and found.
@Suite struct FileFaultTests {
  let folder: TemporaryFolder
  let images: [UInt8] = idx([4, 3, 2], Array(0..<24))
  let labels: [UInt8] = idx([4], [0, 2, 1, 2])

  init() throws { folder = try TemporaryFolder() }

  func load(_ images: [UInt8]?, _ labels: [UInt8]?, classes: Int? = nil) throws -> DatasetError? {
    let a = folder.url.appendingPathComponent("images").path
    let b = folder.url.appendingPathComponent("labels").path
    if let images { try folder.write("images", images) }
    if let labels { try folder.write("labels", labels) }
    return fault { () throws(DatasetError) in
      _ = try DataReference(dataset: "idx", train: [a, b], classCount: classes).loadStored(.train)
    }
  }

  @Test func wholeFilesLoad() throws {
    #expect(try load(images, labels) == nil)
    let set = try DataReference(
      parsing: "idx:\(folder.url.path)/images,\(folder.url.path)/labels")
    let samples = try set.loadStored(.train)
    #expect(samples.pixels == Array(0..<24))
    #expect(samples.labels == [0, 2, 1, 2])
    #expect(samples.shape == ImageShape(channels: 1, height: 3, width: 2))
    #expect(samples.classNames == ["0", "1", "2"])
  }

  @Test func idxFaults() throws {
    var found = try #require(try load(Array(images.dropLast()), labels))
    #expect(found.kind == .truncated && found.offset == 39)
    #expect(found.file?.hasSuffix("images") == true)
    #expect(found.expected.contains("40 bytes") && found.found == "39")
    found = try #require(try load(images + [9], labels))
    #expect(found.kind == .oversized && found.offset == 40)
    found = try #require(try load(labels, images))
    #expect(found.kind == .wrongMagic && found.offset == 0 && found.found == "00000803")
    found = try #require(try load(images, idx([3], [0, 1, 2])))
    #expect(found.kind == .countMismatch && found.expected.contains("4 labels") && found.found == "3")
    found = try #require(try load(images, labels, classes: 2))
    #expect(found.kind == .labelOutOfRange && found.offset == 9 && found.found == "2")
    #expect(try load([], labels)?.kind == .empty)
    #expect(try load(idx([0, 3, 2], []), idx([0], []))?.kind == .empty)
    #expect(try load(idx([4, 0, 2], []), labels)?.kind == .empty)
    for length in 0..<16 {
      let kind = try load(Array(images.prefix(length)), labels)?.kind
      #expect(kind == (length == 0 ? .empty : .truncated))
    }
  }

  /// Sizes that overflow or exceed all memory are refused from the header alone.
  @Test func hugeSizes() throws {
    let huge = 0xffff_ffff
    #expect(try load(idx([huge, huge, huge], []), labels)?.kind == .tooLarge)
    #expect(try load(idx([huge, 1, 1], []), labels)?.kind == .truncated)
    #expect(try load(idx([huge, 28, 28], []), labels)?.kind == .tooLarge)
    #expect(try load(images, idx([huge], [0]))?.kind == .truncated)
  }

  @Test func fileSystemFaults() throws {
    func kind(_ path: String) -> DatasetError.Kind? {
      fault { () throws(DatasetError) in _ = try DataReference(dataset: "cifar", train: [path]).load(.train)
      }?.kind
    }
    #expect(kind(folder.url.path + "/none.bin") == .missing)
    #expect(kind(folder.url.path) == .wrongKindOfFile)
    #expect(kind("/dev/null") == .wrongKindOfFile)
    #expect(kind(try folder.write("file", [1]) + "/inside") == .missing)
    let loop = folder.url.appendingPathComponent("loop")
    try FileManager.default.createSymbolicLink(at: loop, withDestinationURL: loop)
    #expect(kind(loop.path) == .unreadable)
    #expect(kind(String(repeating: "a", count: 5000)) == .unreadable)
  }

  @Test(.enabled(if: getuid() != 0, "root may read everything")) func noPermission() throws {
    let path = try folder.write("secret", cifar([[1]]))
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
    let found = fault { () throws(DatasetError) in _ = try StoredFile(path, packing: .byName) }
    #expect(found?.kind == .unreadable && found?.cure != nil)
  }

  @Test func cifarFaults() throws {
    func load(_ bytes: [UInt8], name: String = "a.bin", classes: Int? = nil) throws -> DatasetError? {
      let path = try folder.write(name, bytes)
      return fault { () throws(DatasetError) in
        _ = try DataReference(dataset: "cifar", train: [path], classCount: classes).loadStored(.train)
      }
    }
    let two = cifar([[3], [7]])
    #expect(try load(two) == nil)
    var found = try #require(try load(Array(two.dropLast())))
    #expect(found.kind == .truncated && found.offset == 3073)
    found = try #require(try load(two + [0]))
    #expect(found.kind == .truncated && found.offset == 6146)
    found = try #require(try load(two, classes: 7))
    #expect(found.kind == .labelOutOfRange && found.offset == 3073 && found.found.contains("7 in record 1"))
    #expect(try load([])?.kind == .empty)
    found = try #require(try load(cifar([[0, 1], [2, 3]])))
    #expect(found.cure?.contains("cifar100") == true)
    #expect(try load(two, name: "a.bin.gz")?.kind == .badGzip)
  }

  @Test func description() {
    let text = DatasetError(
      .truncated, file: "a.bin", offset: 7, expected: "9 bytes", found: "7", cure: "fetch it"
    )
    .description
    #expect(text == "a.bin, byte 7: expected 9 bytes, found 7 (truncated); fetch it")
  }
}
