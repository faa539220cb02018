import Foundation

/// Blur of a lens out of focus: convolution with a disc whose rim is softened by a small Gaussian; mirrored border.
///
/// The disc lies in a square of side 17 (radius up to 8) or 2 r + 1, is normalized, then blurred with 3 or 5 taps.
/// Where it touches the square's edge (radius 8 and 10) the mirrored border makes its sum 1.01, as in the reference.
struct DefocusBlur {
  /// A row's stretch of equal weights.
  private struct Run {
    var start: Int
    var end: Int
    var weight: Double
  }

  /// Half the kernel's side.
  let half: Int
  /// The weights [2 half + 1, 2 half + 1].
  let kernel: [Float]
  private let runs: [[Run]]

  /// The disc of a radius, its rim softened by a Gaussian of deviation `softness`, both in pixels.
  init(radius: Double, softness: Double) {
    half = radius <= 8 ? 8 : Int(radius)
    let side = 2 * half + 1
    var disc = [Float](repeating: 0, count: side * side)
    for y in 0..<side {
      for x in 0..<side {
        let (dx, dy) = (Double(x - half), Double(y - half))
        if dx * dx + dy * dy <= radius * radius { disc[y * side + x] = 1 }
      }
    }
    let count = disc.reduce(0, +)
    kernel = Self.soften(disc.map { $0 / count }, side: side, taps: radius <= 8 ? 1 : 2, deviation: softness)
    runs = (0..<side).map { [kernel] in Self.runs(Array(kernel[$0 * side..<($0 + 1) * side])) }
  }

  /// A Gaussian of 2 taps + 1 weights in single precision over a square, rows first, mirrored border.
  private static func soften(_ square: [Float], side: Int, taps: Int, deviation: Double) -> [Float] {
    let exact = (-taps...taps).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    let sum = exact.reduce(0, +)
    let weights = exact[taps...].map { Float($0 / sum) }
    func pass(_ input: [Float], _ step: (Int, Int, Int) -> Int) -> [Float] {
      (0..<side * side).map { place in
        let (y, x) = (place / side, place % side)
        var total = input[place] * weights[0]
        for k in 1...taps { total += (input[step(y, x, -k)] + input[step(y, x, k)]) * weights[k] }
        return total
      }
    }
    let rows = pass(square) { y, x, k in y * side + Border.mirror.place(x + k, size: side) }
    return pass(rows) { y, x, k in Border.mirror.place(y + k, size: side) * side + x }
  }

  private static func runs(_ row: [Float]) -> [Run] {
    var runs: [Run] = []
    for (x, weight) in row.enumerated() where weight != 0 {
      if let last = runs.last, last.end == x, last.weight == Double(weight) {
        runs[runs.count - 1].end = x + 1
      } else {
        runs.append(Run(start: x, end: x + 1, weight: Double(weight)))
      }
    }
    return runs
  }

  /// The blurred image.
  func callAsFunction(_ image: Bitmap) -> Bitmap {
    var pixels = image.pixels
    for channel in 0..<image.channels { apply(image, channel: channel, to: &pixels) }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }

  /// Blurs a channel. Sums over runs come from running sums of bytes, which are exact.
  private func apply(_ image: Bitmap, channel: Int, to pixels: inout [UInt8]) {
    let (width, height, channels) = (image.width, image.height, image.channels)
    let columns = (-half..<width + half).map { Border.mirror.place($0, size: width) * channels + channel }
    let stride = columns.count + 1
    var sums = [Int32](repeating: 0, count: height * stride)
    for y in 0..<height {
      var sum: Int32 = 0
      for (x, column) in columns.enumerated() {
        sum += Int32(image.pixels[y * width * channels + column])
        sums[y * stride + x + 1] = sum
      }
    }
    var line = [Double](repeating: 0, count: width)
    sums.withUnsafeBufferPointer { sums in
      line.withUnsafeMutableBufferPointer { line in
        for y in 0..<height {
          line.update(repeating: 0)
          for (row, list) in runs.enumerated() {
            let from = Border.mirror.place(y + row - half, size: height) * stride
            for run in list {
              let (start, end, weight) = (from + run.start, from + run.end, run.weight)
              for x in 0..<width { line[x] += weight * Double(sums[end + x] &- sums[start + x]) }
            }
          }
          for x in 0..<width { pixels[(y * width + x) * channels + channel] = CorruptionLevels.byte(level: line[x]) }
        }
      }
    }
  }
}

extension Corruption {
  /// A lens out of focus.
  public static let defocusBlur = Corruption("defocus_blur", index: 3, group: .blur, isRandom: false) {
    image, severity, table, _ in
    let (radius, softness) = table.pick(
      severity, imageNet: [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
      tinyImageNet: [(0.5, 0.6), (1, 0.1), (1.5, 0.1), (2.5, 0.01), (3, 0.1)],
      cifar: [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)])
    return DefocusBlur(radius: radius, softness: softness)(image)
  }
}
