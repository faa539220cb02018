extension Corruption {
  /// The fifteen of mCE, in the paper's order.
  public static let standard: [Corruption] = [
    gaussianNoise, shotNoise, impulseNoise, defocusBlur, glassBlur, motionBlur, zoomBlur, snow, frost, fog, brightness,
    contrast, elasticTransform, pixelate, jpegCompression,
  ]

  /// The corruption of that name. Case, underscores, hyphens and blanks do not matter; `jpeg` and `elastic` are known
  /// too. An unknown name is answered with the known ones, the nearest first.
  public static func find(_ name: String, in list: [Corruption] = standard) throws(DatasetError) -> Corruption {
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " } }
    let sought = plain(name)
    if let found = list.first(where: { ([$0.name] + $0.aliases).contains { plain($0) == sought } }) { return found }
    throw DatasetError(
      .unknownName, expected: "one of " + nearest(to: name, in: list.map(\.name)).joined(separator: ", "),
      found: "\"\(name)\"")
  }
}
