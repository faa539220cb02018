import CCodecs
import Foundation

/// A picture of a data set: a grid of its images, as a PNG file.
public enum ContactSheet {
  /// Writes images in rows, class after class: `perClass` of each, at most `classes` classes, `scale` times enlarged.
  public static func write(
    _ samples: Samples, to file: URL, perClass: Int = 12, classes: Int = 50, scale: Int = 2
  ) throws(DatasetError) {
    var rows: [[Int]] = []
    for label in 0..<min(samples.classCount, max(classes, 1)) {
      rows.append(
        Array(samples.labels.indices.lazy.filter { samples.labels[$0] == label }.prefix(max(perClass, 1))))
    }
    try write(samples, rows: rows, to: file, scale: scale)
  }

  /// Writes the images at these places, a list for each row of the picture.
  public static func write(
    _ samples: Samples, rows: [[Int]], to file: URL, scale: Int = 2
  ) throws(DatasetError) {
    let bytes = try png(samples, rows: rows, scale: scale)
    do {
      try Data(bytes).write(to: file, options: .atomic)
    } catch {
      throw DatasetError(
        .unreadable, file: file.path, expected: "a place to write the contact sheet",
        found: error.localizedDescription, cure: "name a file in a folder that exists")
    }
  }

  /// The picture as the bytes of a PNG file.
  public static func png(_ samples: Samples, rows: [[Int]], scale: Int = 2) throws(DatasetError) -> [UInt8] {
    let shape = samples.shape
    let scale = max(1, min(scale, 16))
    let gap = 2
    let (cellWidth, cellHeight) = (shape.width * scale + gap, shape.height * scale + gap)
    let columns = rows.map(\.count).max() ?? 0
    let (width, height) = (columns * cellWidth + gap, rows.count * cellHeight + gap)
    guard columns > 0, shape.channels == 1 || shape.channels == 3, width <= 1 << 16, height <= 1 << 16 else {
      throw DatasetError(
        .badReference, expected: "gray or RGB images on a sheet of at most 65,536 pixels a side",
        found: "\(samples.count) images of \(shape), a sheet of \(width)x\(height)")
    }
    let channels = shape.channels
    var picture = [UInt8](repeating: 255, count: width * height * channels)
    for (row, places) in rows.enumerated() {
      for (column, place) in places.enumerated() {
        let image = place * shape.count
        for y in 0..<shape.height * scale {
          var target = ((row * cellHeight + gap + y) * width + column * cellWidth + gap) * channels
          for x in 0..<shape.width * scale {
            for channel in 0..<channels {
              let source = (channel * shape.height + y / scale) * shape.width + x / scale
              picture[target] = samples.pixels[image + source]
              target += 1
            }
          }
        }
      }
    }
    var output = cc_buffer()
    var message = [CChar](repeating: 0, count: 128)
    let status = cc_png(picture, UInt32(width), UInt32(height), Int32(channels), &output, &message)
    defer { cc_free(output) }
    guard status == CC_OK else {
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw DatasetError(
        .tooLarge, expected: "a PNG of \(width)x\(height)",
        found: status == CC_PNG ? String(decoding: text, as: UTF8.self) : "no memory for it")
    }
    return Array(UnsafeBufferPointer(start: output.bytes, count: output.count))
  }
}
