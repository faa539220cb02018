import Foundation
import Testing
import Torch

@testable import Features

/// 4 rows of 3 numbers, exact in every floating-point type: what generate.py calls x.
private let values = (0..<12).map { Double($0) / 4 - 1 }

@Suite struct ReadingTests {
  @Test(arguments: ["f2", "f4", "f8", "big", "fortran"])
  func readsFloatingPointArrays(name: String) throws {
    let set = try FeatureSet(reading: [fixture("\(name).npy")], labels: [fixture("labels.npy")])
    #expect(set.count == 4 && set.labels == [2, 0, 1, 2])
    let layer = try set.layer()
    #expect(layer.name == "features" && layer.rowShape == [3])
    #expect(try layer.allRows().doubles() == values)
    #expect(try layer.rows(1..<3).doubles() == Array(values[3..<9]))
  }

  @Test(arguments: ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
  func readsIntegerArrays(name: String) throws {
    let array = try NPYFile.read(URL(fileURLWithPath: fixture("\(name).npy")))
    #expect(try array.integers() == (0..<12).map { $0 * 2 })
    #expect(try array.tensor(rows: 0..<4).doubles() == (0..<12).map { Double($0) * 2 })
  }

  @Test func readsTruthValues() throws {
    let array = try NPYFile.read(URL(fileURLWithPath: fixture("b1.npy")))
    #expect(try array.integers() == (0..<12).map { $0 % 2 == 0 ? 1 : 0 })
  }

  @Test func readsBigEndianColumnMajorImages() throws {
    let set = try FeatureSet(reading: [fixture("images.npy")])
    #expect(try set.layer().rowShape == [3, 2, 2])
    #expect(try set.layer().allRows().doubles() == (0..<48).map(Double.init))
  }

  @Test(arguments: ["stored.npz", "packed.npz"])
  func readsArchives(name: String) throws {
    let set = try FeatureSet(reading: [fixture(name)])
    #expect(set.labels == [2, 0, 1, 2])
    #expect(try set.layer().allRows().doubles() == values)
    #expect(try set.requireOutputs().allRows().doubles() == values.map { -$0 })
  }

  @Test func ordersLayersByTheMetadata() throws {
    let set = try FeatureSet(reading: [fixture("layers.safetensors")])
    #expect(set.layers.map(\.name) == ["late", "early", "features"])
    #expect(set.metadata["network"] == "resnet20")
    #expect(try set.layer("late").rowShape == [3, 1, 1])
    for layer in set.layers { #expect(try layer.allRows().doubles() == values) }
    #expect(throws: ArrayFileError.self) { try set.layer("middle") }
  }

  @Test func bareArraysAreOutputsOnRequest() throws {
    let set = try FeatureSet(reading: [fixture("f8.npy")], role: .outputs)
    #expect(set.layers.isEmpty)
    #expect(try set.requireOutputs().allRows().doubles() == values)
    #expect(throws: ArrayFileError.self) { try set.requireLabels() }
  }

  @Test func shardsFollowTheNumbersInTheirNames() throws {
    let folder = try TemporaryFolder()
    for shard in [0, 1, 2, 10] {
      try FeatureSet.write(
        layers: [("features", Tensor([Double(shard), Double(shard)], shape: [2, 1]))],
        labels: [shard, shard],
        metadata: ["network": "a", "shard": "\(shard)"], to: folder.file("part-\(shard).safetensors"))
    }
    let set = try FeatureSet(reading: [folder.file("part-*.safetensors").path])
    #expect(set.labels == [0, 0, 1, 1, 2, 2, 10, 10])
    #expect(try set.layer().allRows().doubles() == [0, 0, 1, 1, 2, 2, 10, 10])
    #expect(try set.layer().rows(1..<7).doubles() == [0, 1, 1, 2, 2, 10])
    #expect(try set.layer().rows(2..<2).shape == [0, 1])
    #expect(set.metadata["network"] == "a" && set.metadata["shard"] == nil)
    #expect(throws: ArrayFileError.self) { try FeatureSet(reading: [folder.file("none-*.npy").path]) }
    #expect(throws: ArrayFileError.self) {
      try FeatureSet(reading: [folder.file("part-0.safetensors").path, fixture("layers.safetensors")])
    }
  }

  @Test func refusesLabelsThatDoNotFit() throws {
    #expect(throws: ArrayFileError.self) {
      try FeatureSet(reading: [fixture("f4.npy"), fixture("f4.npy")], labels: [fixture("labels.npy")])
    }
    #expect(throws: ArrayFileError.self) { try FeatureSet.readLabels([fixture("f4.npy")]) }
    #expect(throws: ArrayFileError.self) { try FeatureSet(reading: [fixture("complex.npy")]) }
    #expect(throws: ArrayFileError.self) { try FeatureSet(reading: [fixture("labels.npy")]) }
  }

