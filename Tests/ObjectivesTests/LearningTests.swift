import Networks
import Testing
import Torch

@testable import Objectives

/// Every objective at its defaults teaches a small network the same easy task at the same learning rate.
@Suite struct LearningTests {
  /// Ten classes of twelve points each around ten random centres in sixteen dimensions.
  private func points() throws -> (x: Tensor, labels: [Int]) {
    let labels = (0..<120).map { $0 % 10 }
    let centres = rows(signed(11, 160, 2), 16)
    let noise = rows(signed(12, 120 * 16, 1), 16)
    let values = zip(labels, noise).flatMap { label, noise in zip(centres[label], noise).map { $0 + $1 } }
    return (try Tensor(values, shape: [120, 16]).to(.f32), labels)
  }

  @Test(arguments: Objectives.standard.map { $0.name }) func defaultsLearnAnEasyTask(name: String) throws {
    let objective = try combination(name)
    let (x, labels) = try points()
    let targets = try Tensor(labels)
    var layer = try Tensor(signed(13, 32 * 16, 0.4), shape: [32, 16]).to(.f32)
    var weight = try Tensor(signed(14, 10 * 32, 0.1), shape: [10, 32]).to(.f32)
    var bias = try Tensor.zeros([10])
    var outputs = try Tensor.zeros([120, 10])
    var losses: [Double] = []
    for step in 0..<120 {
      let leaves = try [layer, weight, bias].map { try $0.detach().requiresGradient() }
      let head = Linear(weight: leaves[1], bias: leaves[2])
      let mode = Mode.training(SampleRandomness(seed: 1, epoch: step, samples: Array(0..<120)))
      let result = try objective(x.matmul(leaves[0].t()).relu(), labels: targets, head: head, mode: mode)
      try result.loss.backward()
      outputs = try result.outputs.detach()
      losses.append(try result.loss.item())
      let moved = try leaves.map { leaf in try leaf.detach() - (leaf.gradient() ?? leaf.detach() * 0) * 0.05 }
      (layer, weight, bias) = (moved[0], moved[1], moved[2])
    }
    let right = zip(try outputs.argmax(1).ints(), labels).filter { $0 == $1 }.count
    #expect((losses.last ?? .infinity) < (losses.first ?? 0))
    #expect(right >= 108, "\(right) of 120 right, loss \(losses.first ?? 0) to \(losses.last ?? 0)")
  }
}
