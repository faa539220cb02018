import Networks
import Testing
import Torch

@testable import Objectives

/// That no objective leaves a tensor on the processor where features and head are elsewhere: operations on the device `meta` yield
/// shapes alone and refuse tensors of the processor, as those on a GPU do.
@Suite struct MetaTests {
  @Test func objectivesStayOnTheirDevice() throws {
    var decided: [String] = []
    for name in Objectives.standard.map({ $0.name }) {
      do {
        try stays(name)
        decided.append(name)
      } catch let error as TorchError {
        // LibTorch alone lacks some operators on `meta`; nothing can be said of objectives that use them.
        let isLacking = error.message.contains("no fake impl or Meta kernel registered")
        #expect(isLacking, "\(name): \(error)")
      }
    }
    #expect(decided.contains("softmax") && decided.contains("dropout") && decided.contains("squared-error"))
    #expect(decided.count >= 9)
  }

  private func stays(_ name: String) throws {
    let objective = try ObjectiveSpec(parsing: name, classes: 6).objective()
    let features = try Tensor.ones([5, 8]).to(.meta).requiresGradient()
    let head = Linear(
      weight: try Tensor.ones([6, 8]).to(.meta).requiresGradient(),
      bias: try Tensor.ones([6]).to(.meta).requiresGradient())
    let samples = Array(0..<5)
    let remote = RemoteSamples(epoch: try Tensor([0], shape: []).to(.meta), samples: try Tensor(samples).to(.meta))
    let labels = try Tensor([0, 5, 2, 2, 1]).to(.meta)
    let (loss, outputs) = try objective(
      features, labels: labels, head: head,
      mode: .training(SampleRandomness(seed: 1, epoch: 0, samples: samples, remote: remote)))
    #expect(loss.device == .meta && loss.shape == [] && outputs.device == .meta && outputs.shape == [5, 6])
    try loss.backward()
    #expect(try features.gradient()?.device == .meta)
    let seen = try objective.transform(features.detach(), mode: .evaluation)
    #expect(try objective.outputs(of: seen, head: head).device == .meta)
  }

  /// The test above would notice.
  @Test func labelsOfTheProcessorAreRefused() throws {
    let outputs = try Tensor.ones([5, 6]).to(.meta)
    #expect(throws: TorchError.self) { try crossEntropy(of: outputs, labels: Tensor([0, 5, 2, 2, 1])) }
  }
}
