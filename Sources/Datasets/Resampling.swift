/// Antialiased bicubic resizing, byte for byte as Pillow's `Image.resize(size, BICUBIC)` for 8-bit images.
///
/// Along rows first, then along columns, each pass rounded to bytes; the other way round where that drops more than twice
/// as many rows as columns (the order of Pillow 13). A pass that would keep its size is left out. Weights are those of
/// Keys' cubic with a = -1/2, stretched by the factor of reduction, normalized over what lies inside the image, and rounded
/// to multiples of 2^-22. Source: Pillow, `src/libImaging/Resample.c`.
struct Resampling {
  private static let precision = 22

  /// For each output place, where its weights start in the input, and the weights.
  private struct Pass {
    var starts: [Int] = []
    var counts: [Int] = []
    var weights: [Int32] = []
    var width: Int

    init(from size: Int, to target: Int) {
      let scale = Double(size) / Double(target)
      let stretch = max(scale, 1)
      let support = 2 * stretch
      width = Int(support.rounded(.up)) * 2 + 1
      for place in 0..<target {
        let center = (Double(place) + 0.5) * scale
        let start = max(0, Int(center - support + 0.5))
        let end = min(size, Int(center + support + 0.5))
        let values = (start..<end).map { Resampling.cubic((Double($0) - center + 0.5) / stretch) }
        let sum = values.reduce(0, +)
        for value in values {
          let weight = (sum == 0 ? value : value / sum) * Double(1 << Resampling.precision)
          weights.append(Int32(weight < 0 ? weight - 0.5 : weight + 0.5))
        }
        weights.append(contentsOf: repeatElement(0, count: width - values.count))
        starts.append(start)
        counts.append(values.count)
      }
    }
  }

  private let height: Int
  private let width: Int
  private let newHeight: Int
  private let newWidth: Int
  private let rows: Pass?
  private let columns: Pass?

  /// Resizes planes of height x width to newHeight x newWidth.
  init(height: Int, width: Int, newHeight: Int, newWidth: Int) {
    self.height = height
    self.width = width
    self.newHeight = newHeight
    self.newWidth = newWidth
    rows = width == newWidth ? nil : Pass(from: width, to: newWidth)
    columns = height == newHeight ? nil : Pass(from: height, to: newHeight)
  }

  /// Resizes `count` planes that follow each other.
  func callAsFunction(_ planes: [UInt8], count: Int) -> [UInt8] {
    var result = planes
    let isColumnsFirst = height > newHeight && height - newHeight > 2 * (width - newWidth)
    if isColumnsFirst, let columns {
      result = Self.apply(columns, to: result, groups: count, size: height, newSize: newHeight, stride: width)
    }
    if let rows {
      // Every row of every plane alike.
      let lines = count * (isColumnsFirst ? newHeight : height)
      result = Self.apply(rows, to: result, groups: lines, size: width, newSize: newWidth, stride: 1)
    }
    if !isColumnsFirst, let columns {
      result = Self.apply(columns, to: result, groups: count, size: height, newSize: newHeight, stride: newWidth)
    }
    return result
  }

  /// Applies a pass along the middle axis of an array [groups, size, stride].
  private static func apply(
    _ pass: Pass, to input: [UInt8], groups: Int, size: Int, newSize: Int, stride: Int
  ) -> [UInt8] {
    let total = groups * newSize * stride
    return [UInt8](unsafeUninitializedCapacity: total) { output, filled in
      input.withUnsafeBufferPointer { input in
        pass.weights.withUnsafeBufferPointer { weights in
          for group in 0..<groups {
            for place in 0..<newSize {
              let from = (group * size + pass.starts[place]) * stride
              let to = (group * newSize + place) * stride
              let first = place * pass.width
              let count = pass.counts[place]
              for offset in 0..<stride {
                var sum: Int32 = 1 << (precision - 1)
                var at = from + offset
                for k in first..<first + count {
                  sum &+= Int32(input[at]) &* weights[k]
                  at += stride
                }
                output[to + offset] = UInt8(max(0, min(255, sum >> precision)))
              }
            }
          }
        }
      }
      filled = total
    }
  }

  /// Keys' cubic with a = -1/2.
  private static func cubic(_ value: Double) -> Double {
    let x = abs(value)
    if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * -0.5 }
    return 0
  }
}
