extension DataReference {
  /// The names of the classes before `classes` picks some.
  public func sourceClassNames(
    from list: [DatasetEntry] = DatasetEntry.standard
  ) throws(DatasetError) -> [String] {
    var whole = self
    whole.classes = nil
    whole.groups = nil
    if try DatasetEntry.find(dataset, in: list).source == .drawn { whole.samples = [.train: 1, .test: 1] }
    let stored = try DatasetEntry.find(dataset, in: list).splits(self)
    return try whole.loadStored(stored.first ?? .train, from: list).classNames
  }

  /// The set of the classes that this reference leaves out: a target for a network trained on the others.
  ///
  /// Labels, groups and samples stay; the fraction, which thins the source, does not. Throws if no class is left out.
  public func complement(from list: [DatasetEntry] = DatasetEntry.standard) throws(DatasetError)
    -> DataReference
  {
    let names = try sourceClassNames(from: list)
    let others = names.indices.filter { !(classes ?? Array(names.indices)).contains($0) }
    guard others.count > 1 else {
      throw DatasetError(
        .badReference, expected: "a source that leaves out at least two of its \(names.count) classes",
        found: others.isEmpty ? "\(self), which leaves out none" : "only class \(others[0]) left out",
        cure: "list the classes to train on under `classes`")
    }
    var result = self
    result.classes = others
    result.fraction = nil
    return result
  }
}
