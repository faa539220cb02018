/// One of the fifteen corruptions of ImageNet-C, at five severities, made from any image.
///
/// Source: Hendrycks and Dietterich, "Benchmarking neural network robustness to common corruptions and perturbations",
/// ICLR 2019. Parameters and order of the steps are those of the Python package `imagecorruptions` 1.1.2. What differs
/// from the published sets, and how close this comes to the package, says `docs/corruptions.md`. Gray images stay gray:
/// what each of three equal channels would give, with one random number a pixel.
///
/// ```swift
/// let fog = try Corruption.find("fog")
/// let image = try fog(photograph, severity: 3, seed: 7, sample: 12)
/// ```
public struct Corruption: Sendable {
  /// What a corruption imitates; the four groups of the paper.
  public enum Group: String, Codable, Sendable, CaseIterable {
    /// Noise of a sensor.
    case noise
    /// Blur of lens, motion or glass.
    case blur
    /// Snow, frost, fog and light.
    case weather
    /// Faults of processing.
    case digital
  }

  /// The severities of the paper: 1 (mild) to 5.
  public static let severities = 1...5

  /// The name in the paper's files, such as `gaussian_noise`.
  public let name: String
  /// Other names under which it is found.
  public let aliases: [String]
  /// Its place in the paper's order, from 0; part of the key of its random numbers.
  public let index: Int
  /// What it imitates.
  public let group: Group
  /// Whether it draws random numbers.
  public let isRandom: Bool
  /// Whether it lays a texture over the image that is not the published one, so that its errors are near those of the
  /// published set but not the same quantity.
  public let usesOwnTexture: Bool

  /// Applies it at a severity that is known to be in range.
  typealias Body =
    @Sendable (Bitmap, Int, CorruptionTable, inout CounterGenerator) throws(DatasetError) -> Bitmap
  private let body: Body

  /// A corruption from its parts.
  init(
    _ name: String, aliases: [String] = [], index: Int, group: Group, isRandom: Bool = true,
    usesOwnTexture: Bool = false, body: @escaping Body
  ) {
    self.name = name
    self.aliases = aliases
    self.index = index
    self.group = group
    self.isRandom = isRandom
    self.usesOwnTexture = usesOwnTexture
    self.body = body
  }

  /// The name for tables: with the mark `(own texture)` where it is due.
  public var title: String { usesOwnTexture ? name + " (own texture)" : name }

  /// The corrupted image, of the same size and channels.
  ///
  /// - Parameters:
  ///   - severity: 1 to 5; others throw.
  ///   - table: the strengths; nil takes those that suit the image's size.
  ///   - random: where random numbers come from; see `random(seed:severity:sample:)`.
  public func callAsFunction(
    _ image: Bitmap, severity: Int, table: CorruptionTable? = nil, random: inout CounterGenerator
  ) throws(DatasetError) -> Bitmap {
    guard Self.severities.contains(severity) else {
      throw DatasetError(.badReference, expected: "a severity of \(name) in 1...5", found: "\(severity)")
    }
    let table = table ?? CorruptionTable(width: image.width, height: image.height)
    return try body(image, severity, table, &random)
  }

  /// The corrupted image, with the random numbers of that sample: the same in whatever order images come.
  public func callAsFunction(
    _ image: Bitmap, severity: Int, table: CorruptionTable? = nil, seed: UInt64, sample: Int
  ) throws(DatasetError) -> Bitmap {
    var random = random(seed: seed, severity: severity, sample: sample)
    return try self(image, severity: severity, table: table, random: &random)
  }

  /// The random numbers for one image: keyed by seed, corruption, severity and sample.
  public func random(seed: UInt64, severity: Int, sample: Int) -> CounterGenerator {
    let part = UInt64(truncatingIfNeeded: index * 8 + severity)
    return CounterGenerator(
      seed: seed, purpose: .corruption, part, UInt64(truncatingIfNeeded: sample))
  }
}
