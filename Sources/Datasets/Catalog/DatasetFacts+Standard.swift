extension DatasetFacts {
  /// Every set that something is known of: the study's sources and shifts, its transfer sets, then the rest.
  public static let standard: [DatasetFacts] =
    imageNet + imageNetShift + cifarFamily + transferSets + moreTransferSets + characterSets + objectSets

  /// The facts of that name; an unknown name is answered with the known ones, the nearest first.
  public static func find(_ name: String, in list: [DatasetFacts] = standard) throws(DatasetError) -> DatasetFacts {
    if let facts = list.first(where: { $0.name == name }) { return facts }
    let known = nearest(to: name, in: list.map(\.name)).prefix(5)
    throw DatasetError(
      .unknownName, expected: "a listed data set, such as " + known.joined(separator: ", "), found: "\"\(name)\"",
      cure: "see `data list`")
  }
}
