import CCodecs

/// What a picture file's header says.
public struct ImageHeader: Hashable, Sendable {
  /// The format, told by the first bytes, not by the name.
  public enum Format: String, Sendable, Codable, CaseIterable {
    /// JPEG, of any kind that libjpeg-turbo reads.
    case jpeg
    /// PNG.
    case png
    /// Netpbm, binary, 8 bits: uncompressed, as packed files hold it.
    case netpbm
  }

  /// The format.
  public var format: Format
  /// Columns, after the EXIF orientation.
  public var width: Int
  /// Rows, after the EXIF orientation.
  public var height: Int
  /// EXIF orientation, 1 to 8; 1 where it is absent or invalid.
  public var orientation: Int
  /// Channels as stored: 1 gray, 2 gray and alpha, 3 colour (also a palette), 4 colour and alpha, or CMYK.
  public var channels: Int
  /// Bits a channel as stored.
  public var bits: Int

  /// Whether the picture has no colour.
  public var isGray: Bool { channels < 3 }
}

/// Why a picture cannot be had from its bytes.
public struct ImageFault: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  /// The kind of fault.
  public enum Kind: String, Sendable, Codable, CaseIterable {
    /// No bytes at all.
    case empty
    /// Not JPEG, PNG or binary netpbm.
    case unknownFormat = "unknown format"
    /// The file ends before its picture does.
    case truncated
    /// Damaged data, or data that the library would replace by made-up pixels.
    case damaged
    /// More pixels than are taken.
    case tooLarge = "too large"
    /// A kind of JPEG or PNG that is not read.
    case unsupported
    /// The file could not be opened or read.
    case unreadable
    /// Memory is short.
    case memory
  }

  /// The kind of fault.
  public var kind: Kind
  /// The decoder's words, or what was found.
  public var detail: String

  /// A fault from its parts.
  public init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }

  /// `truncated: Premature end of JPEG file`.
  public var description: String { detail.isEmpty ? kind.rawValue : "\(kind.rawValue): \(detail)" }
}

/// How sizes are changed; both are antialiased where the size shrinks, byte for byte as in Pillow 13.
public enum Interpolation: String, Codable, Sendable, CaseIterable {
  /// Triangle filter.
  case bilinear
  /// Keys' cubic, a = -1/2.
  case bicubic

  var filter: cc_filter { self == .bilinear ? CC_BILINEAR : CC_BICUBIC }
}

/// Part of an image, in whole pixels.
public struct PixelRegion: Codable, Hashable, Sendable {
  /// Columns left of it.
  public var x: Int
  /// Rows above it.
  public var y: Int
  /// Its columns.
  public var width: Int
  /// Its rows.
  public var height: Int

  /// A region from its parts.
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  var raw: cc_region {
    func word(_ value: Int) -> UInt32 { UInt32(clamping: value) }
    return cc_region(x: word(x), y: word(y), width: word(width), height: word(height))
  }
}

/// A resize of part of an image, and the part of its result that is kept.
public struct ResizePlan: Hashable, Sendable {
  /// The part of the upright image that is resized.
  public var source: PixelRegion
  /// What `source` becomes: columns.
  public var width: Int
  /// What `source` becomes: rows.
  public var height: Int
  /// The part of the result that is kept.
  public var window: PixelRegion
  /// How.
  public var interpolation: Interpolation
  /// A JPEG may be decoded at 1/2, 1/4 or 1/8 where that leaves at least 1.75 times the target size. On the
  /// photographs of the tests that keeps every crop within a mean absolute difference of 2 levels, and above 35 dB; 1.25
  /// does not.
  public var isScaled: Bool

  /// A plan from its parts; the whole result is kept unless `window` says otherwise.
  public init(
    _ source: PixelRegion, width: Int, height: Int, window: PixelRegion? = nil,
    interpolation: Interpolation = .bicubic, isScaled: Bool = false
  ) {
    self.source = source
    self.width = width
    self.height = height
    self.window = window ?? PixelRegion(x: 0, y: 0, width: width, height: height)
    self.interpolation = interpolation
    self.isScaled = isScaled
  }

