/// Coarse pixels: reduced by averaging, enlarged again without interpolation.
enum Pixelate {
  /// Reduces both sides to the share, rounded down, and enlarges again.
  static func apply(_ image: Bitmap, share: Double) -> Bitmap {
    let width = max(1, Int(Double(image.width) * share))
    let height = max(1, Int(Double(image.height) * share))
    let small = reduced(image, width: width, height: height)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(image.pixels.count)
    let columns = Self.sources(small: width, large: image.width).map { $0 * image.channels }
    for row in Self.sources(small: height, large: image.height) {
      let from = row * width * image.channels
      for column in columns { pixels.append(contentsOf: small[from + column..<from + column + image.channels]) }
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }

  /// Which coarse pixel each fine one shows: the one over its middle. Places are summed, not multiplied, so that
  /// middles on a border fall to the side to which Pillow's rounding sends them.
  private static func sources(small: Int, large: Int) -> [Int] {
    let step = Double(small) / Double(large)
    var at = step * 0.5
    return (0..<large).map { _ in
      defer { at += step }
      return min(small - 1, Int(at))
    }
  }

  /// Reduction by averaging, byte for byte as Pillow's `resize(size, BOX)`: rows, then columns, each rounded to bytes;
  /// a pixel counts whole where its middle lies in the box, else not at all.
  private static func reduced(_ image: Bitmap, width: Int, height: Int) -> [UInt8] {
    let channels = image.channels
    let rows = pass(image.pixels, from: image.width, to: width, outer: image.height, stride: channels)
    return pass(rows, from: image.height, to: height, outer: 1, stride: width * channels)
  }

  /// One direction of values [outer, size, stride].
  private static func pass(_ input: [UInt8], from size: Int, to target: Int, outer: Int, stride: Int) -> [UInt8] {
    guard size != target else { return input }
    let scale = Double(size) / Double(target)
    let support = 0.5 * max(scale, 1)
    var output = [UInt8](repeating: 0, count: outer * target * stride)
    for place in 0..<target {
      let center = (Double(place) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(size, Int(center + support + 0.5))
      let inside = (start..<end).filter { (at: Int) -> Bool in
        let way: Double = (Double(at) - center + 0.5) / max(scale, 1)
        return way > -0.5 && way <= 0.5
      }
      guard let first = inside.first else { continue }
      let weight = Int32(1 / Double(inside.count) * 4_194_304 + 0.5)
      for group in 0..<outer {
        for offset in 0..<stride {
          var sum: Int32 = 1 << 21
          for k in 0..<inside.count {
            let at: Int = (group * size + first + k) * stride + offset
            sum &+= Int32(input[at]) &* weight
          }
          let to: Int = (group * target + place) * stride + offset
          output[to] = UInt8(max(0, min(255, sum >> 22)))
        }
      }
    }
    return output
  }
}

extension Corruption {
  /// Coarse pixels.
  public static let pixelate = Corruption("pixelate", index: 13, group: .digital, isRandom: false) {
    image, severity, table, _ in
    let share = table.pick(
      severity, imageNet: [0.6, 0.5, 0.4, 0.3, 0.25], tinyImageNet: [0.9, 0.8, 0.7, 0.6, 0.5],
      cifar: [0.95, 0.9, 0.85, 0.75, 0.65])
    return Pixelate.apply(image, share: share)
  }
}
