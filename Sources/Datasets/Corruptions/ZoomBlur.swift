/// Blur of a zooming lens: the mean of the image and of its enlargements.
enum ZoomBlur {
  /// The factors low, low + step, ... below high, counted and spaced as `numpy.arange` does it.
  static func factors(to high: Double, by step: Double) -> [Double] {
    let count = Int(((high - 1) / step).rounded(.up))
    let spacing = (1 + step) - 1
    return (0..<max(count, 0)).map { 1 + Double($0) * spacing }
  }

  static func apply(_ image: Bitmap, factors: [Double]) -> Bitmap {
    let (width, height, channels) = (image.width, image.height, image.channels)
    // The reference works in single precision.
    let table = CorruptionLevels.shares.map { Float($0) }
    let shares = image.pixels.map { table[Int($0)] }
    let values = shares.map { Double($0) }
    var sums = [Float](repeating: 0, count: shares.count)
    for factor in factors {
      let layer = LinearZoom.enlarged(
        values, height: height, width: width, channels: channels, factor: factor, cropped: true)
      for y in 0..<layer.height {
        let (from, to) = (y * layer.width * channels, y * width * channels)
        for x in 0..<layer.width * channels { sums[to + x] += Float(layer.values[from + x]) }
      }
    }
    let count = Float(factors.count + 1)
    let bytes = zip(shares, sums).map { UInt8(min(max(($0 + $1) / count, 0), 1) * 255) }
    return CorruptionLevels.image(bytes: bytes, like: image)
  }
}

/// Enlargement of the middle of an image by linear interpolation, as `scipy.ndimage.zoom(order=1)`.
enum LinearZoom {
  /// The middle ceil(size / factor) pixels of each side, enlarged to round(that x factor), first and last pixel kept
  /// in place; `cropped` leaves of the result what fits the old size, from the top left.
  static func enlarged(
    _ values: [Double], height: Int, width: Int, channels: Int, factor: Double, cropped: Bool
  ) -> (values: [Double], height: Int, width: Int) {
    let rows = Axis(size: height, factor: factor, cropped: cropped)
    let columns = Axis(size: width, factor: factor, cropped: cropped)
    let stride = width * channels
    let first = columns.start * channels
    let span = columns.count * channels
    let count = rows.target * columns.target * channels
    var line = [Double](repeating: 0, count: span)
    let result = [Double](unsafeUninitializedCapacity: count) { output, filled in
      values.withUnsafeBufferPointer { input in
        line.withUnsafeMutableBufferPointer { line in
          var to = 0
          for row in rows.places {
            let (upper, lower) = (row.low * stride + first, row.high * stride + first)
            let (a, b) = (row.lowWeight, row.highWeight)
            for x in 0..<span { line[x] = input[upper + x] * a + input[lower + x] * b }
            for column in columns.places {
              let (left, right) = ((column.low - columns.start) * channels, (column.high - columns.start) * channels)
              for channel in 0..<channels {
                output[to] = line[left + channel] * column.lowWeight + line[right + channel] * column.highWeight
                to += 1
              }
            }
          }
        }
      }
      filled = count
    }
    return (result, rows.target, columns.target)
  }

  /// Where the places of one direction are read.
  private struct Axis {
    struct Place {
      var low: Int
      var high: Int
      var lowWeight: Double
      var highWeight: Double
    }
    var start: Int
    var count: Int
    var target: Int
    var places: [Place]

    init(size: Int, factor: Double, cropped: Bool) {
      count = min(size, Int((Double(size) / factor).rounded(.up)))
      start = (size - count) / 2
      let full = max(1, Int((Double(count) * factor).rounded(.toNearestOrEven)))
      target = cropped ? min(full, size) : full
      let scale = full > 1 ? Double(count - 1) / Double(full - 1) : 1
      places = []
      for place in 0..<target {
        let at = Double(place) * scale
        // SciPy takes what lies outside by a rounding error for 0.
        let inside = at <= Double(count - 1)
        let low = min(Int(at), count - 1)
        let share = at - Double(low)
        places.append(
          Place(
            low: start + low, high: start + min(low + 1, count - 1), lowWeight: inside ? 1 - share : 0,
            highWeight: inside ? share : 0))
      }
    }
  }
}

extension Corruption {
  /// A zooming lens.
  public static let zoomBlur = Corruption("zoom_blur", index: 6, group: .blur, isRandom: false) {
    image, severity, table, _ in
    let small = [(1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01)]
    let (high, step) = table.pick(
      severity, imageNet: [(1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03)],
      tinyImageNet: small, cifar: small)
    return ZoomBlur.apply(image, factors: ZoomBlur.factors(to: high, by: step))
  }
}