  var raw: cc_resize {
    cc_resize(
      source: source.raw, width: UInt32(clamping: width), height: UInt32(clamping: height), window: window.raw,
      filter: interpolation.filter, scaled_percent: isScaled ? 175 : 0)
  }
}

/// Reads JPEG, PNG and binary netpbm pictures; keeps its memory from one to the next, so that a thread needs one decoder.
///
/// Values equal libjpeg-turbo's own (accurate inverse DCT, smooth chroma upsampling) and libpng's. Pictures come upright
/// (EXIF orientation), as RGB: gray repeated, palettes looked up, 16 bits rounded to 8, CMYK and YCCK by Adobe's convention
/// as in Pillow, alpha flattened on white. Colour profiles and gamma are not applied, as in Pillow and torchvision. Data
/// for which libjpeg would make up pixels (a truncated or damaged file) is a fault, never a picture.
public final class ImageDecoder {
  /// No image may have more pixels than this unless a caller says otherwise: 100 million. Above 2^31 - 1, limits mean that.
  public static let pixelLimit = 100_000_000

  private let raw: OpaquePointer?

  /// A decoder with no memory yet.
  public init() { raw = cc_decoder_new() }

  deinit { cc_decoder_free(raw) }

  /// For tests: resizes without the widest `levels` vector instruction sets (of AVX-512 with VNNI, AVX-512, AVX2).
  func withholdVectors(_ levels: Int) {
    if let raw { cc_decoder_withhold_vectors(raw, Int32(clamping: levels)) }
  }

  /// The header of a file in memory.
  public func header(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = ImageDecoder.pixelLimit
  ) throws(ImageFault) -> ImageHeader {
    try open(bytes, pixelLimit).header
  }

