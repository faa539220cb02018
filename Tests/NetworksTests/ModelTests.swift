import Foundation
import TestSupport
import Testing
import Torch

@testable import Networks

@Suite struct ModelTests {
  private func model(
    _ name: String, width: Int? = nil, channels: Int = 3, size: Int = 32, classes: Int = 10,
    source: ParameterSource = .seed(1)
  ) throws -> Model {
    try Model(
      NetworkSpec(name: name, width: width), channels: channels, size: size, classes: classes, source: source)
  }

  /// Names and shapes as torchvision gives them, taken from PyTorch's state dictionary.
  @Test func namesAndShapesAreTorchvisions() throws {
    for row in try Golden.load() {
      let parameters = try row.model(.shapes).parameters
      let shapes = Dictionary(uniqueKeysWithValues: parameters.entries.map { ($0.name, $0.tensor.shape) })
      #expect(shapes == Dictionary(uniqueKeysWithValues: row.parameters.map { ($0.name, $0.shape) }))
      #expect(parameters.trainedCount == parameters.trained.reduce(0) { $0 + $1.tensor.shape.reduce(1, *) })
    }
  }

  @Test(arguments: Networks.standard.map(\.name)) func everyNetworkRuns(name: String) throws {
    let architecture = try #require(Networks.standard.first { $0.name == name })
    let size = max(8, architecture.leastImageSize)
    let model = try model(name, width: 4, channels: 1, size: size)
    let pixels = counterNumbers(1, 2 * size * size).map(Float.init)
    let images = try Tensor(pixels, shape: [2, 1, size, size])
    let features = try model.network.features(images, Pass(.evaluation))
    #expect(features.shape == [2, architecture.features(4)] && model.head.weight.shape[1] == architecture.features(4))
    #expect(try model.head(features).shape == [2, 10] && features.isAllFinite())
    // A batch is its images one by one.
    let single = try model.network.features(images.narrow(0, 1, 1), Pass(.evaluation))
    #expect(try relativeGap(single, features.narrow(0, 1, 1)) < 1e-5)
    #expect(architecture.defaultImageSize >= architecture.leastImageSize)
  }

  /// Layers of a residual network: stem, 2 or 3 in each block, head.
  @Test(arguments: [8, 14, 20, 32, 44, 56, 18, 34, 50, 101, 152]) func depthCountsItsLayers(depth: Int) throws {
    let entries = try model("resnet\(depth)", width: 1).parameters.entries
    let layers = entries.filter { $0.kind == .weight && !$0.name.contains("downsample") }
    #expect(layers.count == depth)
  }

  /// Parameters as published: torchvision's `num_params`, the paper's tables for the wide networks (in units of 0.1
  /// million) and for All-CNN-C (1.4 million).
  @Test(arguments: [
    ("resnet18", 1000, 11_689_512, 0), ("resnet34", 1000, 21_797_672, 0), ("resnet50", 1000, 25_557_032, 0),
    ("resnet101", 1000, 44_549_160, 0), ("resnet152", 1000, 60_192_808, 0),
    ("wide-resnet50-2", 1000, 68_883_240, 0), ("inception-v3", 1000, 27_161_264, 0),
    ("wrn-16-4", 10, 2_700_000, 50_000), ("wrn-28-10", 10, 36_500_000, 50_000), ("wrn-40-2", 10, 2_200_000, 50_000),
    ("all-cnn-c", 10, 1_400_000, 50_000),
  ]) func parametersAreAsManyAsPublished(name: String, classes: Int, published: Int, rounding: Int) throws {
    let architecture = try #require(Networks.standard.first { $0.name == name })
    let found = try model(name, size: architecture.defaultImageSize, classes: classes, source: .shapes)
    #expect(abs(found.parameters.trainedCount - published) <= rounding, "\(found.parameters.trainedCount)")
  }

