extension AugmentationSpec {
  /// Reads a list: `flip+shift+color-jitter:brightness=0.4,contrast=0.4`. Bare names may be joined by commas as well,
  /// `flip,shift`. `none` and an empty text are the empty list.
  /// - Throws: `AugmentationError`; unknown names and keys list the known ones, nearest first.
  public static func list(parsing text: String) throws(AugmentationError) -> [AugmentationSpec] {
    if ["", "none"].contains(trimmed(text)) { return [] }
    var specs: [AugmentationSpec] = []
    for term in terms(of: text) {
      let halves = term.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let names = halves[0].split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) }
      guard !names.contains("") else { throw .syntax(text: text, reason: "a name is missing") }
      // Arguments belong to the name before the colon.
      for name in names.dropLast() { specs.append(try AugmentationSpec(name)) }
      let name = names[names.count - 1]
      let settings = halves.count > 1 ? try arguments(halves[1], of: name, in: text) : [:]
      specs.append(try AugmentationSpec(name, settings))
    }
    try refuseRepetition(specs)
    return specs
  }

  /// The text that `list(parsing:)` reads back.
  public static func text(of specs: [AugmentationSpec]) -> String {
    specs.isEmpty ? "none" : specs.map(\.description).joined(separator: "+")
  }

  /// Throws for an augmentation that is in the list twice.
  static func refuseRepetition(_ specs: [AugmentationSpec]) throws(AugmentationError) {
    var names: Set<String> = []
    for spec in specs where !names.insert(spec.name).inserted { throw .repeatedAugmentation(name: spec.name) }
  }

  /// The parts between plus signs. A `+` before a digit belongs to a number, as in `1e+3`.
  private static func terms(of text: String) -> [String] {
    var terms = [""]
    var rest = Substring(text)
    while let character = rest.popFirst() {
      if character == "+", rest.first?.isNumber != true {
        terms.append("")
      } else {
        terms[terms.count - 1].append(character)
      }
    }
    return terms
  }

  private static func arguments(
    _ list: Substring, of name: String, in text: String
  ) throws(AugmentationError) -> [String: AugmentationValue] {
    var settings: [String: AugmentationValue] = [:]
    for argument in list.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed($0) }
      guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
        throw .syntax(text: text, reason: "\"\(trimmed(argument))\" after \(name): is not key=value")
      }
      guard settings.updateValue(AugmentationValue(parsing: sides[1]), forKey: sides[0]) == nil else {
        throw .repeatedParameter(augmentation: name, parameter: sides[0])
      }
    }
    return settings
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    let start = text.drop { $0.isWhitespace }
    return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
  }
}
