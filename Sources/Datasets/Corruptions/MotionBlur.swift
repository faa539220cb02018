import Foundation

/// Blur along a line: a weighted sum of shifted copies, the weights half a Gaussian, edges repeated.
///
/// Copy i of 2 radius + 1 weighs exp(-i^2 / (2 sigma^2)), normalized, and is shifted by i pixels along the angle,
/// rounded. Where a shift leaves the image the sum ends, and the picture darkens: so in the reference.
struct MotionBlur {
  private let weights: [Double]
  private let shifts: [(x: Int, y: Int)]

  /// `radius` and `sigma` in pixels, `angle` in degrees.
  init(radius: Int, sigma: Double, angle: Double) {
    let count = 2 * radius + 1
    let heights = (0..<count).map {
      exp(-Double($0 * $0) / (2 * sigma * sigma)) / ((2 * Double.pi).squareRoot() * sigma)
    }
    let sum = heights.sumInEights
    weights = heights.map { $0 / sum }
    let radians = angle * (Double.pi / 180)
    let point = (x: Double(count) * cos(radians), y: Double(count) * sin(radians))
    let length = hypot(point.y, point.x)
    shifts = (0..<count).map { i in
      func steps(_ way: Double) -> Int { -Int((Double(i) * way / length - 0.5).rounded(.up)) }
      return (steps(point.x), steps(point.y))
    }
  }

  /// The blurred values [height, width, channels].
  func callAsFunction(_ values: [Double], height: Int, width: Int, channels: Int) -> [Double] {
    let stride = width * channels
    return [Double](unsafeUninitializedCapacity: values.count) { output, filled in
      output.initialize(repeating: 0)
      values.withUnsafeBufferPointer { input in
        for y in 0..<height {
          let to = y * stride
          for (weight, shift) in zip(weights, shifts) {
            if abs(shift.y) >= height || abs(shift.x) >= width { break }
            let from = min(max(y - shift.y, 0), height - 1) * stride
            // Columns whose source lies inside; those beside it read the edge.
            let start = max(0, shift.x)
            let end = width + min(0, shift.x)
            let move = shift.x * channels
            for x in start * channels..<end * channels { output[to + x] += weight * input[from + x - move] }
            for x in 0..<start {
              for channel in 0..<channels { output[to + x * channels + channel] += weight * input[from + channel] }
            }
            for x in end..<width {
              for channel in 0..<channels {
                output[to + x * channels + channel] += weight * input[from + stride - channels + channel]
              }
            }
          }
        }
      }
      filled = values.count
    }
  }

  /// The blurred image.
  func callAsFunction(_ image: Bitmap) -> Bitmap {
    let values = self(
      image.pixels.map { Double($0) }, height: image.height, width: image.width, channels: image.channels)
    return CorruptionLevels.image(bytes: values.map { CorruptionLevels.byte(level: $0) }, like: image)
  }
}

extension Corruption {
  /// A moving camera; the angle is uniform in -45..<45 degrees.
  public static let motionBlur = Corruption("motion_blur", index: 5, group: .blur) {
    image, severity, table, random in
    let (radius, sigma) = table.pick(
      severity, imageNet: [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)],
      tinyImageNet: [(10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)],
      cifar: [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)])
    return MotionBlur(radius: radius, sigma: sigma, angle: random.uniform(-45, 45))(image)
  }
}
