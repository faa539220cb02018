extension Samples {
  /// The images of these classes, renumbered from 0 in the order given.
  public func keeping(classes: [Int]) throws(DatasetError) -> Samples {
    var number: [Int: Int] = [:]
    for (new, old) in classes.enumerated() {
      guard old >= 0, old < classCount else {
        throw DatasetError(
          .badReference,
          expected: "classes in 0..<\(classCount) (\(classNames.prefix(12).joined(separator: ", ")))",
          found: "\(old)")
      }
      number[old] = new
    }
    var kept = selecting(labels.indices.filter { number[labels[$0]] != nil })
    kept.labels = kept.labels.map { number[$0] ?? 0 }
    kept.classNames = classes.map { classNames[$0] }
    return kept
  }

  /// Places of a share of the images, ascending, stratified by class: of every class the nearest whole number, at
  /// least one. A smaller fraction by the same seed lies inside a larger one.
  public func places(fraction: Double, seed: UInt64) -> [Int] {
    var members: [Int: [Int]] = [:]
    for (place, label) in labels.enumerated() { members[label, default: []].append(place) }
    var chosen: [Int] = []
    for (label, places) in members {
      let order = CounterGenerator.permutation(
        count: places.count, seed: seed, purpose: .fraction, UInt64(bitPattern: Int64(label)))
      let count = max(1, Int((Double(places.count) * min(max(fraction, 0), 1)).rounded()))
      chosen.append(contentsOf: order.prefix(count).map { places[$0] })
    }
    return chosen.sorted()
  }
}
