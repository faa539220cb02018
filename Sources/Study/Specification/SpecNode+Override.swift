extension SpecNode {
  /// Applies one `--set key=value`: dotted keys lead through mappings, numbers (from 0) through lists; the value is
  /// YAML. A key that is not there is added, and judged later like any other.
  mutating func apply(override argument: String) throws(SpecificationError) {
    let shown = "--set \(argument)"
    func usage(_ message: String) -> SpecificationError {
      SpecificationError(place: shown, message: message, isUsage: true)
    }
    guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
      throw usage("expected key=value, such as --set training.epochs=5")
    }
    let path = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !path.contains("") else { throw usage("a part of the key is empty; write it like training.epochs") }
    let text = String(argument[argument.index(after: equals)...])
    guard !text.allSatisfy(\.isWhitespace) else { throw usage("the value is missing") }
    let value = try SpecNode.parse(value: text, argument: shown)
    try set(value, at: path[...], argument: shown)
  }

  private mutating func set(
    _ value: SpecNode, at path: ArraySlice<String>, argument: String
  ) throws(SpecificationError) {
    guard let key = path.first else {
      self = value
      return
    }
    func usage(_ message: String) -> SpecificationError {
      SpecificationError(place: argument, message: message, isUsage: true)
    }
    switch content {
    case .mapping(var entries):
      if let index = entries.firstIndex(where: { $0.key == key }) {
        try entries[index].value.set(value, at: path.dropFirst(), argument: argument)
      } else {
        var added = SpecNode(content: .mapping([]), place: argument, isUsage: true)
        try added.set(value, at: path.dropFirst(), argument: argument)
        entries.append(Entry(key: key, place: argument, value: added))
      }
      content = .mapping(entries)
    case .sequence(var items):
      guard let index = Int(key), items.indices.contains(index) else {
        throw usage("'\(key)' is not an entry of the list; expected 0 to \(items.count - 1)")
      }
      try items[index].set(value, at: path.dropFirst(), argument: argument)
      content = .sequence(items)
    case .scalar:
      throw usage("'\(key)' leads into a single value (\(shown)), which has no keys")
    }
  }
}
