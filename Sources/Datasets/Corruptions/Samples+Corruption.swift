extension Samples {
  /// The same samples with every image corrupted, on all cores; labels, names and groups stay. Pictures are decoded first.
  ///
  /// An image's random numbers are keyed by its place plus `offset`, so that parts of a set, corrupted apart, give the
  /// bytes of the whole.
  public func corrupted(
    by corruption: Corruption, severity: Int, table: CorruptionTable? = nil, seed: UInt64, offset: Int = 0,
    threads: Int? = nil
  ) throws(DatasetError) -> Samples {
    guard encoded == nil else {
      return try decoded().samples.corrupted(
        by: corruption, severity: severity, table: table, seed: seed, offset: offset, threads: threads)
    }
    let (channels, plane) = (shape.channels, shape.height * shape.width)
    guard channels == 1 || channels == 3, plane > 0 else {
      throw DatasetError(.badReference, expected: "images of 1 or 3 channels", found: "images of \(shape)")
    }
    var changed: [UInt8] = []
    changed.reserveCapacity(pixels.count)
    var failure: DatasetError?
    let workers = threads ?? OrderedPool.threads
    OrderedPool.run(count: count, threads: workers) { _, sample -> Result<[UInt8], DatasetError> in
      do throws(DatasetError) {
        let image = try corruption(
          bitmap(sample), severity: severity, table: table, seed: seed, sample: offset + sample)
        return .success(image.planes())
      } catch {
        return .failure(error)
      }
    } take: { _, result in
      switch result {
      case .success(let planes): changed += planes
      case .failure(let error): failure = error
      }
      return failure == nil
    }
    if let failure { throw failure }
    return Samples(unchecked: changed, labels: labels, shape: shape, classNames: classNames, groups: groups)
  }
}
