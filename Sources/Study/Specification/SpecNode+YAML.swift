import Yams

extension SpecNode {
  /// Parses the text of a specification.
  /// - Parameter file: its name, for places.
  static func parse(_ text: String, file: String) throws(SpecificationError) -> SpecNode {
    try parse(text, origin: .file(file))
  }

  /// Parses what follows `=` in a `--set` argument.
  static func parse(value: String, argument: String) throws(SpecificationError) -> SpecNode {
    try parse(value, origin: .argument(argument))
  }

  /// Line and column, from 1.
  private struct Position {
    var line: Int
    var column: Int

    init(line: Int, column: Int) {
      self.line = line
      self.column = column
    }
    init?(_ mark: Mark?) {
      guard let mark else { return nil }
      self.init(line: mark.line, column: mark.column)
    }
  }

  private enum Origin {
    case file(String)
    case argument(String)

    func place(_ mark: Position?) -> String {
      switch self {
      case .file(let name): mark.map { "\(name):\($0.line):\($0.column)" } ?? name
      case .argument(let text): text
      }
    }
    var isUsage: Bool {
      if case .argument = self { return true }
      return false
    }
    func error(_ mark: Position?, _ message: String) -> SpecificationError {
      SpecificationError(place: place(mark), message: message, isUsage: isUsage)
    }
  }

  private static func parse(_ text: String, origin: Origin) throws(SpecificationError) -> SpecNode {
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw describe(error, text: text, origin: origin)
    } catch {
      throw origin.error(nil, "not YAML: \(error)")
    }
    guard let root else {
      throw origin.error(nil, "empty; expected a study with keys name, source, objectives ...")
    }
    return try convert(root, origin: origin)
  }

  private static func convert(_ node: Node, origin: Origin) throws(SpecificationError) -> SpecNode {
    let place = origin.place(Position(node.mark))
    switch node {
    case .scalar(let scalar):
      let plain = scalar.style == .plain || scalar.style == .any
      // YAML's own words for nothing.
      let text = plain && ["~", "null"].contains(scalar.string) ? "" : scalar.string
      return SpecNode(content: .scalar(text, plain: plain), place: place, isUsage: origin.isUsage)
    case .sequence(let items):
      var converted: [SpecNode] = []
      for item in items { converted.append(try convert(item, origin: origin)) }
      return SpecNode(content: .sequence(converted), place: place, isUsage: origin.isUsage)
    case .mapping(let pairs):
      var entries: [Entry] = []
      for (key, value) in pairs {
        guard case .scalar(let scalar) = key else {
          throw origin.error(Position(key.mark), "a key must be a word, found a list or mapping")
        }
        if scalar.string == "<<" {
          throw origin.error(Position(key.mark), "merge keys (<<) are not supported; write the keys out")
        }
        entries.append(
          Entry(
            key: scalar.string, place: origin.place(Position(key.mark)),
            value: try convert(value, origin: origin)))
      }
      return SpecNode(content: .mapping(entries), place: place, isUsage: origin.isUsage)
    case .alias(let alias):
      throw origin.error(Position(alias.mark), "aliases (*name) are not supported; write the value out")
    }
  }

  private static func describe(_ error: YamlError, text: String, origin: Origin) -> SpecificationError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return origin.error(Position(mark), "not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let key = duplicates.first ?? ""
      let mark = repetition(of: key, in: text, from: context.mark.line) ?? Position(context.mark)
      return origin.error(mark, "key '\(key)' is given twice; keep one")
    case .reader(let problem, let offset, _, let yaml):
      let before = yaml.utf8.prefix(offset ?? 0)
      return origin.error(
        Position(line: before.count { $0 == UInt8(ascii: "\n") } + 1, column: 1),
        "not readable text: \(problem)")
    default:
      return origin.error(nil, "not YAML: \(error)")
    }
  }

  /// Where `key:` occurs for the second time at or after a line.
  private static func repetition(of key: String, in text: String, from line: Int) -> Position? {
    var found = 0
    for (index, content) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where index + 1 >= line {
      var rest = Substring(content.prefix { $0 != "#" })
      while let range = rest.range(of: key + ":") {
        let start = content.distance(from: content.startIndex, to: range.lowerBound)
        let before = start == 0 ? " " : content[content.index(content.startIndex, offsetBy: start - 1)]
        if " \t{,\"'-".contains(before) { found += 1 }
        if found == 2 { return Position(line: index + 1, column: start + 1) }
        rest = rest[range.upperBound...]
      }
    }
    return nil
  }
}
