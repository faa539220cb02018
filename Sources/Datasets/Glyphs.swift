/// A labelled property of a glyph. All are drawn independently and evenly, so that none tells of another, but for
/// `coarse`, which is the family that `fine` belongs to.
public enum GlyphFactor: String, Codable, Hashable, Sendable, CaseIterable {
  /// The family of the shape: what networks are trained on.
  case coarse
  /// The shape itself: four in each family.
  case fine
  /// The colour of the shape.
  case hue
  /// What the shape's surface shows.
  case texture
  /// How far the shape is turned (counter-clockwise), and with it the side its light comes from.
  case orientation
  /// How large the shape is.
  case size
  /// In which third of the image, across and down, the shape's middle lies.
  case position
  /// What lies behind the shape.
  case background

  /// The names of the factor's values, in the order of their numbers.
  public var classNames: [String] {
    switch self {
    case .coarse: return GlyphShape.families.map(\.name)
    case .fine: return GlyphShape.families.flatMap(\.variants)
    case .hue: return ["red", "orange", "lime", "green", "cyan", "blue", "violet", "magenta"]
    case .texture: return GlyphTexture.allCases.map(\.rawValue)
    case .orientation: return ["-50", "-30", "-10", "10", "30", "50"].map { $0 + " degrees" }
    case .size: return ["small", "medium", "large", "huge"]
    case .position:
      return ["top", "middle", "bottom"].flatMap { row in ["left", "centre", "right"].map { row + " " + $0 } }
    case .background: return GlyphBackground.allCases.map(\.rawValue)
    }
  }
}

/// The built-in set: colour images of one shape each, drawn by the program, with all factors labelled.
///
/// Image i of a split is a function of (seed, split, i) alone: more images begin with the same ones.
public enum Glyphs {
  /// Three channels, 32x32.
  public static let shape = ImageShape(channels: 3, height: 32, width: 32)

  /// How many images a split has unless the reference says otherwise.
  public static func defaultCount(_ split: Split) -> Int { split == .train ? 4000 : 2000 }

  /// Draws images, labelled by one factor.
  public static func draw(
    count: Int, split: Split, seed: UInt64 = 0, factor: GlyphFactor = .coarse,
    difficulty: GlyphDifficulty = .standard
  ) -> Samples {
    let (pixels, scenes) = scenes(count: count, split: split, seed: seed, difficulty: difficulty)
    return Samples(
      unchecked: pixels, labels: scenes.map { $0.value(of: factor) }, shape: shape,
      classNames: factor.classNames)
  }

  /// The values of every factor for the images that `draw` gives.
  public static func labels(count: Int, split: Split, seed: UInt64 = 0) -> [GlyphFactor: [Int]] {
    var all: [GlyphFactor: [Int]] = [:]
    let scenes = (0..<max(count, 0)).map { index in
      var random = generator(split: split, seed: seed, index: index)
      return GlyphScene(&random, difficulty: .standard)
    }
    for factor in GlyphFactor.allCases { all[factor] = scenes.map { $0.value(of: factor) } }
    return all
  }

  private static func generator(split: Split, seed: UInt64, index: Int) -> CounterGenerator {
    CounterGenerator(seed: seed, purpose: .glyphs, split == .train ? 0 : 1, UInt64(index))
  }

  private static func scenes(
    count: Int, split: Split, seed: UInt64, difficulty: GlyphDifficulty
  ) -> ([UInt8], [GlyphScene]) {
    let size = shape.count
    var scenes: [GlyphScene] = []
    let pixels = [UInt8](unsafeUninitializedCapacity: max(count, 0) * size) { buffer, filled in
      for index in 0..<max(count, 0) {
        var random = generator(split: split, seed: seed, index: index)
        let scene = GlyphScene(&random, difficulty: difficulty)
        scenes.append(scene)
        scene.draw(
          into: UnsafeMutableBufferPointer(rebasing: buffer[index * size..<(index + 1) * size]), &random)
      }
      filled = max(count, 0) * size
    }
    return (pixels, scenes)
  }
}

/// How hard the images are to tell apart. Tuned once, on the accuracy of plain softmax on the coarse family.
public struct GlyphDifficulty: Hashable, Sendable {
  /// Half the width of the (triangular) noise on every byte, as a share of the full range.
  public var noise: Double
  /// How often a gray bar crosses the image.
  public var occlusion: Double
  /// How often the shape is faint, half way to its background.
  public var faint: Double
  /// How far angles and places stray from the middle of their class, as a share of half its width.
  public var jitter: Double
  /// How far apart the two colours of a background are, in [0, 1].
  public var clutter: Double
  /// How dark the dark parts of a texture are, in [0, 1].
  public var relief: Double

  /// A difficulty from its knobs.
  public init(
    noise: Double, occlusion: Double, faint: Double, jitter: Double, clutter: Double, relief: Double
  ) {
    self.noise = noise
    self.occlusion = occlusion
    self.faint = faint
    self.jitter = jitter
    self.clutter = clutter
    self.relief = relief
  }

  /// What the built-in set is drawn with: **the one place to tune**.
  public static let standard = GlyphDifficulty(
    noise: 0.05, occlusion: 0.05, faint: 0.05, jitter: 0.7, clutter: 0.6, relief: 0.35)
}

extension DatasetEntry {
  /// `glyphs[:FACTOR]`: the built-in set.
  static let glyphs = DatasetEntry(
    name: "glyphs", summary: "shapes drawn by the program, 32x32 colour, eight labelled factors",
    usage: "glyphs[:FACTOR]", source: .drawn, factors: GlyphFactor.allCases.map(\.rawValue),
    splits: { _ in Split.allCases }
  ) { reference, split throws(DatasetError) in
    let factor = reference.labels.flatMap(GlyphFactor.init(rawValue:)) ?? .coarse
    let count = reference.samples?[split] ?? Glyphs.defaultCount(split)
    guard count > 0, count <= 1_000_000 else {
      throw DatasetError(
        .badReference, expected: "1 to 1,000,000 glyphs to draw for \(split.rawValue)", found: "\(count)")
    }
    return Glyphs.draw(count: count, split: split, seed: reference.seed ?? 0, factor: factor)
  }
}
