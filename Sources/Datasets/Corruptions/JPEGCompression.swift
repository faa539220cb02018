/// Loss of a JPEG file of low quality: written (4:2:0) and read again by libjpeg-turbo.
enum JPEGCompression {
  /// A gray image goes as three equal channels and comes back by ITU-R 601 luma.
  static func apply(_ image: Bitmap, quality: Int) throws(DatasetError) -> Bitmap {
    do throws(ImageFault) {
      let result = try Bitmap(decoding: image.repeated().jpeg(quality: quality))
      return image.channels == 1 ? result.luma() : result
    } catch {
      throw DatasetError(
        error.kind == .tooLarge ? .tooLarge : .unreadable, expected: "an image that a JPEG can hold",
        found: error.description)
    }
  }
}

extension Corruption {
  /// Loss of a JPEG file.
  public static let jpegCompression = Corruption(
    "jpeg_compression", aliases: ["jpeg"], index: 14, group: .digital, isRandom: false
  ) { (image, severity, table, _) throws(DatasetError) in
    let quality = table.pick(
      severity, imageNet: [25, 18, 15, 10, 7], tinyImageNet: [65, 58, 50, 40, 25], cifar: [80, 65, 58, 50, 40])
    return try JPEGCompression.apply(image, quality: quality)
  }
}