  @Test func firstValuesHaveTheirMoments() throws {
    let parameters = try model("resnet20", width: 32, classes: 100).parameters
    for entry in parameters.entries {
      let values = try entry.tensor.doubles()
      let n = Double(values.count)
      let mean = values.reduce(0, +) / n
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
      let shape = entry.tensor.shape
      if shape.count == 4 {
        // Normal cut at two deviations: variance 1 / fan-in after the cut, fourth moment 2.0622 of its square.
        let target = 1 / Double(shape[1] * shape[2] * shape[3])
        #expect(abs(mean) < 5 * (target / n).squareRoot(), "\(entry.name)")
        #expect(abs(variance / target - 1) < 5 * (1.37 / n).squareRoot(), "\(entry.name)")
        let bound = 2 * target.squareRoot() / 0.879_625_661
        #expect(values.allSatisfy { abs($0) <= bound * 1.000_001 }, "\(entry.name)")
        #expect(values.contains { abs($0) > 0.9 * bound }, "\(entry.name)")
      } else if entry.name == "fc.weight" {
        #expect(abs(mean) < 5 * 0.01 / n.squareRoot())
        #expect(abs(variance / 1e-4 - 1) < 5 * (2 / n).squareRoot())
        #expect(values.contains { abs($0) > 0.025 })  // not cut
      } else {
        let last = entry.name.hasSuffix("bn2.weight")
        let isOne = !last && (entry.name.hasSuffix("weight") || entry.name.hasSuffix("running_var"))
        #expect(values.allSatisfy { $0 == (isOne ? 1 : 0) }, "\(entry.name)")
      }
    }
    #expect(parameters.entries.filter { $0.name.hasSuffix("bn2.weight") }.count == 9)
  }

  @Test func valuesAreAFunctionOfSeedAndNameAlone() throws {
    func values(_ seed: UInt64, _ classes: Int = 10) throws -> [String: [UInt8]] {
      let model = try model("resnet8", classes: classes, source: .seed(seed))
      return Dictionary(
        uniqueKeysWithValues: try model.parameters.entries.map { ($0.name, try $0.tensor.bytes()) })
    }
    let (first, second, other) = (try values(7), try values(7), try values(8))
    #expect(first == second)
    #expect(first["conv1.weight"] != other["conv1.weight"])
    #expect(first["layer2.0.conv2.weight"] != first["layer3.0.conv1.weight"]?.prefix(36864).map { $0 })
    #expect(try values(7, 3)["layer3.0.conv1.weight"] == first["layer3.0.conv1.weight"])
  }

  @Test func parametersKnowTheirKind() throws {
    for entry in try model("resnet14", width: 2).parameters.entries {
      let expected: Parameters.Kind =
        entry.name.contains("running_")
        ? .statistic
        : entry.name.contains("conv") || entry.name.hasSuffix("downsample.0.weight")
          || entry.name == "fc.weight"
          ? .weight : .plain
      #expect(entry.kind == expected, "\(entry.name)")
    }
  }

