/// Normal noise on every value: clip(x + c n), n standard normal, brightness 1 for white.
enum GaussianNoise {
  /// Adds noise whose values are given, one for each of the image's.
  static func apply(_ image: Bitmap, noise: [Double]) -> Bitmap {
    let shares = CorruptionLevels.shares
    let bytes = zip(image.pixels, noise).map { CorruptionLevels.byte(shares[Int($0)] + $1) }
    return CorruptionLevels.image(bytes: bytes, like: image)
  }
}

/// Photon noise: Poisson(c x) / c of every value.
enum ShotNoise {
  static func apply(_ image: Bitmap, photons: Double, random: inout CounterGenerator) -> Bitmap {
    // There are 256 brightnesses, so each one's distribution can be tabled and inverted exactly.
    var tables = [PoissonTable?](repeating: nil, count: 256)
    for value in Set(image.pixels) {
      tables[Int(value)] = PoissonTable(mean: CorruptionLevels.shares[Int(value)] * photons)
    }
    let bytes = image.pixels.map { value -> UInt8 in
      let count = tables[Int(value)]?.count(random.uniform()) ?? 0
      return CorruptionLevels.byte(Double(count) / photons)
    }
    return CorruptionLevels.image(bytes: bytes, like: image)
  }
}

/// Black and white specks: every value is replaced with probability `amount`, by 0 or 255 with equal chance.
enum ImpulseNoise {
  static func apply(_ image: Bitmap, amount: Double, random: inout CounterGenerator) -> Bitmap {
    let bytes = image.pixels.map { value -> UInt8 in
      let number = random.uniform()
      return number >= amount ? value : number < amount / 2 ? 255 : 0
    }
    return CorruptionLevels.image(bytes: bytes, like: image)
  }
}

extension Corruption {
  /// Normal noise.
  public static let gaussianNoise = Corruption("gaussian_noise", index: 0, group: .noise) {
    image, severity, table, random in
    let deviation = table.pick(
      severity, imageNet: [0.08, 0.12, 0.18, 0.26, 0.38], tinyImageNet: [0.04, 0.08, 0.12, 0.15, 0.18],
      cifar: [0.04, 0.06, 0.08, 0.09, 0.1])
    return GaussianNoise.apply(image, noise: random.normals(image.pixels.count, deviation: deviation))
  }

  /// Photon noise.
  public static let shotNoise = Corruption("shot_noise", index: 1, group: .noise) {
    image, severity, table, random in
    let photons: Double = table.pick(
      severity, imageNet: [60, 25, 12, 5, 3], tinyImageNet: [250, 100, 50, 30, 15], cifar: [500, 250, 100, 75, 50])
    return ShotNoise.apply(image, photons: photons, random: &random)
  }

  /// Black and white specks.
  public static let impulseNoise = Corruption("impulse_noise", index: 2, group: .noise) {
    image, severity, table, random in
    let amount = table.pick(
      severity, imageNet: [0.03, 0.06, 0.09, 0.17, 0.27], tinyImageNet: [0.01, 0.02, 0.05, 0.08, 0.14],
      cifar: [0.01, 0.02, 0.03, 0.05, 0.07])
    return ImpulseNoise.apply(image, amount: amount, random: &random)
  }
}
