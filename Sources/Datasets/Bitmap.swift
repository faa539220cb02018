/// An 8-bit image in memory: rows from the top, channels interleaved.
public struct Bitmap: Hashable, Sendable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// 1 for gray, 3 for red, green, blue.
  public let channels: Int
  /// Values [height, width, channels].
  public var pixels: [UInt8]

  /// An image from its values; nil unless there are height x width x channels of them.
  public init?(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    guard width > 0, height > 0, channels == 1 || channels == 3, pixels.count == width * height * channels else {
      return nil
    }
    self.init(unchecked: pixels, width: width, height: height, channels: channels)
  }

  /// An image of one value everywhere. Sizes below 1 count as 1; `channels` other than 1 as 3.
  public init(width: Int, height: Int, channels: Int = 3, filled value: UInt8 = 0) {
    let (width, height, channels) = (max(width, 1), max(height, 1), channels == 1 ? 1 : 3)
    self.init(
      unchecked: [UInt8](repeating: value, count: width * height * channels), width: width, height: height,
      channels: channels)
  }

  /// An image from parts that are known to agree.
  init(unchecked pixels: [UInt8], width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
    self.pixels = pixels
  }

  /// Bytes of a row.
  public var stride: Int { width * channels }
}

extension Bitmap {
  /// The values as planes [channels, height, width].
  func planes() -> [UInt8] {
    guard channels == 3 else { return pixels }
    let area = width * height
    return [UInt8](unsafeUninitializedCapacity: 3 * area) { out, filled in
      for place in 0..<area {
        out[place] = pixels[3 * place]
        out[area + place] = pixels[3 * place + 1]
        out[2 * area + place] = pixels[3 * place + 2]
      }
      filled = 3 * area
    }
  }
}