  /// The whole picture.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = ImageDecoder.pixelLimit
  ) throws(ImageFault) -> Bitmap {
    let (header, decoder) = try open(bytes, pixelLimit)
    var status = CC_IMAGE_OK
    let count = header.width * header.height * 3
    let pixels = [UInt8](unsafeUninitializedCapacity: count) { out, filled in
      if let base = out.baseAddress { status = cc_decoder_read(decoder, base) }
      filled = count
    }
    try check(status, decoder)
    return Bitmap(unchecked: pixels, width: header.width, height: header.height, channels: 3)
  }

  /// Part of the picture, resized, by a plan made from its header, into `out` [window.height, window.width, 3].
  /// Equal to decoding all, cropping and resizing, unless the plan allows scaled decoding.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = ImageDecoder.pixelLimit, into out: UnsafeMutablePointer<UInt8>,
    plan: (ImageHeader) -> ResizePlan
  ) throws(ImageFault) {
    let (header, decoder) = try open(bytes, pixelLimit)
    try check(cc_decoder_read_resized(decoder, plan(header).raw, out), decoder)
  }

  /// The same normalized, into f32 `out` [window.height, window.width, 3]; `plan` also says whether it is mirrored. After a
  /// fault part of `out` may be written.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = ImageDecoder.pixelLimit,
    into out: UnsafeMutablePointer<Float>, normalization: PixelNormalization,
    plan: (ImageHeader) -> (ResizePlan, isMirrored: Bool)
  ) throws(ImageFault) {
    let (header, decoder) = try open(bytes, pixelLimit)
    let (resize, isMirrored) = plan(header)
    let status = cc_decoder_read_normalized(decoder, resize.raw, normalization.raw(isMirrored: isMirrored), out)
    try check(status, decoder)
  }

  /// The same as a value.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, pixelLimit: Int = ImageDecoder.pixelLimit, plan: (ImageHeader) -> ResizePlan
  ) throws(ImageFault) -> Bitmap {
    let (header, decoder) = try open(bytes, pixelLimit)
    let resize = plan(header)
    let (width, height) = (max(resize.window.width, 1), max(resize.window.height, 1))
    var status = CC_IMAGE_OK
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { out, filled in
      if let base = out.baseAddress { status = cc_decoder_read_resized(decoder, resize.raw, base) }
      filled = width * height * 3
    }
    try check(status, decoder)
    return Bitmap(unchecked: pixels, width: width, height: height, channels: 3)
  }

  /// Part of an image in memory, resized.
  public func resize(_ image: Bitmap, _ plan: ResizePlan) throws(ImageFault) -> Bitmap {
    let colour = image.channels == 3 ? image : image.repeated()
    let (width, height) = (max(plan.window.width, 1), max(plan.window.height, 1))
    guard let raw else { throw ImageFault(.memory, "no memory for a decoder") }
    var status = CC_IMAGE_OK
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { out, filled in
      if let base = out.baseAddress {
        status = cc_resize_rgb(
          raw, colour.pixels, UInt32(clamping: colour.width), UInt32(clamping: colour.height), plan.raw, base)
      }
      filled = width * height * 3
    }
    try check(status, raw)
    let result = Bitmap(unchecked: pixels, width: width, height: height, channels: 3)
    return image.channels == 3 ? result : result.firstChannel()
  }

  private func open(
    _ bytes: UnsafeRawBufferPointer, _ pixelLimit: Int
  ) throws(ImageFault) -> (header: ImageHeader, decoder: OpaquePointer) {
    guard let raw else { throw ImageFault(.memory, "no memory for a decoder") }
    guard let base = bytes.baseAddress, !bytes.isEmpty else { throw ImageFault(.empty, "no bytes") }
    var info = cc_image_info()
    let pixelLimit = min(pixelLimit, Int(Int32.max))  // Beyond, their bytes could not be counted.
    let status = cc_decoder_open(
      raw, base.assumingMemoryBound(to: UInt8.self), bytes.count, UInt64(clamping: pixelLimit), &info)
    if status == CC_IMAGE_TOO_LARGE {
      throw ImageFault(.tooLarge, "\(String(cString: cc_decoder_message(raw))); at most \(pixelLimit) are taken")
    }
    if status == CC_IMAGE_UNKNOWN { throw ImageFault(.unknownFormat, Self.guess(bytes)) }
    try check(status, raw)
    let header = ImageHeader(
      format: info.format == CC_PNG_FILE ? .png : info.format == CC_PNM_FILE ? .netpbm : .jpeg, width: Int(info.width),
      height: Int(info.height),
      orientation: Int(info.orientation), channels: Int(info.channels), bits: Int(info.bits))
    return (header, raw)
  }

  private func check(_ status: cc_image_status, _ decoder: OpaquePointer) throws(ImageFault) {
    let words = status == CC_IMAGE_OK ? "" : String(cString: cc_decoder_message(decoder))
    switch status {
    case CC_IMAGE_OK: return
    case CC_IMAGE_NO_MEMORY: throw ImageFault(.memory, words)
    case CC_IMAGE_UNKNOWN: throw ImageFault(.unknownFormat, words)
    case CC_IMAGE_TRUNCATED: throw ImageFault(.truncated, words)
    case CC_IMAGE_TOO_LARGE: throw ImageFault(.tooLarge, words)
    case CC_IMAGE_UNSUPPORTED: throw ImageFault(.unsupported, words)
    default: throw ImageFault(.damaged, words)
    }
  }

  /// What a file that is neither JPEG nor PNG looks like.
  private static func guess(_ bytes: UnsafeRawBufferPointer) -> String {
    let known: [(String, [UInt8])] = [
      ("GIF", Array("GIF8".utf8)), ("BMP", Array("BM".utf8)), ("TIFF", [0x49, 0x49, 0x2a, 0]),
      ("TIFF", [0x4d, 0x4d, 0, 0x2a]), ("gzip", [0x1f, 0x8b]), ("zip", [0x50, 0x4b, 3, 4]), ("PDF", Array("%PDF".utf8)),
      ("HTML", Array("<!DOCTYPE".utf8)), ("HTML", Array("<html".utf8)), ("JPEG 2000", [0, 0, 0, 0x0c, 0x6a, 0x50]),
    ]
    if bytes.count > 12, bytes.starts(with: Array("RIFF".utf8)), bytes[8..<12].elementsEqual("WEBP".utf8) {
      return "WebP, where JPEG or PNG was expected"
    }
    if let (name, _) = known.first(where: { bytes.starts(with: $0.1) }) {
      return "\(name), where JPEG or PNG was expected"
    }
    return "first bytes \(bytes.prefix(4).hexadecimal), where JPEG or PNG was expected"
  }
}
