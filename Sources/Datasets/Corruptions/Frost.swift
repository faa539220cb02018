/// A window with ice: c0 image + c1 texture, a random part of a random texture.
///
/// The published textures are photographs whose licence is not known. `Corruption.frost` lays textures of our own
/// (`FrostTexture`) and says so (`usesOwnTexture`); `Corruption.frost(textures:)` takes any others.
enum Frost {
  /// How a texture's size is matched to an image.
  enum Fit: Hashable {
    /// Enlarged to cover the image where it is smaller, then by 1.1; cubic (as `imagecorruptions`).
    case covering
    /// Reduced to this share; linear, not antialiased (as the scripts of the small sets).
    case reduced(Double)
  }

  /// Lays the part of a texture that begins at (x, y) of the resized texture over the image.
  static func apply(_ image: Bitmap, texture: Bitmap, fit: Fit, kept: Double, added: Double, x: Int, y: Int) -> Bitmap {
    let window = TextureWindow(texture, fit: fit, image: image)
    let ice = window.part(x: x, y: y, width: image.width, height: image.height)
    var pixels = image.pixels
    for place in pixels.indices {
      let from = image.channels == 3 ? place : place * 3
      let level =
        image.channels == 3
        ? Double(ice[from])
        : Double(ice[from]) * 0.2989 + Double(ice[from + 1]) * 0.5870 + Double(ice[from + 2]) * 0.1140
      pixels[place] = CorruptionLevels.byte(level: kept * Double(pixels[place]) + added * level)
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }

  /// The body of the corruption with given textures.
  static func body(_ textures: @escaping @Sendable () -> [Bitmap]) -> Corruption.Body {
    { (image, severity, table, random) throws(DatasetError) in
      let (kept, added) = table.pick(
        severity, imageNet: [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)],
        tinyImageNet: [(1, 0.3), (0.9, 0.4), (0.8, 0.45), (0.75, 0.5), (0.7, 0.55)],
        cifar: [(1, 0.2), (1, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45)])
      let fit: Fit =
        switch table {
        case .imageNet: .covering
        case .tinyImageNet: .reduced(0.3)
        case .cifar: .reduced(0.2)
        }
      let list = textures()
      guard !list.isEmpty else {
        throw DatasetError(.empty, expected: "a texture for frost", found: "none")
      }
      let texture = list[random.below(list.count)]
      let window = TextureWindow(texture, fit: fit, image: image)
      let y = random.below(window.height - image.height)
      let x = random.below(window.width - image.width)
      return apply(image, texture: texture, fit: fit, kept: kept, added: added, x: x, y: y)
    }
  }
}

/// A texture at another size, read in parts.
struct TextureWindow {
  private let texture: Bitmap
  private let scale: (x: Double, y: Double)
  private let isCubic: Bool
  /// The size of the resized texture.
  let width: Int
  let height: Int

  /// A texture as it is laid over an image.
  init(_ texture: Bitmap, fit: Frost.Fit, image: Bitmap) {
    self.texture = texture
    let (tall, wide) = (Double(image.height) / Double(texture.height), Double(image.width) / Double(texture.width))
    switch fit {
    case .covering:
      let factor = max(1, tall, wide) * 1.1
      width = Int((Double(texture.width) * factor).rounded(.up))
      height = Int((Double(texture.height) * factor).rounded(.up))
      scale = (Double(texture.width) / Double(width), Double(texture.height) / Double(height))
      isCubic = true
    case .reduced(let share):
      let factor = max(share, tall, wide)
      width = max(image.width, Int((Double(texture.width) * factor).rounded(.toNearestOrEven)))
      height = max(image.height, Int((Double(texture.height) * factor).rounded(.toNearestOrEven)))
      scale = (1 / factor, 1 / factor)
      isCubic = false
    }
  }

  /// Where a place is read: the first of the weights' places, and the weights.
  private func tap(_ place: Int, scale: Double) -> (start: Int, weights: [Float]) {
    let at = (Double(place) + 0.5) * scale - 0.5
    let low = at.rounded(.down)
    let t = at - low
    guard isCubic else { return (Int(low), [Float(1 - t), Float(t)]) }
    // Keys' cubic with a = -3/4, as OpenCV's INTER_CUBIC.
    let a = -0.75
    func outer(_ x: Double) -> Double { ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    func inner(_ x: Double) -> Double { ((a + 2) * x - (a + 3)) * x * x + 1 }
    return (Int(low) - 1, [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)].map { Float($0) })
  }

  /// Bytes [height, width, 3] of the part that begins at (x, y).
  func part(x: Int, y: Int, width: Int, height: Int) -> [UInt8] {
    let columns = (x..<x + width).map { tap($0, scale: scale.x) }
    let channels = texture.channels
    let row = texture.width * channels
    var line = [Float](repeating: 0, count: row)
    var result = [UInt8](repeating: 0, count: width * height * 3)
    let places = columns.flatMap { column in
      column.weights.indices.map { Border.nearest.place(column.start + $0, size: texture.width) * channels }
    }
    let weights = columns.flatMap(\.weights)
    let taps = isCubic ? 4 : 2
    // Only these columns of the texture are needed.
    let (first, last) = (places.min() ?? 0, (places.max() ?? 0) + channels)
    texture.pixels.withUnsafeBufferPointer { input in
      line.withUnsafeMutableBufferPointer { line in
        for target in 0..<height {
          let vertical = tap(y + target, scale: scale.y)
          for k in first..<last { line[k] = 0 }
          for (offset, weight) in vertical.weights.enumerated() {
            let from = Border.nearest.place(vertical.start + offset, size: texture.height) * row
            for k in first..<last { line[k] += weight * Float(input[from + k]) }
          }
          for column in 0..<width {
            for channel in 0..<3 {
              var sum: Float = 0
              for k in column * taps..<(column + 1) * taps {
                sum += weights[k] * line[places[k] + (channels == 3 ? channel : 0)]
              }
              result[(target * width + column) * 3 + channel] = UInt8(min(max(sum + 0.5, 0), 255))
            }
          }
        }
      }
    }
    return result
  }
}

extension Corruption {
  /// Ice on a window, with textures of our own.
  public static let frost = Corruption(
    "frost", index: 8, group: .weather, usesOwnTexture: true, body: Frost.body { FrostTexture.standard })

  /// Ice on a window with textures from elsewhere, such as the five of ImageNet-C for those who have them.
  public static func frost(textures: [Bitmap]) -> Corruption {
    Corruption("frost", index: 8, group: .weather, body: Frost.body { textures })
  }
}
