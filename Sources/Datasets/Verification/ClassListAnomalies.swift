/// What is suspicious about the lists of classes of a data set's splits, before any image is looked at.
public struct ClassListAnomalies: Codable, Hashable, Sendable {
  /// The classes of a split.
  public struct List: Sendable {
    /// The split's name.
    public var split: String
    /// Class names in the order of their numbers.
    public var names: [String]
    /// Images of each class; nil where they were not counted.
    public var counts: [Int]?

    /// A list from its parts. Counts that miss for the last names are 0.
    public init(split: String, names: [String], counts: [Int]? = nil) {
      self.split = split
      self.names = names
      self.counts = counts
    }
  }

  /// Something suspicious.
  public enum Anomaly: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Classes that other splits have and this one lacks.
    case missing(split: String, classes: [String])
    /// Two splits have the same classes in different order: the same label means different classes. `first` is the
    /// lowest number that differs, `differing` how many do.
    case order(split: String, other: String, first: Int, differing: Int)
    /// Classes common to two splits whose numbers differ because one list has more classes than the other.
    case numbering(split: String, other: String, first: String, differing: Int)
    /// A name that stands more than once in a list.
    case repeated(split: String, name: String, times: Int)
    /// Names, of one or more splits, that differ only in case, white space, `-` or `_`.
    case spelling(names: [String])
    /// Classes without an image.
    case empty(split: String, classes: [String])
    /// Classes with few images, fewer than `limit`.
    case few(split: String, classes: [String], limit: Int)
    /// Names that are numbers, in whole or after a common beginning, of which text order (`10` before `2`) and
    /// numerical order differ; `order` is that of this list. A program that sorts the other way has other labels.
    case numberedNames(split: String, order: NameOrder)

    /// One line for people.
    public var description: String {
      switch self {
      case .missing(let split, let classes):
        return "\(split) lacks \(classes.count) classes of other splits: \(Self.some(classes))"
      case .order(let split, let other, let first, let differing):
        return "\(split) and \(other) have the same classes in different order: \(differing) numbers mean different "
          + "classes, the first is \(first)"
      case .numbering(let split, let other, let first, let differing):
        return "\(differing) classes have different numbers in \(split) and \(other), the first is \(first)"
      case .repeated(let split, let name, let times): return "\(split) names the class \(name) \(times) times"
      case .spelling(let names): return "names that differ only in spelling: \(names.joined(separator: " | "))"
      case .empty(let split, let classes):
        return "\(split) has no image of \(classes.count) classes: \(Self.some(classes))"
      case .few(let split, let classes, let limit):
        return "\(split) has fewer than \(limit) images of \(classes.count) classes: \(Self.some(classes))"
      case .numberedNames(let split, let order):
        return "the class names of \(split) are numbers in \(order.rawValue) order; a program that sorts them the "
          + "other way numbers the classes differently"
      }
    }

    private static func some(_ names: [String]) -> String {
      names.prefix(5).joined(separator: ", ") + (names.count > 5 ? ", ..." : "")
    }
  }

  /// How a list of numbered names is sorted.
  public enum NameOrder: String, Codable, Sendable {
    /// `10` before `2`.
    case text
    /// `2` before `10`.
    case numerical
    /// In some other order.
    case other
  }

  /// What was found: for each split by itself, in the order of the splits, then for pairs of splits.
  public var anomalies: [Anomaly]

  /// Looks at the lists; `few` is the least number of images of a class that is not worth a line.
  public init(_ lists: [List], few: Int = 5) {
    anomalies = lists.flatMap { Self.alone($0, few: few) }
    let names = Set(lists.flatMap(\.names))
    for list in lists {
      let missing = names.subtracting(list.names)
      if !missing.isEmpty { anomalies.append(.missing(split: list.split, classes: Self.sorted(missing))) }
    }
    for (place, list) in lists.enumerated() {
      for other in lists[(place + 1)...] {
        if let found = Self.compared(list, other) { anomalies.append(found) }
      }
    }
    let spellings = Dictionary(grouping: Self.sorted(names), by: Self.folded).values.filter { $0.count > 1 }
    anomalies += spellings.sorted { Self.precedes($0[0], $1[0]) }.map { .spelling(names: $0) }
  }

  private static func alone(_ list: List, few: Int) -> [Anomaly] {
    var found: [Anomaly] = []
    let times = Dictionary(list.names.map { ($0, 1) }, uniquingKeysWith: +)
    for name in sorted(Set(list.names)) {
      if let count = times[name], count > 1 { found.append(.repeated(split: list.split, name: name, times: count)) }
    }
    if let counts = list.counts {
      let pairs = list.names.enumerated().map { ($1, $0 < counts.count ? counts[$0] : 0) }
      let empty = pairs.filter { $0.1 == 0 }.map(\.0)
      let scarce = pairs.filter { $0.1 > 0 && $0.1 < few }.map(\.0)
      if !empty.isEmpty { found.append(.empty(split: list.split, classes: empty)) }
      if !scarce.isEmpty { found.append(.few(split: list.split, classes: scarce, limit: few)) }
    }
    if let order = nameOrder(list.names) { found.append(.numberedNames(split: list.split, order: order)) }
    return found
  }

  private static func compared(_ list: List, _ other: List) -> Anomaly? {
    // Of a name that is repeated the first place counts.
    let own = Dictionary(list.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let numbers = Dictionary(other.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let differing = list.names.indices.filter { number in
      let name = list.names[number]
      guard own[name] == number, let there = numbers[name] else { return false }
      return there != number
    }
    guard let first = differing.first else { return nil }
    if Set(list.names) == Set(other.names) {
      return .order(split: list.split, other: other.split, first: first, differing: differing.count)
    }
    return .numbering(
      split: list.split, other: other.split, first: list.names[first], differing: differing.count)
  }

  /// The order of names that are one common beginning and a number each; nil for other names, and where text order and
  /// numerical order agree.
  static func nameOrder(_ names: [String]) -> NameOrder? {
    var beginning: Substring?
    var numbers: [Int] = []
    for name in names {
      let digits = name.utf8.reversed().prefix { (48...57).contains($0) }.count
      let start = name.dropLast(digits)
      guard digits > 0, beginning ?? start == start, let number = Int(name.suffix(digits)) else { return nil }
      beginning = start
      numbers.append(number)
    }
    let byText = names.indices.sorted { precedes(names[$0], names[$1]) }.map { numbers[$0] }
    guard byText != numbers.sorted() else { return nil }
    return numbers == byText ? .text : numbers == numbers.sorted() ? .numerical : .other
  }

  /// Lower case, without white space, hyphens and underscores.
  private static func folded(_ name: String) -> String {
    name.lowercased().filter { !$0.isWhitespace && $0 != "-" && $0 != "_" }
  }

  private static func sorted(_ names: some Sequence<String>) -> [String] { names.sorted(by: precedes) }

  /// Order of the bytes, so that no locale has a say.
  private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }
}