  @Test func halfPrecisionPatterns() {
    let known: [(UInt16, Double)] = [
      (0, 0), (1, 0x1p-24), (0x03ff, 1023 * 0x1p-24), (0x0400, 0x1p-14), (0x3c00, 1), (0xc000, -2),
      (0x7bff, 65504),
      (0x7c00, .infinity), (0xfc00, -.infinity), (0x3555, 0.333251953125),
    ]
    for (bits, value) in known { #expect(Double(halfPrecision: bits) == value) }
    #expect(Double(halfPrecision: 0x7e00).isNaN)
  }
}

@Suite struct WritingTests {
  @Test(arguments: [ElementType.f16, .bf16, .f32, .f64])
  func roundTrip(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("f.safetensors")
    let x = try Tensor(values, shape: [4, 3]).to(type)
    try FeatureSet.write(
      layers: [("zeta", x), ("alpha", x.reshape([4, 3, 1, 1]))], outputs: x.neg(), labels: [0, 1, 0, 1],
      metadata: ["seed": "3", "split": "test"], to: url)
    let set = try FeatureSet(reading: [url.path])
    #expect(set.layers.map(\.name) == ["zeta", "alpha"])
    #expect(try set.layer().name == "alpha")
    #expect(try set.layer("zeta").allRows().elementType == type)
    #expect(try set.layer("zeta").allRows().doubles() == values)
    #expect(set.labels == [0, 1, 0, 1] && set.metadata["seed"] == "3" && set.metadata["split"] == "test")
  }

  @Test func archiveRoundTrip() throws {
    let folder = try TemporaryFolder()
    let x = try Tensor(values, shape: [4, 3])
    try FeatureSet.writeNPZ(
      [("outputs", x), ("labels", Tensor([0, 1, 2, 0])), ("features", x.to(.f32))], to: folder.file("p.npz"))
    let set = try FeatureSet(reading: [folder.file("p.npz").path])
    #expect(try set.layer().allRows().doubles() == values)
    #expect(set.labels == [0, 1, 2, 0])
  }
}

/// Any bytes at all: an error or a set, never a crash.
@Suite struct DamagedFileTests {
  @Test(arguments: ["f4.npy", "fortran.npy", "stored.npz", "packed.npz", "layers.safetensors"])
  func everyTruncationIsRefused(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture(name)))
    let url = folder.file(name)
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: url)
      let error = #expect(throws: ArrayFileError.self) { try FeatureSet(reading: [url.path]) }
      #expect(error?.description.contains(url.path) == true)
    }
  }

  @Test(arguments: ["f4.npy", "stored.npz", "packed.npz", "layers.safetensors"])
  func everyChangedByteIsSurvived(name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture(name)))
    let url = folder.file(name)
    for place in 0..<whole.count {
      for value: UInt8 in [0, 0x7f, 0xff, whole[place] ^ 1, 0x2d] {
        var changed = whole
        changed[place] = value
        try changed.write(to: url)
        if let set = try? FeatureSet(reading: [url.path]) { _ = try? set.layer().allRows() }
      }
    }
  }
}
