extension Samples {
  /// The same samples with every image corrupted; labels, names and groups stay.
  ///
  /// An image's random numbers are keyed by its place plus `offset`, so that parts of a set, corrupted apart, give the
  /// bytes of the whole.
  public func corrupted(
    by corruption: Corruption, severity: Int, table: CorruptionTable? = nil, seed: UInt64, offset: Int = 0
  ) throws(DatasetError) -> Samples {
    let (channels, plane) = (shape.channels, shape.height * shape.width)
    guard channels == 1 || channels == 3, plane > 0 else {
      throw DatasetError(.badReference, expected: "images of 1 or 3 channels", found: "images of \(shape)")
    }
    var result = self
    var image = Bitmap(width: shape.width, height: shape.height, channels: channels)
    for sample in 0..<count {
      let start = sample * shape.count
      for place in 0..<plane {
        for channel in 0..<channels {
          image.pixels[place * channels + channel] = pixels[start + channel * plane + place]
        }
      }
      let changed = try corruption(image, severity: severity, table: table, seed: seed, sample: offset + sample)
      for place in 0..<plane {
        for channel in 0..<channels {
          result.pixels[start + channel * plane + place] = changed.pixels[place * channels + channel]
        }
      }
    }
    return result
  }
}
