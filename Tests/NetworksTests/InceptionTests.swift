import Foundation
import TestSupport
import Testing
import Torch

@testable import Networks

@Suite struct InceptionTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func file(_ name: String = "inception") -> URL { folder.url.appendingPathComponent(name + ".safetensors") }

  /// A narrow one: 9 channels where the paper has 48.
  private let spec = NetworkSpec(name: "inception-v3", width: 6)

  private func model(size: Int, source: ParameterSource = .seed(2)) throws -> Model {
    try Model(spec, channels: 3, size: size, classes: 4, source: source)
  }

  private func images(_ height: Int, _ width: Int, count: Int = 2) throws -> Tensor {
    let shape = [count, 3, height, width]
    return try Tensor(counterNumbers(counterStream("images"), shape.reduce(1, *)), shape: shape).to(.f32)
      .channelsLast()
  }

  private let training = Pass(.training(SampleRandomness(seed: 0, epoch: 0, samples: [0, 1])))

  /// A fresh network has the branch where its images are large enough to train it.
  @Test func theBranchNeedsLargeImages() throws {
    let (large, small) = (try model(size: 299), try model(size: 298))
    #expect(large.network.auxiliaryWidth == 144 && large.auxiliaryHead?.weight.shape == [4, 144])
    #expect(small.network.auxiliaryWidth == nil && small.auxiliaryHead == nil)
    let names = Set(large.parameters.entries.map(\.name)).subtracting(small.parameters.entries.map(\.name))
    #expect(names.count == 12 && names.allSatisfy { $0.hasPrefix("AuxLogits.") })

    let both = try large.network.allFeatures(images(299, 301), training)
    #expect(both.features.shape == [2, 384] && both.auxiliary?.shape == [2, 144])
    #expect(try large.network.allFeatures(images(75, 80), Pass(.evaluation)).auxiliary == nil)
    #expect(try small.network.allFeatures(images(96, 80), training).auxiliary == nil)
    let error = #expect(throws: TorchError.self) { try large.network.allFeatures(images(320, 298), training) }
    #expect(error?.description.contains("at least 299 pixels a side, got 320 x 298") == true)
    #expect(throws: NetworkError.imageTooSmall(network: "inception-v3", size: 74, least: 75)) { try model(size: 74) }
  }

  /// timm's inception_v3, and torchvision's with aux_logits=False, have no branch.
  @Test func aFileWithoutTheBranchIsTaken() throws {
    try StateDictionary.write(model(size: 128), to: file())
    let dictionary = try StateDictionary(file())
    #expect(dictionary.summary().network == spec)
    #expect(try dictionary.comparison(with: spec).fits)
    let read = try dictionary.model(spec, size: 299)
    #expect(read.auxiliaryHead == nil && read.network.auxiliaryWidth == nil)
    let given = try images(90, 75)
    let expected = try model(size: 128).network.features(given, Pass(.evaluation))
    #expect(try relativeGap(read.network.features(given, Pass(.evaluation)), expected) == 0)
  }

  /// A file with the branch keeps it whatever the size, so that it can be written for torchvision again.
  @Test func aFileWithTheBranchKeepsIt() throws {
    try StateDictionary.write(model(size: 299), to: file())
    let dictionary = try StateDictionary(file())
    #expect(dictionary.summary().network == spec && dictionary.summary().classes == 4)
    let read = try dictionary.model(spec, size: 96)
    try StateDictionary.write(read, to: file("again"))
    #expect(try Data(contentsOf: file()) == Data(contentsOf: file("again")))
    // With a new head the rest of the branch is the file's.
    let fresh = try dictionary.model(spec, size: 96, head: .fresh(classes: 7, seed: 1))
    #expect(fresh.auxiliaryHead?.weight.shape == [7, 144])
  }

  /// Half a branch is a damaged file.
  @Test func halfABranchIsListed() throws {
    let whole = try model(size: 299).parameters.entries.filter { $0.name != "AuxLogits.conv1.bn.bias" }
    let items = try whole.map {
      SafeTensorsFile.Item(name: $0.name, type: .f32, shape: $0.tensor.shape, bytes: try $0.tensor.bytes())
    }
    try SafeTensorsFile.write(items, to: file())
    let found = try StateDictionary(file()).comparison(with: spec)
    #expect(found.missing == ["AuxLogits.conv1.bn.bias"] && found.unexpected.isEmpty && found.misfits.isEmpty)
    #expect(throws: StateDictionaryError.self) { try StateDictionary(file()).model(spec, size: 299) }
  }
}
