extension Samples {
  /// The same samples with every image corrupted; labels, names and groups stay. For pixels in memory: pictures that are
  /// decoded when they are needed throw, as they are to be corrupted one by one when they are.
  ///
  /// An image's random numbers are keyed by its place plus `offset`, so that parts of a set, corrupted apart, give the
  /// bytes of the whole.
  public func corrupted(
    by corruption: Corruption, severity: Int, table: CorruptionTable? = nil, seed: UInt64, offset: Int = 0
  ) throws(DatasetError) -> Samples {
    let (channels, area) = (shape.channels, shape.height * shape.width)
    guard channels == 1 || channels == 3, area > 0, pixels.count == count * shape.count else {
      throw DatasetError(
        .badReference, expected: "images of 1 or 3 channels in memory",
        found: pixels.isEmpty ? "pictures not decoded yet" : "images of \(shape)")
    }
    var planes: [UInt8] = []
    planes.reserveCapacity(pixels.count)
    for sample in 0..<count {
      let image = try corruption(
        bitmap(sample), severity: severity, table: table, seed: seed, sample: offset + sample)
      for channel in 0..<channels {
        for place in 0..<area { planes.append(image.pixels[place * channels + channel]) }
      }
    }
    return Samples(unchecked: planes, labels: labels, shape: shape, classNames: classNames, groups: groups)
  }
}
