import Foundation
import TestSupport
import Testing
import Torch

@testable import Networks

/// That nothing is left on the processor where a network is elsewhere: operations on the device `meta` yield shapes alone and
/// refuse tensors of the processor, as those on a GPU do.
@Suite struct MetaTests {
  private func batch(_ count: Int, _ side: Int) throws -> Tensor {
    try Tensor.zeros([count, 3, side, side]).channelsLast()
  }

  @Test(arguments: Networks.standard.map(\.name), [ElementType.f32, .bf16]) func everyNetworkMovesAsAWhole(
    name: String, type: ElementType
  ) throws {
    let architecture = try #require(Networks.standard.first { $0.name == name })
    let side = max(8, architecture.leastImageSize)
    let spec = NetworkSpec(name: name, width: 16, projector: [12, 8])
    let model = try Model(spec, channels: 3, size: side, classes: 10, source: .seed(1), device: .meta)
    #expect(model.parameters.entries.allSatisfy { $0.tensor.device == .meta })
    for entry in model.parameters.trained { try entry.tensor.requiresGradient() }
    for mode in [Mode.evaluation, .training(SampleRandomness(seed: 0, epoch: 0, samples: [0, 1]))] {
      let pass = Pass(mode, precision: type)
      let images = try batch(2, side).to(type).to(.meta)
      let (features, auxiliary) = try model.network.allFeatures(images, pass)
      #expect(features.shape == [2, architecture.features(16)] && features.device == .meta)
      var loss = try model.head(model.projected(features, pass)).sum()
      if let auxiliary, let head = model.auxiliaryHead { loss = try loss + head(auxiliary).sum() }
      if case .training = mode {
        try loss.backward()
        #expect(try model.parameters.trained.allSatisfy { try $0.tensor.gradient() != nil || $0.name.hasPrefix("Aux") })
      }
    }
  }

  /// The test above would notice.
  @Test func aNetworkOfTheProcessorRefusesOtherImages() throws {
    let model = try Model(NetworkSpec(name: "resnet8"), channels: 3, size: 8, classes: 10, source: .seed(1))
    #expect(throws: TorchError.self) {
      try model.network.features(batch(2, 8).to(.meta), Pass(.evaluation))
    }
  }
}
