import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Listed sets whose images lie in array files.
@Suite struct ListedArraysTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// A .npy file of version 1.
  func npy(_ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sizes)), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(text.utf8.count), 0] + Array(text.utf8) + data
  }

  /// Interleaved images whose every pixel is (i, i + 1, i + 2) for image i.
  func interleaved(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { image in
      (0..<1024).flatMap { _ in (0..<3).map { UInt8(truncatingIfNeeded: image + $0) } }
    }
  }

  func set(_ name: String, labels: String? = nil) throws -> DataReference {
    var reference = try DataReference(parsing: "\(name):\(folder.url.path)")
    reference.labels = labels
    return reference
  }

  @Test func kmnist() throws {
    try folder.write("train-images-idx3-ubyte", idx([2, 1, 1], [5, 6]))
    try folder.write("train-labels-idx1-ubyte", idx([2], [3, 9]))
    let samples = try set("kmnist").loadStored(.train)
    #expect(samples.labels.map { samples.classNames[$0] } == ["tsu", "wo"])
  }

  /// A stored image is the upright one with rows and columns exchanged.
  @Test(arguments: ["", "gzip/"]) func emnistIsTurnedUpright(_ prefix: String) throws {
    let upright: [UInt8] = [1, 2, 3, 4, 5, 6]  // 3 rows of 2
    let stored: [UInt8] = [1, 3, 5, 2, 4, 6]  // 2 rows of 3
    for part in ["train", "test"] {
      try folder.write(
        prefix + "emnist-balanced-\(part)-images-idx3-ubyte", idx([2, 2, 3], stored + stored.reversed()))
      try folder.write(prefix + "emnist-balanced-\(part)-labels-idx1-ubyte", idx([2], [10, 46]))
    }
    let samples = try set("emnist").load(.test)
    #expect(Array(samples.pixels[..<6]) == upright && Array(samples.pixels[6...]) == upright.reversed())
    #expect(samples.shape == ImageShape(channels: 1, height: 3, width: 2) && samples.classCount == 47)
    #expect(samples.labels.map { samples.classNames[$0] } == ["A", "t"])
    #expect(try set("emnist").splits == [.train, .test])
  }

  @Test func emnistCuts() throws {
    let counts = EMNIST.cuts.map { EMNIST.classNames($0).count }
    #expect(counts == [47, 62, 47, 26, 10, 10])
    for cut in EMNIST.cuts { #expect(Set(EMNIST.classNames(cut)).count == EMNIST.classNames(cut).count) }
    try folder.write("emnist-letters-train-images-idx3-ubyte", idx([2, 1, 1], [5, 6]))
    let labels = try folder.write("emnist-letters-train-labels-idx1-ubyte", idx([2], [1, 26]))
    let letters = try set("emnist", labels: "letters")
    let samples = try letters.loadStored(.train)
    #expect(samples.labels == [0, 25] && samples.classNames[25] == "Z" && samples.classCount == 26)
    try folder.write("emnist-letters-train-labels-idx1-ubyte", idx([2], [1, 0]))
    let error = fault { () throws(DatasetError) in _ = try letters.loadStored(.train) }
    #expect(error?.kind == .labelOutOfRange && error?.file == labels && error?.offset == 9)
    let other = try set("emnist", labels: "upper")
    #expect(fault { () throws(DatasetError) in _ = try other.loadStored(.train) }?.kind == .badReference)
  }

  @Test(arguments: ["", "datasets/"]) func cifar10Point1(_ prefix: String) throws {
    try folder.write(prefix + "cifar10.1_v6_data.npy", npy("|u1", [2, 32, 32, 3], interleaved(2)))
    try folder.write(prefix + "cifar10.1_v6_labels.npy", npy("<i4", [2], [3, 0, 0, 0, 9, 0, 0, 0]))
    let reference = try set("cifar10.1")
    #expect(reference.splits == [.test])
    let samples = try reference.loadStored(.test)
    #expect(samples.labels == [3, 9] && samples.classNames == CIFAR.names10 && samples.shape == CIFAR.shape)
    #expect(samples.pixels[0] == 0 && samples.pixels[1024] == 1 && samples.pixels[3072 + 2048] == 3)
    let missing = try set("cifar10.1", labels: "v4")
    let error = fault { () throws(DatasetError) in _ = try missing.loadStored(.test) }
    #expect(error?.kind == .missing && error?.expected.contains("cifar10.1_v4_data.npy") == true)
    try folder.write(prefix + "cifar10.1_v6_labels.npy", npy("<i4", [2], [3, 0, 0, 0, 10, 0, 0, 0]))
    #expect(fault { () throws(DatasetError) in _ = try reference.loadStored(.test) }?.kind == .labelOutOfRange)
    try folder.write(prefix + "cifar10.1_v6_labels.npy", npy("|u1", [1], [3]))
    #expect(fault { () throws(DatasetError) in _ = try reference.loadStored(.test) }?.kind == .countMismatch)
  }

  /// The five severities lie one after another.
  @Test func corruptedCIFAR() throws {
    try folder.write("CIFAR-10-C/fog.npy", npy("|u1", [10, 32, 32, 3], interleaved(10)))
    try folder.write("CIFAR-10-C/labels.npy", npy("|u1", [10], [0, 1, 0, 1, 0, 1, 0, 1, 0, 9]))
    for severity in 1...5 {
      let samples = try set("cifar10-c", labels: "fog-\(severity)").loadStored(.test)
      #expect(samples.count == 2 && samples.pixels[0] == UInt8(2 * (severity - 1)))
      #expect(samples.labels == [0, severity == 5 ? 9 : 1])
    }
    let entry = try DatasetEntry.find("cifar100-c")
    #expect(entry.factors.count == 95 && entry.factors[0] == "gaussian_noise-1")
    let wrong = try set("cifar10-c", labels: "fog-6")
    #expect(fault { () throws(DatasetError) in _ = try wrong.loadStored(.test) }?.kind == .badReference)
    try folder.write("CIFAR-10-C/fog.npy", npy("|u1", [9, 32, 32, 3], interleaved(9)))
    let odd = try set("cifar10-c", labels: "fog-1")
    #expect(fault { () throws(DatasetError) in _ = try odd.loadStored(.test) }?.kind == .countMismatch)
  }

  @Test(arguments: ["", "stl10_binary/"]) func stl10(_ prefix: String) throws {
    // The red value tells the row, the green one the column.
    var bytes = [UInt8](repeating: 7, count: 3 * 96 * 96)
    for row in 0..<96 {
      for column in 0..<96 {
        bytes[column * 96 + row] = UInt8(row)
        bytes[96 * 96 + column * 96 + row] = UInt8(column)
      }
    }
    try folder.write(prefix + "train_X.bin", bytes + bytes)
    try folder.write(prefix + "train_y.bin", [1, 10] as [UInt8])
    let samples = try set("stl10").loadStored(.train)
    #expect(samples.labels.map { samples.classNames[$0] } == ["airplane", "truck"])
    let plane = 96 * 96
    #expect(samples.pixels[5 * 96 + 8] == 5 && samples.pixels[plane + 5 * 96 + 8] == 8)
    #expect(samples.pixels[2 * plane] == 7 && samples.pixels[3 * plane + 95 * 96] == 95)
    try folder.write(prefix + "train_y.bin", [1, 0] as [UInt8])
    let reference = try set("stl10")
    #expect(fault { () throws(DatasetError) in _ = try reference.loadStored(.train) }?.kind == .labelOutOfRange)
    try folder.write(prefix + "train_y.bin", [1] as [UInt8])
    #expect(fault { () throws(DatasetError) in _ = try reference.loadStored(.train) }?.kind == .oversized)
  }

  @Test func svhn() throws {
    let fixtures = try MATLABFixtures.load()
    try folder.write("test_32x32.mat", [UInt8](try #require(fixtures.mat["svhn"])))
    let samples = try set("svhn").loadStored(.test)
    #expect(samples.pixels == [UInt8](fixtures.svhn.pixels) && samples.labels == fixtures.svhn.labels)
    #expect(samples.labels == [1, 0, 9, 5, 0] && samples.classNames[0] == "0")
    try folder.write("test_32x32.mat", [UInt8](try #require(fixtures.mat["mixed"])))
    let reference = try set("svhn")
    #expect(fault { () throws(DatasetError) in _ = try reference.loadStored(.test) }?.kind == .missing)
  }
}
