import Foundation

extension DataReference: CustomStringConvertible {
  /// How the argument of `--data` is written.
  public static let grammar =
    "NAME:DIR, glyphs[:FACTOR], folder:DIR, list:FILE, shards:GLOB, pack:FILE, idx:IMAGES,LABELS, cifar:FILE[,FILE...], "
    + "or the path of a folder, list, archive or pack"

  /// Reads the argument of `--data`: `NAME:DIR`, `glyphs`, `glyphs:FACTOR`, `idx:IMAGES,LABELS`,
  /// `cifar:FILE[,FILE...]`, or a path alone: of a folder, or of a file whose name ends as a pack, an archive or a list
  /// does. `~` at a path's beginning is understood. Paths hold no comma.
  public init(parsing argument: String) throws(DatasetError) {
    try self.init(parsing: argument, from: DatasetEntry.standard)
  }

  /// The same with a list of one's own.
  public init(parsing argument: String, from list: [DatasetEntry]) throws(DatasetError) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
      String.init)
    if parts.count == 1, let kind = try Self.kind(ofPath: argument, in: list) {
      try self.init(parsing: "\(kind):\(argument)", from: list)
      return
    }
    let entry = try DatasetEntry.find(parts[0], in: list)
    let rest = parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil
    func path(_ text: String) -> String { NSString(string: text).expandingTildeInPath }
    self.init(dataset: entry.name)
    switch entry.source {
    case .drawn:
      labels = rest
    case .folder:
      guard let rest else { throw entry.misuse(argument) }
      directory = path(rest)
    case .files:
      let files = rest?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? []
      guard !files.isEmpty, !files.contains("") else { throw entry.misuse(argument) }
      train = files.map(path)
    }
    try check(from: list)
  }

  /// The set that a path by itself means; nil for a word that is no path, or names a set that needs none.
  private static func kind(ofPath path: String, in list: [DatasetEntry]) throws(DatasetError) -> String? {
    if case .drawn? = list.first(where: { $0.name == path })?.source { return nil }
    var isFolder: ObjCBool = false
    let full = NSString(string: path).expandingTildeInPath
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else {
      if !path.contains("/") { return nil }
      throw DatasetError(
        .missing, file: path, expected: "a folder of pictures, a list, an archive or a pack",
        found: "nothing of that name", cure: "check the path")
    }
    if isFolder.boolValue { return "folder" }
    let name = path.lowercased()
    let endings = [
      ("pack", [".pack"]), ("shards", [".tar", ".tar.gz", ".tgz"]), ("list", [".csv", ".tsv", ".txt", ".lst"]),
    ]
    if let kind = endings.first(where: { $0.1.contains(where: name.hasSuffix) })?.0 { return kind }
    throw DatasetError(
      .wrongKindOfFile, file: path, expected: "a file that ends in " + endings.flatMap(\.1).joined(separator: ", "),
      found: "another", cure: "say what it is: write \(grammar)")
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