  @Test func whatCannotBeMadeIsSaid() throws {
    #expect(throws: NetworkError.unknownNetwork(name: "resnet9", known: Networks.standard.map(\.name))) {
      try model("resnet9")
    }
    #expect(throws: NetworkError.badWidth(network: "resnet8", width: 0, expected: "1 to 4096")) {
      try model("resnet8", width: 0)
    }
    #expect(throws: NetworkError.imageTooSmall(network: "convnet", size: 3, least: 4)) {
      try model("convnet", size: 3)
    }
    for widths in [[], [0], [4, 70000]] {
      #expect(throws: NetworkError.badProjector(widths: widths)) {
        let spec = NetworkSpec(name: "resnet8", projector: widths)
        return try Model(spec, channels: 3, size: 32, classes: 10, source: .seed(1))
      }
    }
    var weights = try Golden.load()[0].weights(.f32)
    func filled() throws -> Model { try model("resnet8", width: 4, classes: 5, source: .tensors(weights)) }
    _ = try filled()
    weights["layer1.0.bn1.bias"] = nil
    #expect(throws: NetworkError.missingParameter(name: "layer1.0.bn1.bias")) { try filled() }
    weights["layer1.0.bn1.bias"] = try Tensor.zeros([9])
    let error = #expect(throws: NetworkError.wrongShape(name: "layer1.0.bn1.bias", expected: [4], found: [9])) {
      try filled()
    }
    #expect(error?.description.contains("layer1.0.bn1.bias") == true)
  }

  /// Plans from before there were projectors keep their digests.
  @Test func absentChoicesAreNotWritten() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let plain = try encoder.encode(NetworkSpec(name: "resnet8"))
    #expect(String(decoding: plain, as: UTF8.self) == "{\"name\":\"resnet8\"}")
    let spec = NetworkSpec(name: "resnet8", width: 4, projector: [16, 8])
    let text = try encoder.encode(spec)
    #expect(String(decoding: text, as: UTF8.self) == "{\"name\":\"resnet8\",\"projector\":[16,8],\"width\":4}")
    #expect(try JSONDecoder().decode(NetworkSpec.self, from: text) == spec)
  }

  @Test func shapesTakeNoMemoryAndEqualThoseOfValues() throws {
    let spec = NetworkSpec(name: "resnet8", projector: [16])
    let shapes = try Model(spec, channels: 3, size: 32, classes: 10, source: .shapes).parameters.entries
    let filled = try Model(spec, channels: 3, size: 32, classes: 10, source: .seed(0)).parameters.entries
    #expect(shapes.map(\.name) == filled.map(\.name) && shapes.map(\.kind) == filled.map(\.kind))
    #expect(shapes.map(\.tensor.shape) == filled.map(\.tensor.shape))
  }

  @Test func weightsFromElsewhereAreCopiedAndConverted() throws {
    var weights = try Golden.load()[0].weights(.f32)
    let bias = try Tensor([1.0, 2, 3, 4, 5]).to(.bf16)
    weights["fc.bias"] = bias
    let model = try model("resnet8", width: 4, classes: 5, source: .tensors(weights))
    #expect(model.head.bias.elementType == .f32)
    try bias.assign(Tensor.zeros([]))
    #expect(try model.head.bias.doubles() == [1, 2, 3, 4, 5])
  }
}

@Suite struct SampleRandomnessTests {
  @Test func numbersBelongToSamples() throws {
    func draws(_ samples: [Int], seed: UInt64 = 3, epoch: Int = 2, stream: UInt64 = 1, width: Int = 8) throws
      -> [[Float]]
    {
      let values = try SampleRandomness(seed: seed, epoch: epoch, samples: samples).uniform(
        width: width, stream: stream
      )
      .floats()
      return stride(from: 0, to: values.count, by: width).map { Array(values[$0..<$0 + width]) }
    }
    let all = try draws([0, 1, 2, 3])
    #expect(try draws([3, 1]) == [all[3], all[1]])
    #expect(try draws([2], width: 4)[0] == Array(all[2].prefix(4)))
    #expect(Set(all.flatMap { $0 }).count == 32)
    for other in [
      try draws([0], seed: 4), try draws([0], epoch: 3), try draws([0], stream: 2), try draws([1]),
    ] { #expect(other[0] != all[0]) }
    let many = try draws(Array(0..<2000), width: 16).flatMap { $0 }
    let mean = many.reduce(0) { $0 + Double($1) } / Double(many.count)
    let square = many.reduce(0) { $0 + Double($1) * Double($1) } / Double(many.count)
    #expect(abs(mean - 0.5) < 5 * (1 / 12.0 / 32000).squareRoot())
    #expect(abs(square - mean * mean - 1 / 12.0) < 0.005)
    #expect(many.allSatisfy { $0 >= 0 && $0 < 1 })
  }
}
