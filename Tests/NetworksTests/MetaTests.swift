import TestSupport
import Testing
import Torch

@testable import Networks

/// That every tensor of a network is made where it is asked for. (LibTorch alone has no convolution on the device `meta`, so
/// passes cannot be tested there.)
@Suite struct MetaTests {
  @Test(arguments: Networks.standard.map(\.name)) func everyNetworkIsMadeOnItsDevice(name: String) throws {
    let architecture = try #require(Networks.standard.first { $0.name == name })
    let spec = NetworkSpec(name: name, width: 16, projector: [12, 8])
    let model = try Model(
      spec, channels: 3, size: max(8, architecture.leastImageSize), classes: 10, source: .seed(1), device: .meta)
    #expect(model.parameters.entries.count > 5)
    #expect(model.parameters.entries.allSatisfy { $0.tensor.device == .meta })
    #expect(model.device == .meta)
  }

  /// Images elsewhere than the network are refused, not moved in silence.
  @Test func aNetworkOfTheProcessorRefusesOtherImages() throws {
    let model = try Model(NetworkSpec(name: "resnet8"), channels: 3, size: 8, classes: 10, source: .seed(1))
    let images = try Tensor.zeros([2, 3, 8, 8]).channelsLast().to(.meta)
    #expect(throws: TorchError.self) { try model.network.features(images, Pass(.evaluation)) }
  }
}
