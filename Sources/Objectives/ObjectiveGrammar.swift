/// The text form of a combination: `[preset/]name[:key=value,...]` joined by `+`.
enum ObjectiveGrammar {
  /// Which setting a term starts from: the one for K classes, the published one, or the plain defaults.
  enum Preset: String, CaseIterable {
    case paper, plain
  }

  /// One term, split but not yet looked up.
  struct Term {
    var name: String
    var arguments: [(key: String, value: String)]
  }

  /// Splits a text into terms. A `+` before a digit belongs to a number, as in `1e+3`.
  static func terms(of text: String) throws(ObjectiveError) -> [Term] {
    var pieces: [[Character]] = [[]]
    let characters = Array(text)
    for (i, character) in characters.enumerated() {
      let next = i + 1 < characters.count ? characters[i + 1] : " "
      if character == "+" && !next.isNumber {
        pieces.append([])
      } else {
        pieces[pieces.count - 1].append(character)
      }
    }
    var terms: [Term] = []
    for piece in pieces { terms.append(try term(String(piece), in: text)) }
    return terms
  }

  private static func term(_ piece: String, in text: String) throws(ObjectiveError) -> Term {
    let halves = piece.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = trimmed(halves[0])
    guard !name.isEmpty else { throw .syntax(text: text, reason: "a name is missing") }
    var term = Term(name: name, arguments: [])
    guard halves.count > 1 else { return term }
    for argument in halves[1].split(separator: ",", omittingEmptySubsequences: false) {
      let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw .syntax(text: text, reason: "\"\(trimmed(argument))\" after \(name): is not key=value")
      }
      term.arguments.append((sides[0], sides[1]))
    }
    return term
  }

  /// The objective that `name`, `paper/name` or `plain/name` starts from.
  static func start(
    _ name: String, classes: Int, list: [any Objective.Type]
  ) throws(ObjectiveError) -> any Objective {
    guard let slash = name.firstIndex(of: "/") else {
      return try Objectives.type(named: name, in: list).preset(classes: classes)
    }
    let prefix = String(name[..<slash])
    guard let preset = Preset(rawValue: prefix) else {
      let known = nearestFirst(to: prefix, among: Preset.allCases.map(\.rawValue))
      throw .unknownPreset(name: prefix, known: known)
    }
    let type = try Objectives.type(named: String(name[name.index(after: slash)...]), in: list)
    return preset == .paper ? type.paper() : type.init()
  }

  /// A term written out, keys sorted.
  static func text(_ name: String, _ parameters: [String: Double]) -> String {
    let pairs = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\(plain($0.value))" }
    return pairs.isEmpty ? name : name + ":" + pairs.joined(separator: ",")
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    let end = start.lastIndex { !$0.isWhitespace }
    return end.map { String(start[...$0]) } ?? ""
  }
}
