import Crypto
import Foundation

/// A part of a data set.
public enum Split: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
  /// What is trained on.
  case train
  /// What is measured on.
  case test
}

/// The size of every image of a set.
public struct ImageShape: Codable, Hashable, Sendable, CustomStringConvertible {
  /// 1 for gray, 3 for red, green, blue.
  public var channels: Int
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int

  /// A shape from its three sizes.
  public init(channels: Int, height: Int, width: Int) {
    self.channels = channels
    self.height = height
    self.width = width
  }

  /// Bytes of one image.
  public var count: Int { channels * height * width }
  /// `[channels, height, width]`.
  public var sizes: [Int] { [channels, height, width] }
  /// `32x32x3`: height, width, channels.
  public var description: String { "\(height)x\(width)x\(channels)" }
}

/// Images and their labels: pixels in memory, or pictures that are decoded when they are needed.
public struct Samples: Hashable, Sendable {
  /// Where the pixels are.
  enum Content: Hashable, Sendable {
    case resident([UInt8])
    case encoded(EncodedImages)
  }
  var content: Content
  /// Pixels [n, channels, height, width], 0 to 255; empty where pictures are decoded when they are needed (`encoded`).
  public var pixels: [UInt8] {
    if case .resident(let pixels) = content { return pixels }
    return []
  }
  /// The class of each image, in 0..<classNames.count.
  public var labels: [Int]
  /// The size of every image.
  public var shape: ImageShape
  /// The names of the classes, in the order of their numbers.
  public var classNames: [String]
  /// The group of each image, for splits that keep groups together.
  public var groups: [Int]?

  /// Samples from their parts. Throws if the counts differ or a label has no name.
  public init(
    pixels: [UInt8], labels: [Int], shape: ImageShape, classNames: [String], groups: [Int]? = nil
  ) throws(DatasetError) {
    let (bytes, overflow) = labels.count.multipliedReportingOverflow(by: shape.count)
    guard !overflow, bytes == pixels.count else {
      throw DatasetError(
        .countMismatch, expected: "\(labels.count) images of \(shape)",
        found: "\(pixels.count) bytes of pixels")
    }
    if let groups, groups.count != labels.count {
      throw DatasetError(
        .countMismatch, expected: "a group for each of \(labels.count) images",
        found: "\(groups.count) groups")
    }
    if let place = labels.firstIndex(where: { $0 < 0 || $0 >= classNames.count }) {
      throw DatasetError(
        .labelOutOfRange, expected: "labels in 0..<\(classNames.count)",
        found: "\(labels[place]) for image \(place)")
    }
    self.init(unchecked: pixels, labels: labels, shape: shape, classNames: classNames, groups: groups)
  }

  /// Samples from parts that are known to agree.
  init(
    unchecked pixels: [UInt8], labels: [Int], shape: ImageShape, classNames: [String], groups: [Int]? = nil
  ) {
    content = .resident(pixels)
    self.labels = labels
    self.shape = shape
    self.classNames = classNames
    self.groups = groups
  }

  /// How many images there are.
  public var count: Int { labels.count }

  /// How many classes there are.
  public var classCount: Int { classNames.count }

  /// The images at these places, in this order.
  public func selecting(_ indices: [Int]) -> Samples {
    if case .encoded(var images) = content {
      images.places = indices.map { images.places[$0] }
      return Samples(
        encoded: images, labels: indices.map { labels[$0] }, shape: shape, classNames: classNames,
        groups: groups.map { all in indices.map { all[$0] } })
    }
    let size = shape.count
    let pixels = pixels
    var chosen: [UInt8] = []
    chosen.reserveCapacity(indices.count * size)
    for i in indices { chosen.append(contentsOf: pixels[i * size..<(i + 1) * size]) }
    return Samples(
      unchecked: chosen, labels: indices.map { labels[$0] }, shape: shape, classNames: classNames,
      groups: groups.map { all in indices.map { all[$0] } })
  }

  /// An image whose pixels are in memory.
  public func bitmap(_ index: Int) -> Bitmap {
    let pixels = pixels
    let area = shape.height * shape.width
    let start = index * shape.count
    guard shape.channels == 3, start + shape.count <= pixels.count else {
      let gray = start + area <= pixels.count ? Array(pixels[start..<start + area]) : [UInt8](repeating: 0, count: area)
      return Bitmap(unchecked: gray, width: shape.width, height: shape.height, channels: 1)
    }
    let values = [UInt8](unsafeUninitializedCapacity: area * 3) { out, filled in
      for place in 0..<area {
        for channel in 0..<3 { out[3 * place + channel] = pixels[start + channel * area + place] }
      }
      filled = area * 3
    }
    return Bitmap(unchecked: values, width: shape.width, height: shape.height, channels: 3)
  }

  /// SHA-256 (hexadecimal) over shape, labels and pixels: equal exactly for equal data.
  ///
  /// Hashed are the line `separatrix samples 1 n channels height width`, the labels as little-endian
  /// 32-bit integers, then the pixels; of pictures not decoded yet, the transform, their names, the sizes
  /// of their files and the bytes of 64 of them instead of the pixels.
  /// Computed anew at each call (some 0.1 s for 50 MB).
  public var digest: String {
    var hash = SHA256()
    hash.update(
      data: Data("separatrix samples 1 \(count) \(shape.channels) \(shape.height) \(shape.width)\n".utf8))
    let words = labels.map { UInt32(truncatingIfNeeded: $0).littleEndian }
    words.withUnsafeBytes { hash.update(bufferPointer: $0) }
    if let encoded {
      hash.update(data: Data("\(encoded.input.description) \(encoded.policy.rawValue)\n".utf8))
      encoded.hash(into: &hash)
    } else {
      pixels.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }
    return hash.finalize().hexadecimal
  }
}

extension Sequence where Element == UInt8 {
  /// Two digits a byte, lower case.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}
