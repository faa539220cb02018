import CCodecs
import Foundation

extension Bitmap {
  /// The image as a baseline JPEG of `quality` 1 to 100: chroma at half size (4:2:0) below 90, whole (4:4:4) from there on.
  public func jpeg(quality: Int) throws(ImageFault) -> [UInt8] {
    guard width <= 65_500, height <= 65_500 else {
      throw ImageFault(.tooLarge, "\(width) x \(height) pixels; a JPEG has at most 65,500 a side")
    }
    var count = 0
    guard
      let bytes = cc_jpeg(
        pixels, UInt32(width), UInt32(height), Int32(channels), Int32(min(max(quality, 1), 100)), &count)
    else { throw ImageFault(.memory, "no memory for a JPEG of \(width) x \(height) pixels") }
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// The image as a PNG.
  public func png() throws(ImageFault) -> [UInt8] {
    var output = cc_buffer()
    var message = [CChar](repeating: 0, count: 128)
    let status = cc_png(
      pixels, UInt32(clamping: width), UInt32(clamping: height), Int32(channels), &output, &message)
    defer { cc_free(output) }
    guard status == CC_OK else {
      let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw ImageFault(status == CC_PNG ? .tooLarge : .memory, words)
    }
    return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
  }

  /// Reads a JPEG or PNG file in memory.
  public init(decoding bytes: [UInt8]) throws(ImageFault) {
    self = try bytes.withRawBytes { (raw) throws(ImageFault) in try ImageDecoder().decode(raw) }
  }

  /// A gray image as three equal channels; colour stays.
  public func repeated() -> Bitmap {
    guard channels == 1 else { return self }
    var colour: [UInt8] = []
    colour.reserveCapacity(pixels.count * 3)
    for value in pixels {
      colour.append(value)
      colour.append(value)
      colour.append(value)
    }
    return Bitmap(unchecked: colour, width: width, height: height, channels: 3)
  }

  /// The first channel alone.
  func firstChannel() -> Bitmap {
    guard channels == 3 else { return self }
    return Bitmap(
      unchecked: Swift.stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }, width: width, height: height,
      channels: 1)
  }

  /// ITU-R 601 luma as in Pillow: (19595 R + 38470 G + 7471 B + 32768) / 65536 rounded down.
  public func luma() -> Bitmap {
    guard channels == 3 else { return self }
    let gray: [UInt8] = Swift.stride(from: 0, to: pixels.count, by: 3).map { at in
      let (red, green, blue) = (Int(pixels[at]), Int(pixels[at + 1]), Int(pixels[at + 2]))
      let sum = 19595 * red + 38470 * green + 7471 * blue + 32768
      return UInt8(sum >> 16)
    }
    return Bitmap(unchecked: gray, width: width, height: height, channels: 1)
  }

  /// The image at another size.
  public func resized(
    width newWidth: Int, height newHeight: Int, interpolation: Interpolation = .bicubic
  ) throws(ImageFault) -> Bitmap {
    let all = PixelRegion(x: 0, y: 0, width: width, height: height)
    return try ImageDecoder().resize(
      self, ResizePlan(all, width: newWidth, height: newHeight, interpolation: interpolation))
  }
}
