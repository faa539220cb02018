import Foundation

/// A Gaussian blur as `scipy.ndimage.gaussian_filter`: columns first, then rows, in double.
///
/// Weights exp(-x^2 / (2 sigma^2)) for |x| <= trunc(truncate sigma + 1/2), normalized. The sum of a place starts with
/// the centre and goes on with pairs from the outside in, so that rounding agrees with SciPy's.
struct GaussianFilter {
  /// The weights of the centre and of the distances 1, 2, ...
  let weights: [Double]
  let border: Border

  /// `sigma` in pixels; 0 leaves the values as they are.
  init(sigma: Double, truncate: Double = 4, border: Border = .nearest) {
    self.border = border
    let radius = Int(truncate * sigma + 0.5)
    guard sigma > 1e-15, radius > 0 else {
      weights = [1]
      return
    }
    let all = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
    let sum = all.sumInEights
    weights = all[radius...].map { $0 / sum }
  }

  /// The blurred values [height, width, channels].
  static func blur(
    _ values: [Double], height: Int, width: Int, channels: Int, vertical: GaussianFilter, horizontal: GaussianFilter
  ) -> [Double] {
    let columns = vertical.alongColumns(values, height: height, stride: width * channels)
    return horizontal.alongRows(columns, width: width, channels: channels)
  }

  /// The blurred values [height, width, channels], alike in both directions.
  func callAsFunction(_ values: [Double], height: Int, width: Int, channels: Int) -> [Double] {
    Self.blur(values, height: height, width: width, channels: channels, vertical: self, horizontal: self)
  }

  private func alongColumns(_ values: [Double], height: Int, stride: Int) -> [Double] {
    let radius = weights.count - 1
    guard radius > 0 else { return values }
    return [Double](unsafeUninitializedCapacity: values.count) { output, filled in
      values.withUnsafeBufferPointer { input in
        for y in 0..<height {
          let to = y * stride
          let center = weights[0]
          for x in 0..<stride { output[to + x] = input[to + x] * center }
          for distance in (1...radius).reversed() {
            let weight = weights[distance]
            let above = border.place(y - distance, size: height) * stride
            let below = border.place(y + distance, size: height) * stride
            for x in 0..<stride { output[to + x] += (input[above + x] + input[below + x]) * weight }
          }
        }
      }
      filled = values.count
    }
  }

  private func alongRows(_ values: [Double], width: Int, channels: Int) -> [Double] {
    let radius = weights.count - 1
    guard radius > 0 else { return values }
    let stride = width * channels
    let places = (-radius..<width + radius).map { border.place($0, size: width) * channels }
    var line = [Double](repeating: 0, count: (width + 2 * radius) * channels)
    return [Double](unsafeUninitializedCapacity: values.count) { output, filled in
      values.withUnsafeBufferPointer { input in
        line.withUnsafeMutableBufferPointer { line in
          var to = 0
          while to < values.count {
            for (k, place) in places.enumerated() {
              for channel in 0..<channels { line[k * channels + channel] = input[to + place + channel] }
            }
            let middle = radius * channels
            let center = weights[0]
            for x in 0..<stride { output[to + x] = line[middle + x] * center }
            for distance in (1...radius).reversed() {
              let weight = weights[distance]
              let (left, right) = (middle - distance * channels, middle + distance * channels)
              for x in 0..<stride { output[to + x] += (line[left + x] + line[right + x]) * weight }
            }
            to += stride
          }
        }
      }
      filled = values.count
    }
  }
}
