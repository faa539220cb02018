import Datasets
import Networks

/// A whole recipe by name: a network and how it is trained. Options given beside it change it.
public struct TrainingPreset: Sendable {
  /// The name users type.
  public let name: String
  /// What it is and where it comes from, in one line.
  public let summary: String
  /// The network.
  public let network: NetworkSpec
  /// How it is trained.
  public let options: TrainingOptions

  /// A recipe from its parts.
  public init(name: String, summary: String, network: NetworkSpec, options: TrainingOptions) {
    self.name = name
    self.summary = summary
    self.network = network
    self.options = options
  }

  /// Every recipe of this package.
  public static let standard: [TrainingPreset] = [paperImageNet, cifar, cifarFast]

  /// Small residual networks on CIFAR-10 and its like, with what is usual there: flips, shifts by 4 of 32 pixels, half a
  /// cosine. Rate and weight decay come from searches on a holdout (docs/training.md).
  static var cifar: TrainingPreset {
    var options = TrainingOptions()
    options.epochs = 30
    options.batch = 128
    options.learningRate = 0.4
    options.warmup = 2
    options.decay = .cosine
    options.momentum = 0.9
    options.weightDecay = 5e-4
    options.ema = 0.999
    options.augment = [.flip, .shift]
    return TrainingPreset(
      name: "cifar", summary: "ResNet-20 on CIFAR-10, 30 epochs", network: NetworkSpec(name: "resnet20"),
      options: options)
  }

  /// The same in a few epochs, for a first look.
  static var cifarFast: TrainingPreset {
    var options = cifar.options
    options.epochs = 8
    options.warmup = 1
    options.learningRate = 0.8
    options.ema = 0.995
    return TrainingPreset(
      name: "cifar-fast", summary: "ResNet-20 on CIFAR-10, 8 epochs", network: NetworkSpec(name: "resnet20"),
      options: options)
  }

  /// The study's: ResNet-50 on ImageNet. Batch, momentum, decay of weights, warm-up, exponential decay, the average and the
  /// augmentation are those of Kornblith et al. 2021 and its released code; it tunes the number of epochs for each objective,
  /// between 150 and 200.
  static var paperImageNet: TrainingPreset {
    var options = TrainingOptions()
    options.epochs = 180
    options.batch = 4096
    options.learningRate = 1.6
    options.warmup = 10
    options.decay = .exponential
    options.momentum = 0.9
    options.weightDecay = 8e-5
    options.ema = 0.9999
    options.augment = [.crop, .flip]
    return TrainingPreset(
      name: "paper-imagenet", summary: "ResNet-50 on ImageNet as in Kornblith et al. 2021",
      network: NetworkSpec(name: "resnet50"), options: options)
  }
}
