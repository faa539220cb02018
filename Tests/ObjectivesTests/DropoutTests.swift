import Networks
import Testing
import Torch

@testable import Objectives

@Suite struct DropoutTests {
  private func features(_ examples: Int, _ width: Int) throws -> Tensor {
    try Tensor.ones([examples, width])
  }

  private func transformed(
    keep: Double, seed: UInt64 = 3, epoch: Int = 2, samples: [Int], width: Int = 64
  ) throws -> [[Double]] {
    let dropout = try Dropout().replacing(["keep": keep])
    let mode = Mode.training(SampleRandomness(seed: seed, epoch: epoch, samples: samples))
    return rows(try dropout.transform(features(samples.count, width), mode: mode).doubles(), width)
  }

  @Test func evaluationLeavesFeaturesAlone() throws {
    let features = try Tensor(signed(1, 30, 2), shape: [6, 5])
    let out = try combination("dropout:keep=0.1").transform(features, mode: .evaluation)
    #expect(try out.doubles() == features.doubles())
  }

  @Test func theMaskBelongsToTheSampleNotToItsPlace() throws {
    let samples = [907, 4, 11, 60_000]
    let batch = try transformed(keep: 0.5, samples: samples)
    let reversed = try transformed(keep: 0.5, samples: samples.reversed())
    #expect(batch == reversed.reversed())
    for (i, sample) in samples.enumerated() {
      #expect(try transformed(keep: 0.5, samples: [sample])[0] == batch[i])
    }
    #expect(Set(batch).count == samples.count)
  }

  @Test func theMaskChangesWithSeedAndEpoch() throws {
    let one = try transformed(keep: 0.5, samples: [1, 2])
    #expect(one == (try transformed(keep: 0.5, samples: [1, 2])))
    #expect(one != (try transformed(keep: 0.5, seed: 4, samples: [1, 2])))
    #expect(one != (try transformed(keep: 0.5, epoch: 3, samples: [1, 2])))
  }

  /// Survivors are scaled by 1 / keep, so the mean stays; five standard deviations of the binomial share.
  @Test(arguments: [0.3, 0.7, 1]) func keepsTheShareAskedFor(keep: Double) throws {
    let values = try transformed(keep: keep, samples: Array(0..<200), width: 100).flatMap { $0 }
    let kept = values.filter { $0 != 0 }
    #expect(kept.allSatisfy { abs($0 - 1 / keep) < 1e-6 })
    let share = Double(kept.count) / Double(values.count)
    #expect(abs(share - keep) <= 5 * (keep * (1 - keep) / 20_000).squareRoot())
  }

  @Test func gradientsPassOnlyThroughKeptFeatures() throws {
    let x = try Tensor.ones([3, 64]).requiresGradient()
    let mode = Mode.training(SampleRandomness(seed: 3, epoch: 2, samples: [5, 6, 7]))
    let out = try combination("dropout:keep=0.5").transform(x, mode: mode)
    try out.sum().backward()
    #expect(try x.gradient()?.doubles() == out.doubles())
  }
}
