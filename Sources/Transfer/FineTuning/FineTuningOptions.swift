import Datasets
import Foundation
import Training

/// How a network is fine-tuned, and among which settings the holdout chooses. The head is new, the objective plain softmax.
public struct FineTuningOptions: Codable, Hashable, Sendable {
  /// Where weights come from before the first step.
  public enum Start: String, Codable, Hashable, Sendable {
    /// The network's own, under a head of random weights.
    case pretrained
    /// The network's own, under the head that a linear probe fits on its features (Kumar and others 2022).
    case probe
    /// Random ones: what the target's own images are worth alone.
    case scratch
  }

  /// Steps of each training.
  public var steps: Int
  /// Samples in a step; fewer where the training split has not as many.
  public var batch: Int
  /// Learning rates to try, ascending; each falls by half a cosine to 0.
  public var learningRates: [Double]
  /// Weight decays to try, times the learning rate: each is divided by the rate that it is tried with. 0: none.
  public var decays: [Double]
  /// Share of the target's training split held out to choose on.
  public var holdout = 0.2
  /// Decides the holdout, the new head, the order of samples and the augmentation.
  public var seed: UInt64 = 0
  /// Where weights come from.
  public var start = Start.pretrained
  /// Whether settings are compared at the end of the epoch in which a third of the steps is reached, a ninth, ... and two thirds of them
  /// given up each time, until three are left (successive halving, Jamieson and Talwalkar 2016). Cheaper; what is good only late is lost.
  public var halving = false
  /// What is done to training images.
  public var augment: [AugmentationSpec]
  /// The type of activations.
  public var precision = Precision.f32
  /// Threads of each operation; part of what decides the weights.
  public var threads = 1

  /// The settings of a name.
  public enum Preset: String, CaseIterable, Sendable {
    /// Kornblith and others 2019 and 2021: 20,000 steps of 256, seven rates in 1e-4...0.1, seven decays in 1e-6...1e-3 and none.
    case paper
    /// Fits two cores: 1,000 steps of 64, rates 1e-3, 1e-2, 0.1, decays none, 1e-5, 1e-4.
    case small
  }

  /// A preset's settings.
  public init(_ preset: Preset) throws {
    switch preset {
    case .paper:
      (steps, batch) = (20_000, 256)
      learningRates = ProbeOptions.grid(low: 1e-4, high: 0.1, count: 7)
      decays = [0] + ProbeOptions.grid(low: 1e-6, high: 1e-3, count: 7)
    case .small:
      (steps, batch) = (1000, 64)
      learningRates = [1e-3, 1e-2, 0.1]
      decays = [0, 1e-5, 1e-4]
    }
    augment = [try AugmentationSpec("crop"), try AugmentationSpec("flip")]
  }

  /// One setting of the grid.
  public struct Point: Codable, Hashable, Sendable {
    /// The highest learning rate.
    public var learningRate: Double
    /// lambda of lambda/2 |w|^2.
    public var weightDecay: Double

    enum CodingKeys: String, CodingKey {
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
    }
  }

  /// The grid, rates outermost.
  var points: [Point] {
    learningRates.flatMap { rate in decays.map { Point(learningRate: rate, weightDecay: $0 / rate) } }
  }

  /// The steps after which settings are compared, the last being all.
  var rungs: [Int] {
    guard halving else { return [steps] }
    var (rungs, left) = ([steps], points.count)
    while left > 3, rungs[0] / 3 > 0 {
      rungs.insert(rungs[0] / 3, at: 0)
      left = (left + 2) / 3
    }
    return rungs
  }

  /// Refuses what makes no sense.
  public func validate() throws(TransferError) {
    guard (1...100_000_000).contains(steps) else {
      throw TransferError("steps", found: "\(steps)", expected: "1 to 100000000")
    }
    guard (2...1_000_000).contains(batch) else {
      throw TransferError("batch", found: "\(batch)", expected: "2 to 1000000 (batch norm needs two)")
    }
    guard !learningRates.isEmpty, learningRates.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw TransferError("learning rates", found: "\(learningRates)", expected: "numbers above 0")
    }
    guard !decays.isEmpty, decays.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw TransferError("weight decays", found: "\(decays)", expected: "numbers of at least 0")
    }
    for (values, name) in [(learningRates, "learning rates"), (decays, "weight decays")]
    where Set(values).count < values.count {
      throw TransferError(name, found: "\(values)", expected: "each once")
    }
    guard holdout > 0, holdout < 0.95 else {
      throw TransferError(
        "holdout", found: "\(holdout)", expected: "a share above 0 and below 0.95: settings are chosen on it")
    }
    guard (1...1024).contains(threads) else {
      throw TransferError("threads", found: "\(threads)", expected: "1 to 1024")
    }
  }
}
