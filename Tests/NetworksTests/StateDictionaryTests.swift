import Foundation
import TestSupport
import Testing
import Torch

@testable import Networks

@Suite struct StateDictionaryTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private var file: URL { folder.url.appendingPathComponent("weights.safetensors") }

  private static let stored = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/resnet8.safetensors")

  private func small() throws -> Golden.Case { try Golden.load()[0] }

  /// Writes these arrays, with `change` applied to their list.
  private func write(
    _ tensors: [String: Tensor], as type: StoredType = .f32, prefix: String = "",
    _ change: (inout [SafeTensorsFile.Item]) -> Void = { _ in }
  ) throws {
    var items = try tensors.sorted { $0.key < $1.key }.map { name, tensor in
      let bytes = try tensor.to(#require(type.element)).bytes()
      return SafeTensorsFile.Item(name: prefix + name, type: type, shape: tensor.shape, bytes: bytes)
    }
    change(&items)
    try SafeTensorsFile.write(items, to: file)
  }

  /// A file that PyTorch wrote, in f16, with its logits beside it.
  @Test func readsWhatPyTorchWrites() throws {
    let dictionary = try StateDictionary(Self.stored)
    let text = try #require(dictionary.file.metadata["logits"])
    let logits = try JSONDecoder().decode([Double].self, from: Data(text.utf8))
    let model = try dictionary.model(NetworkSpec(name: "resnet8", width: 4), size: 12)
    let features = try model.network.features(small().images(.f32), Pass(.evaluation))
    #expect(try relativeGap(model.head(features), logits) < 1e-5)
    let summary = dictionary.summary()
    #expect(summary.network == NetworkSpec(name: "resnet8", width: 4))
    #expect(summary.types == ["F16"] && summary.classes == 5 && summary.channels == 3)
    #expect(summary.tensors == model.parameters.entries.count && summary.parameters == model.parameters.trainedCount)
  }

  /// Names and shapes of a written file are those of PyTorch's state dictionary, counters included; what it holds comes
  /// back bit by bit.
  @Test(arguments: try Golden.load().filter { $0.count < 30_000_000 })
  func writesWhatPyTorchReads(row: Golden.Case) throws {
    let isSmall = row.count < 1_000_000
    let model = try row.model(isSmall ? .seed(3) : .shapes)
    try StateDictionary.write(model, to: file)
    let written = try SafeTensorsFile(file)
    var expected = row.parameters.map { "\($0.name) \($0.shape) F32" }
    expected += row.parameters.filter { $0.name.hasSuffix("running_var") }
      .map { "\($0.name.dropLast("running_var".count))num_batches_tracked [] I64" }
    #expect(Set(written.entries.map { "\($0.name) \($0.shape) \($0.type.rawValue)" }) == Set(expected))
    #expect(written.entries.count == expected.count)

    let dictionary = try StateDictionary(file)
    #expect(dictionary.entries.count == row.parameters.count)
    let read = try dictionary.model(row.spec, size: row.size.min() ?? 0, networks: Golden.Case.networks)
    for (one, other) in zip(model.parameters.entries, read.parameters.entries) {
      #expect(one.name == other.name && one.tensor.shape == other.tensor.shape)
      if isSmall { #expect(try one.tensor.bytes() == other.tensor.bytes(), "\(one.name)") }
    }
    let summary = dictionary.summary(networks: Golden.Case.networks)
    let standard = Golden.Case.networks.first { $0.name == row.network }
    #expect(summary.network?.name == row.network && summary.network?.projector == row.projector)
    #expect(summary.network?.width ?? standard?.defaultWidth == row.width)
    #expect(summary.classes == row.classes && summary.channels == row.channels)
  }

  @Test(arguments: [StoredType.f16, .bf16, .f32, .f64]) func everyTypeOfWeightsIsTaken(type: StoredType) throws {
    let row = try small()
    let weights = try row.weights(.f64)
    try write(weights, as: type)
    let model = try StateDictionary(file).model(row.spec, size: 12)
    let tolerances: [StoredType: Double] = [.f16: 0x1p-11, .bf16: 0x1p-8, .f32: 0x1p-24, .f64: 0x1p-24]
    let tolerance = try #require(tolerances[type])
    for entry in model.parameters.entries {
      #expect(entry.tensor.elementType == .f32)
      let gap = try relativeGap(entry.tensor, #require(weights[entry.name]))
      #expect(gap <= tolerance, "\(entry.name): \(gap)")
    }
  }

  @Test func wrappersOfNamesAreSeenThrough() throws {
    let row = try small()
    try write(row.weights(.f32), prefix: "module._orig_mod.")
    let dictionary = try StateDictionary(file)
    #expect(dictionary.prefix == "module._orig_mod.")
    _ = try dictionary.model(row.spec, size: 12)
  }

  @Test func everyDifferenceIsListed() throws {
    let row = try small()
    var weights = try row.weights(.f32)
    weights["layer1.0.bn1.bias"] = nil
    weights["conv1.weight"] = nil
    weights["layer3.0.conv1.weight"] = try Tensor.zeros([16, 8, 1, 1])
    weights["layer9.weight"] = try Tensor.zeros([2])
    weights["bn7.bias"] = try Tensor.zeros([2])
    try write(weights)
    let error = #expect(throws: StateDictionaryError.self) {
      try StateDictionary(file).model(row.spec, size: 12)
    }
    guard case .doesNotFit(let path, "resnet8", let comparison) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(path == file.path)
    #expect(comparison.missing == ["conv1.weight", "layer1.0.bn1.bias"])
    #expect(comparison.unexpected == ["bn7.bias", "layer9.weight"])
    #expect(
      comparison.misfits == [
        .init(name: "layer3.0.conv1.weight", expected: [16, 8, 3, 3], found: [16, 8, 1, 1])
      ])
    for name in ["conv1.weight", "layer1.0.bn1.bias", "bn7.bias", "layer9.weight", "[16, 8, 1, 1]"] {
      #expect(error?.description.contains(name) == true)
    }
    #expect(try StateDictionary(file).summary().network == nil)
  }

  @Test func numbersThatAreNoWeightsAreRefused() throws {
    let row = try small()
    var weights = try row.weights(.f32)
    weights["fc.bias"] = try Tensor([1, .nan, 3, 4, 5 as Float])
    try write(weights)
    #expect(throws: StateDictionaryError.notFinite(file: file.path, names: ["fc.bias"])) {
      try StateDictionary(file).model(row.spec, size: 12)
    }
    weights["fc.bias"] = nil
    try write(weights) {
      $0.append(.init(name: "fc.bias", type: .i32, shape: [5], bytes: .init(repeating: 0, count: 20)))
    }
    #expect(throws: StateDictionaryError.notNumbers(file: file.path, names: ["fc.bias"])) {
      try StateDictionary(file).model(row.spec, size: 12)
    }
  }

  /// Another number of classes, or a projector: the rest is the file's.
  @Test func aFreshHeadTakesTheRestFromTheFile() throws {
    let row = try small()
    let weights = try row.weights(.f32)
    for hasHead in [true, false] {
      try write(weights.filter { hasHead || !$0.key.hasPrefix("fc.") })
      let spec = NetworkSpec(name: "resnet8", width: 4, projector: [6])
      let model = try StateDictionary(file).model(spec, size: 12, head: .fresh(classes: 3, seed: 9))
      let fresh = try Model(spec, channels: 3, size: 12, classes: 3, source: .seed(9))
      for (entry, drawn) in zip(model.parameters.entries, fresh.parameters.entries) {
        let expected = StateDictionary.isHead(entry.name) ? drawn.tensor : try #require(weights[entry.name])
        #expect(try relativeGap(entry.tensor, expected) == 0, "\(entry.name)")
      }
    }
    let error = #expect(throws: StateDictionaryError.self) { try StateDictionary(file).model(row.spec, size: 12) }
    #expect(error?.description.contains("missing fc.weight") == true)
  }

  /// Zip and pickle by their first bytes, whatever the name; a header whose length looks like a pickle's is none.
  @Test func filesOfTorchSaveAreRefusedByName() throws {
    let pickles: [[UInt8]] = [[0x50, 0x4B, 3, 4], [0x80, 2], [0x80, 4]]
    for start in pickles {
      let file = folder.url.appendingPathComponent("old.pth")
      try Data(start + Array(repeating: 7, count: 600)).write(to: file)
      let error = #expect(throws: StateDictionaryError.pickled(file: file.path)) { try StateDictionary(file) }
      let words = error?.description ?? ""
      #expect(words.contains("weights_only=True") && words.contains("old.safetensors'") && words.contains(file.path))
    }
    var header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
    header += String(repeating: " ", count: 0x280 - header.count)
    try Data([0x80, 2, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [0, 0, 0, 0]).write(to: file)
    #expect(try StateDictionary(file).entries.keys.sorted() == ["a"])
    try Data("no weights at all".utf8).write(to: file)
    #expect(throws: StateDictionaryError.self) { try StateDictionary(file) }
    let absent = folder.url.appendingPathComponent("absent.safetensors")
    #expect(throws: StateDictionaryError.self) { try StateDictionary(absent) }
  }
}
