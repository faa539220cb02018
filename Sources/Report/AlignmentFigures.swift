/// CKA of objectives with each other at each depth, and of all layers with all layers.
enum AlignmentFigures {
  /// Depths that are drawn, at most.
  static let mostDepths = 12

  static func figures(_ summary: Summary) -> [Figure] {
    [byDepth(summary), maps(summary, across: false), maps(summary, across: true)].compactMap { $0 }
  }

  /// The depths drawn: all, or so many evenly spread, the last among them.
  static func depths(_ layers: [String]) -> [String] {
    guard layers.count > mostDepths else { return layers }
    return (0..<mostDepths).map { layers[$0 * (layers.count - 1) / (mostDepths - 1)] }
  }

  private static func byDepth(_ summary: Summary) -> Figure? {
    let layers = summary.contents.layers
    let shown = depths(layers)
    let tables = shown.compactMap { layer in summary.pairTable("cka", layer: layer).map { (layer, $0) } }
    guard !tables.isEmpty else { return nil }
    let names = summary.rows.map(\.fullName)
    let charts = tables.enumerated().map { place, one in
      HeatMap(
        id: "chart-cka-\(place)", title: one.0,
        description: "Heat map: CKA of layer \(one.0) between \(names.count) objectives.", rows: names,
        columns: names, values: one.1.means, range: (0, 1)
      ).chart
    }
    let left = layers.count > shown.count ? " \(shown.count) of \(layers.count) layers are drawn." : ""
    let seeds =
      tables.contains { $0.1.sharesSeeds }
      ? "Runs of one seed share their first weights and the order of images, which makes objectives look more alike."
      : "Means over pairs of runs with different seeds; on the diagonal other seeds of the same objective."
    return Figure(
      id: "cka-depth", title: "Likeness of objectives at each depth",
      caption: "Debiased linear CKA (Kornblith and others 2019; minibatches after Nguyen and others 2021) on the "
        + "source's test images: 1 where two layers arrange them alike up to rotation and scale, 0 where no more alike "
        + "than by chance. \(seeds)\(left)",
      charts: charts, panelWidth: 380)
  }

  /// All layers of one run of each objective, with themselves or with those of the first objective's run.
  private static func maps(_ summary: Summary, across: Bool) -> Figure? {
    let (layers, places) = (summary.contents.layers, summary.runPlaces)
    let own = summary.contents.pairs.filter { $0.name == "cka" && ($0.first == $0.second) != across }
    // Only pairs of which different layers were compared.
    let whole = Set(own.filter { $0.firstLayer != $0.secondLayer }.map { [$0.first, $0.second] })
    let groups = Dictionary(grouping: own.filter { whole.contains([$0.first, $0.second]) }) { [$0.first, $0.second] }
    let order = groups.keys.sorted { a, b in
      (places[a[1]]?.row ?? 0, a[1]) < (places[b[1]]?.row ?? 0, b[1])
    }
    let charts = order.enumerated().compactMap { number, key -> Chart? in
      guard let pairs = groups[key], let a = places[key[0]], let b = places[key[1]] else { return nil }
      let values = Dictionary(
        pairs.map { ([$0.firstLayer, $0.secondLayer], $0.value) }, uniquingKeysWith: { first, _ in first })
      let (first, second) = (summary.rows[a.row].fullName, summary.rows[b.row].fullName)
      return HeatMap(
        id: "chart-cka-\(across ? "across" : "within")-\(number)", title: second,
        description: "Heat map: CKA of \(layers.count) layers of \(first) with those of \(second).", rows: layers,
        columns: layers, values: layers.map { row in layers.map { values[[row, $0]] ?? nil } }, range: (0, 1),
        axes: across ? (Format.shortened(second, to: 30), Format.shortened(first, to: 30)) : ("", "")
      ).chart
    }
    guard !charts.isEmpty else { return nil }
    return Figure(
      id: across ? "cka-across" : "cka-within",
      title: across ? "Layers of two objectives" : "Layers of one network with each other",
      caption: across
        ? "CKA as above, of the first run of the first objective with the first of each other; they have the same seed."
        : "CKA as above, of one run of each objective.",
      charts: charts, panelWidth: 340)
  }
}
