import Crypto
import Foundation

/// Reads pictures of a set one after another: a decoder and its memory, for one thread.
public final class ImageReader {
  private let decoder = ImageDecoder()
  private var file: [UInt8] = []
  private var scratch: UnsafeMutablePointer<UInt8>?
  private var room = 0

  /// A reader with no memory yet.
  public init() {}

  deinit { free(scratch) }

  /// The header of a picture.
  public func header(_ images: EncodedImages, _ index: Int) throws(ImageFault) -> ImageHeader {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in try decoder.header(bytes) }
  }

  /// SHA-256 of a picture's bytes as stored.
  func digest(_ images: EncodedImages, _ index: Int) throws(ImageFault) -> SHA256 {
    var hash = SHA256()
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in hash.update(bufferPointer: bytes) }
    return hash
  }

  /// A picture's bytes as stored.
  func bytes(_ images: EncodedImages, _ index: Int) throws(ImageFault) -> [UInt8] {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in Array(bytes) }
  }

  /// A whole picture, upright, RGB.
  public func decode(_ images: EncodedImages, _ index: Int) throws(ImageFault) -> Bitmap {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in try decoder.decode(bytes) }
  }

  /// Part of a picture, resized, by a plan made from its header.
  public func image(
    _ images: EncodedImages, _ index: Int, plan: (ImageHeader) -> ResizePlan
  ) throws(ImageFault) -> Bitmap {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in try decoder.decode(bytes, plan: plan) }
  }

  /// A picture as the set's transform has it, into `out` [height, width, 3].
  public func read(
    _ images: EncodedImages, _ index: Int, shape: ImageShape, into out: UnsafeMutablePointer<UInt8>
  ) throws(ImageFault) {
    try read(images, index, into: out) { header in
      images.input.plan(width: header.width, height: header.height, shape: shape)
    }
  }

  /// Part of a picture by a plan made from its header, into `out` [window.height, window.width, 3].
  public func read(
    _ images: EncodedImages, _ index: Int, into out: UnsafeMutablePointer<UInt8>, plan: (ImageHeader) -> ResizePlan
  ) throws(ImageFault) {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in
      try decoder.decode(bytes, into: out, plan: plan)
    }
  }

  /// Part of a picture, resized, mirrored and normalized, into f32 `out` [window.height, window.width, 3].
  public func read(
    _ images: EncodedImages, _ index: Int, into out: UnsafeMutablePointer<Float>, normalization: PixelNormalization,
    plan: (ImageHeader) -> (ResizePlan, isMirrored: Bool)
  ) throws(ImageFault) {
    try images.withBytes(index, &file) { (bytes) throws(ImageFault) in
      try decoder.decode(bytes, into: out, normalization: normalization, plan: plan)
    }
  }

  /// Memory for `count` values, filled by `body`, until the next call.
  func interleaved(
    _ count: Int, _ body: (UnsafeMutablePointer<UInt8>) throws(ImageFault) -> Void
  ) throws(ImageFault) -> UnsafeMutablePointer<UInt8> {
    if count > room {
      free(scratch)
      scratch = malloc(count)?.bindMemory(to: UInt8.self, capacity: count)
      room = scratch == nil ? 0 : count
    }
    guard let scratch else { throw ImageFault(.memory, "no memory for \(count) values") }
    try body(scratch)
    return scratch
  }

  /// An image in memory, resized.
  public func resize(_ image: Bitmap, _ plan: ResizePlan) throws(ImageFault) -> Bitmap {
    try decoder.resize(image, plan)
  }
}
