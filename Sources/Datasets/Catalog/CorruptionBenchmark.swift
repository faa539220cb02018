/// The 15 corruptions of ImageNet-C and what AlexNet makes of them.
///
/// Source: D. Hendrycks and T. Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and
/// Perturbations", ICLR 2019. AlexNet's errors are those of google-research/augmix, imagenet.py (`ALEXNET_ERR`, there
/// said to be taken from hendrycks/robustness), each the mean over severities 1 to 5 of the top-1 error.
public enum CorruptionBenchmark {
  /// A corruption: the name of its folder and AlexNet's mean top-1 error in [0, 1].
  public struct Corruption: Hashable, Sendable {
    /// The folder's name.
    public var name: String
    /// AlexNet's top-1 error, the mean over five severities.
    public var alexNetError: Double
  }

  /// The 15, in the paper's order: noise, blur, weather, digital.
  public static let corruptions: [Corruption] = [
    Corruption(name: "gaussian_noise", alexNetError: 0.886428),
    Corruption(name: "shot_noise", alexNetError: 0.894468),
    Corruption(name: "impulse_noise", alexNetError: 0.922640),
    Corruption(name: "defocus_blur", alexNetError: 0.819880),
    Corruption(name: "glass_blur", alexNetError: 0.826268),
    Corruption(name: "motion_blur", alexNetError: 0.785948),
    Corruption(name: "zoom_blur", alexNetError: 0.798360),
    Corruption(name: "snow", alexNetError: 0.866816),
    Corruption(name: "frost", alexNetError: 0.826572),
    Corruption(name: "fog", alexNetError: 0.819324),
    Corruption(name: "brightness", alexNetError: 0.564592),
    Corruption(name: "contrast", alexNetError: 0.853204),
    Corruption(name: "elastic_transform", alexNetError: 0.646056),
    Corruption(name: "pixelate", alexNetError: 0.717840),
    Corruption(name: "jpeg_compression", alexNetError: 0.606500),
  ]

  /// Four more that come with the published sets and do not count in the mean.
  public static let extras = ["speckle_noise", "gaussian_blur", "spatter", "saturate"]

  /// How strong a corruption is: 1 to 5.
  public static let severities = 1...5

  /// mCE: the mean over the 15 corruptions of (error summed over the severities) / (AlexNet's sum), as a fraction:
  /// 1 is AlexNet. Nil unless every corruption has an error for each of the five severities.
  public static func meanCorruptionError(_ errors: [String: [Double]]) -> Double? {
    var sum = 0.0
    for corruption in corruptions {
      guard let found = errors[corruption.name], found.count == severities.count else { return nil }
      sum += found.reduce(0, +) / (corruption.alexNetError * Double(found.count))
    }
    return sum / Double(corruptions.count)
  }
}
