import Foundation

/// How the learning rate falls after the warm-up.
public enum Decay: String, Codable, Sendable, CaseIterable {
  /// Half a cosine down to 0 at the end (Loshchilov & Hutter 2017, without restarts).
  case cosine
  /// Times 0.975 after each whole epoch past the warm-up (the study).
  case exponential
  /// A tenth at half of the epochs, a hundredth at three quarters (He et al. 2016, for CIFAR).
  case step
  /// No fall.
  case constant
}

/// The learning rate of each step: linear from 0 during the warm-up, then as `decay` says.
public struct Schedule: Sendable {
  let options: TrainingOptions
  let stepsPerEpoch: Int
  /// Epochs in all, whole or not.
  private var length: Double { options.steps.map { Double($0) / Double(stepsPerEpoch) } ?? Double(options.epochs) }

  /// A schedule for epochs of `stepsPerEpoch` steps.
  public init(_ options: TrainingOptions, stepsPerEpoch: Int) {
    self.options = options
    self.stepsPerEpoch = max(1, stepsPerEpoch)
  }

  /// The rate of step `step`, counted from 0.
  public func rate(step: Int) -> Double {
    let epoch = Double(step) / Double(stepsPerEpoch)
    let peak = options.learningRate
    if epoch < options.warmup {
      return peak * Double(step + 1) / (options.warmup * Double(stepsPerEpoch)).rounded(.up)
    }
    switch options.decay {
    case .constant: return peak
    case .exponential: return peak * pow(0.975, (epoch - options.warmup).rounded(.down))
    case .step:
      let share = epoch / length
      return share < 0.5 ? peak : share < 0.75 ? peak / 10 : peak / 100
    case .cosine:
      let rest = max(length - options.warmup, 1 / Double(stepsPerEpoch))
      return peak * 0.5 * (1 + cos(.pi * min(1, (epoch - options.warmup) / rest)))
    }
  }

  /// The average's share of the old value after `step` steps: min(ema, (1 + t)/(10 + t)), so that the random start
  /// is soon forgotten.
  public static func averageDecay(_ ema: Double, step: Int) -> Double {
    min(ema, Double(1 + step) / Double(10 + step))
  }
}
