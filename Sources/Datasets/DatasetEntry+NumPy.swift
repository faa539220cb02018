extension DatasetEntry {
  /// CIFAR-10.1: new test images for CIFAR-10, version 6 (200 a class) or 4 (Recht and others, 2018).
  static let cifar10Point1 = DatasetEntry(
    name: "cifar10.1", summary: "2,000 new test images for CIFAR-10, 32x32 colour, 10 classes",
    usage: "cifar10.1:DIR", source: .folder, factors: ["v6", "v4"], splits: { _ in [.test] }
  ) { reference, split throws(DatasetError) in
    let version = reference.labels == "v4" ? "v4" : "v6"
    let names = ["data", "labels"].map { "cifar10.1_\(version)_\($0).npy" }
    let files = try testOnly("cifar10.1", folder: "datasets", names).files(of: reference, split)
    return try arrays(images: files[0], labels: files[1], classNames: CIFAR.names10)
  }

  /// CIFAR-10-C: CIFAR-10's test images under 15 corruptions and four extra ones at five severities (Hendrycks and
  /// Dietterich, 2019). The factor names both, such as `fog-3`.
  static let cifar10C = corrupted("cifar10-c", of: "CIFAR-10", folder: "CIFAR-10-C", classNames: CIFAR.names10)

  /// CIFAR-100-C likewise, with fine labels.
  static let cifar100C = corrupted(
    "cifar100-c", of: "CIFAR-100", folder: "CIFAR-100-C", classNames: CIFAR.fineNames100)

  private static func corrupted(_ name: String, of set: String, folder: String, classNames: [String]) -> DatasetEntry {
    let corruptions = CorruptionBenchmark.corruptions.map(\.name) + CorruptionBenchmark.extras
    let factors = corruptions.flatMap { corruption in
      CorruptionBenchmark.severities.map { "\(corruption)-\($0)" }
    }
    return DatasetEntry(
      name: name, summary: "\(set)'s test images corrupted, 19 ways at 5 severities; labels CORRUPTION-SEVERITY",
      usage: "\(name):DIR", source: .folder, factors: factors, splits: { _ in [.test] }
    ) { reference, split throws(DatasetError) in
      let factor = reference.labels.flatMap { factors.contains($0) ? $0 : nil } ?? factors[0]
      let parts = factor.split(separator: "-")
      let severity = Int(parts.last ?? "") ?? 1
      let layout = testOnly(name, folder: folder, ["\(parts[0]).npy", "labels.npy"])
      let files = try layout.files(of: reference, split)
      return try arrays(
        images: files[0], labels: files[1], classNames: classNames,
        part: severity - 1, of: CorruptionBenchmark.severities.count)
    }
  }

  private static func testOnly(_ name: String, folder: String, _ names: [String]) -> FolderLayout {
    FolderLayout(
      name: name,
      editions: [nil, folder].map { FolderLayout.Edition(folder: $0, names: [.test: names]) })
  }

  /// Images [n, 32, 32, 3] and labels [n] of .npy files; of several equal parts, one.
  private static func arrays(
    images: String, labels: String, classNames: [String], part: Int = 0, of parts: Int = 1
  ) throws(DatasetError) -> Samples {
    let pixels = try NPYBytes(images)
    let shape = CIFAR.shape
    guard pixels.shape.count == 4, pixels.width == 1, !pixels.isSigned,
      Array(pixels.shape[1...]) == [shape.height, shape.width, shape.channels],
      pixels.shape[0] > 0, pixels.shape[0].isMultiple(of: parts)
    else {
      throw DatasetError(
        .countMismatch, file: images,
        expected: "bytes of the shape n, 32, 32, 3" + (parts > 1 ? ", n a multiple of \(parts)" : ""),
        found: pixels.shape.map(String.init).joined(separator: ", ") + " of \(pixels.width) bytes",
        cure: "get the file again")
    }
    let values = try NPYBytes(labels)
    guard values.shape == [pixels.shape[0]] else {
      throw DatasetError(
        .countMismatch, file: labels, expected: "\(pixels.shape[0]) labels, one for each image of \(images)",
        found: values.shape.map(String.init).joined(separator: ", "), cure: "name the two files of one set")
    }
    let count = pixels.shape[0] / parts
    let chosen = Array(values.integers[(part * count)..<((part + 1) * count)])
    if let place = chosen.firstIndex(where: { $0 < 0 || $0 >= classNames.count }) {
      throw DatasetError(
        .labelOutOfRange, file: labels, offset: values.data.startIndex + (part * count + place) * values.width,
        expected: "a label in 0..<\(classNames.count)", found: "\(chosen[place])", cure: "get the file again")
    }
    let start = pixels.data.startIndex + part * count * shape.count
    return Samples(
      unchecked: Samples.planar(
        pixels.data[start..<(start + count * shape.count)], channels: shape.channels,
        plane: shape.height * shape.width),
      labels: chosen, shape: shape, classNames: classNames)
  }
}
