extension DataReference: CustomStringConvertible {
  /// How the argument of `--data` is written.
  public static let grammar =
    "NAME:DIR, glyphs[:FACTOR], folder:DIR, list:FILE, shards:GLOB, pack:FILE, idx:IMAGES,LABELS or cifar:FILE[,FILE...]"

  /// Reads the argument of `--data`: `NAME:DIR`, `glyphs`, `glyphs:FACTOR`, `idx:IMAGES,LABELS`,
  /// `cifar:FILE[,FILE...]`. Paths hold no comma.
  public init(parsing argument: String) throws(DatasetError) {
    try self.init(parsing: argument, from: DatasetEntry.standard)
  }

  /// The same with a list of one's own.
  public init(parsing argument: String, from list: [DatasetEntry]) throws(DatasetError) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    let entry = try DatasetEntry.find(parts[0], in: list)
    let rest = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
    self.init(dataset: entry.name)
    switch entry.source {
    case .drawn:
      labels = rest
    case .folder:
      guard let rest else { throw entry.misuse(argument) }
      directory = rest
    case .files:
      let files = rest?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
      guard !files.isEmpty, !files.contains("") else { throw entry.misuse(argument) }
      train = files
    }
    try check(from: list)
  }

  /// The argument back, followed in brackets by whatever else is set.
  public var description: String {
    var text = dataset
    var more: [String] = []
    if let directory {
      text += ":\(directory)"
    } else if !train.isEmpty {
      text += ":" + train.joined(separator: ",")
    } else if dataset == "glyphs", let labels {
      text += ":\(labels)"
    }
    if !test.isEmpty { more.append("test \(test.joined(separator: ","))") }
    if let classCount { more.append("\(classCount) classes") }
    if let labels, !(dataset == "glyphs") { more.append("labels \(labels)") }
    if let classes { more.append("classes \(classes.map(String.init).joined(separator: ","))") }
    if let groups { more.append("groups \(groups)") }
    if let fraction { more.append("fraction \(fraction)") }
    if let samples {
      more.append(
        Split.allCases.compactMap { s in samples[s].map { "\(s.rawValue) \($0)" } }.joined(separator: ", "))
    }
    if let seed { more.append("seed \(seed)") }
    if let size { more.append("size \(size.map(String.init).joined(separator: " x "))") }
    if let fit { more.append("fit \(fit)") }
    if let interpolation { more.append(interpolation.rawValue) }
    if exact == true { more.append("exact") }
    if let onBadImage { more.append("on-bad-image \(onBadImage.rawValue)") }
    return more.isEmpty ? text : text + " [" + more.joined(separator: "; ") + "]"
  }
}
