import Testing
import Torch

@testable import Networks

@Suite struct RemoteSamplesTests {
  /// A device draws what the processor draws, to the bit.
  @Test(arguments: [(UInt64(0), 0), (7, 3), (.max, 1_000_000)]) func drawsTheSameBits(seed: UInt64, epoch: Int) throws {
    let samples = [0, 1, 49_999, 5, 1 << 40]
    for stream: UInt64 in [0, 1, 12_345] {
      let here = SampleRandomness(seed: seed, epoch: epoch, samples: samples)
      let there = SampleRandomness(
        seed: seed, epoch: epoch, samples: samples,
        remote: RemoteSamples(epoch: try Tensor([epoch], shape: []), samples: try Tensor(samples)))
      let (a, b) = (try here.uniform(width: 33, stream: stream), try there.uniform(width: 33, stream: stream))
      #expect(try a.shape == b.shape && a.floats() == b.floats() && b.elementType == .f32)
    }
  }

  /// The epoch and the samples are those of the tensors: a recorded step is given new ones.
  @Test func theTensorsDecide() throws {
    let (epoch, samples) = (try Tensor([1], shape: []), try Tensor([4, 5]))
    let random = SampleRandomness(
      seed: 3, epoch: 1, samples: [4, 5], remote: RemoteSamples(epoch: epoch, samples: samples))
    try epoch.fill(2)
    try samples.assign(Tensor([9, 4]))
    let expected = try SampleRandomness(seed: 3, epoch: 2, samples: [9, 4]).uniform(width: 5, stream: 1)
    #expect(try random.uniform(width: 5, stream: 1).floats() == expected.floats())
  }

  @Test func nothingIsDrawnOnTheProcessorForAnotherDevice() throws {
    let remote = RemoteSamples(epoch: try Tensor([0], shape: []).to(.meta), samples: try Tensor([1, 2, 3]).to(.meta))
    let random = SampleRandomness(seed: 3, epoch: 0, samples: [1, 2, 3], remote: remote)
    let draws = try random.uniform(width: 4, stream: 1)
    #expect(draws.device == .meta && draws.shape == [3, 4])
  }
}
