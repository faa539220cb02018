/// How the images and labels of a batch are mixed: image i with image i - 1, the first with the last, as torchvision
/// 0.28.0's `v2.MixUp` and `v2.CutMix` pair them. Batches are in random order, so the pairs are random.
public struct Mixing: Hashable, Sendable {
  /// lambda: the share of the image itself; its partner has 1 - lambda. The labels' targets are weighted alike:
  /// lambda onehot(y_i) + (1 - lambda) onehot(y_{i-1}).
  public var weight: Double
  /// The part that comes from the partner (CutMix); nil if the images are averaged (mixup).
  public var box: PixelRegion?

  /// A mixing from its parts.
  public init(weight: Double, box: PixelRegion? = nil) {
    self.weight = weight
    self.box = box
  }

  /// The place of the image that image `i` is mixed with.
  public static func partner(of i: Int, count: Int) -> Int { i > 0 ? i - 1 : max(count - 1, 0) }

  /// Mixes the images of a batch [count, height, width, channels] in place, in single precision. A buffer of another
  /// size is left alone.
  public func apply(
    to batch: UnsafeMutableBufferPointer<Float>, count: Int, height: Int, width: Int, channels: Int
  ) {
    let size = height * width * channels
    guard count > 1, size > 0, batch.count == count * size else { return }
    let rows = rows(height: height, width: width, channels: channels)
    // From the last image to the first, so that every partner is still as it was; the last one is kept for the first.
    let last = Array(batch[(count - 1) * size..<count * size])
    for i in Swift.stride(from: count - 1, to: 0, by: -1) {
      let partner = UnsafeBufferPointer(rebasing: batch[(i - 1) * size..<i * size])
      mix(UnsafeMutableBufferPointer(rebasing: batch[i * size..<(i + 1) * size]), with: partner, rows)
    }
    last.withUnsafeBufferPointer { mix(UnsafeMutableBufferPointer(rebasing: batch[0..<size]), with: $0, rows) }
  }

  /// Mixes the images of a batch [count, height, width, channels].
  public func apply(to batch: inout [Float], count: Int, height: Int, width: Int, channels: Int) {
    batch.withUnsafeMutableBufferPointer {
      apply(to: $0, count: count, height: height, width: width, channels: channels)
    }
  }

  /// The values of an image that change, a range a row.
  private func rows(height: Int, width: Int, channels: Int) -> [Range<Int>] {
    guard let box else { return [0..<height * width * channels] }
    let (left, right) = (min(max(box.x, 0), width), min(max(box.x + box.width, 0), width))
    let (top, bottom) = (min(max(box.y, 0), height), min(max(box.y + box.height, 0), height))
    guard left < right, top < bottom else { return [] }
    return (top..<bottom).map { ($0 * width + left) * channels..<($0 * width + right) * channels }
  }

  private func mix(
    _ image: UnsafeMutableBufferPointer<Float>, with partner: UnsafeBufferPointer<Float>, _ rows: [Range<Int>]
  ) {
    if box != nil {
      for row in rows { for i in row { image[i] = partner[i] } }
    } else {
      let (own, other) = (Float(weight), Float(1 - weight))
      for row in rows { for i in row { image[i] = partner[i] * other + image[i] * own } }
    }
  }
}
