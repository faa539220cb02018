/// EMNIST: handwritten digits and letters of NIST's Special Database 19 in MNIST's format, cut six ways.
///
/// Source: G. Cohen and others, "EMNIST: Extending MNIST to handwritten letters", IJCNN 2017. The stored images are
/// transposed (rows are columns), because MATLAB wrote them; they are turned upright here.
enum EMNIST {
  /// The cuts, the default first.
  static let cuts = ["balanced", "byclass", "bymerge", "letters", "digits", "mnist"]

  /// The classes of a cut, in the order of its labels.
  static func classNames(_ cut: String) -> [String] {
    let digits = "0123456789".map(String.init)
    let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
    switch cut {
    case "byclass": return digits + upper + upper.map { $0.lowercased() }
    // Lower case only where it differs from upper case.
    case "bymerge", "balanced": return digits + upper + "abdefghnqrt".map(String.init)
    case "letters": return upper
    default: return digits
    }
  }

  /// The names of its files.
  static func layout(_ cut: String) -> FolderLayout {
    FolderLayout(
      name: "emnist",
      editions: [nil, "gzip", "raw", "EMNIST/raw"].map { folder in
        FolderLayout.Edition(
          folder: folder,
          names: [
            .train: ["emnist-\(cut)-train-images-idx3-ubyte", "emnist-\(cut)-train-labels-idx1-ubyte"],
            .test: ["emnist-\(cut)-test-images-idx3-ubyte", "emnist-\(cut)-test-labels-idx1-ubyte"],
          ])
      })
  }

  /// The images, upright, and their labels from 0.
  static func samples(images: String, labels: String, cut: String) throws(DatasetError) -> Samples {
    let names = classNames(cut)
    // The labels of `letters` count from 1.
    let first = cut == "letters" ? 1 : 0
    let stored = try IDX.samples(
      images: images, labels: labels, classNames: [String](repeating: "", count: first) + names)
    if first > 0, let place = stored.labels.firstIndex(of: 0) {
      throw DatasetError(
        .labelOutOfRange, file: labels, offset: 8 + place, expected: "a label in 1...\(names.count)", found: "0",
        cure: "get the file again")
    }
    let (height, width) = (stored.shape.width, stored.shape.height)
    return Samples(
      unchecked: Samples.rowMajor(stored.pixels[...], height: height, width: width),
      labels: stored.labels.map { $0 - first }, shape: ImageShape(channels: 1, height: height, width: width),
      classNames: names)
  }
}

extension DatasetEntry {
  /// EMNIST by its six cuts.
  static let emnist = DatasetEntry(
    name: "emnist", summary: "handwritten digits and letters, 28x28 gray, 10 to 62 classes", usage: "emnist:DIR",
    source: .folder, factors: EMNIST.cuts,
    splits: { EMNIST.layout(cut($0)).splits(of: $0) }
  ) { reference, split throws(DatasetError) in
    let cut = cut(reference)
    let files = try EMNIST.layout(cut).files(of: reference, split)
    return try EMNIST.samples(images: files[0], labels: files[1], cut: cut)
  }

  private static func cut(_ reference: DataReference) -> String {
    reference.labels.flatMap { EMNIST.cuts.contains($0) ? $0 : nil } ?? EMNIST.cuts[0]
  }
}
