import Objectives
import Training

/// The parts of an objective's text, `label-smoothing:smoothing=0.1+logit-penalty`, and which of them has a parameter.
struct ObjectiveTerms {
  private(set) var terms: [String]
  /// Nil for a part that is no objective.
  private let parameters: [[String]?]

  init(_ text: String, catalog: Catalog) {
    // A plus sign before a digit belongs to a number, as in 1e+3.
    let terms = text.split(separator: /\+(?![0-9])/, omittingEmptySubsequences: false).map(String.init)
    self.terms = terms
    parameters = terms.map { term in
      let name = term.prefix { $0 != ":" }.split(separator: "/").last.map { $0.filter { !$0.isWhitespace } } ?? ""
      return catalog.objectives.first { $0.name == name }?.parameters.map(\.name)
    }
  }

  /// The text with all parts.
  var text: String { terms.joined(separator: "+") }

  /// Whether a part has the parameter.
  func has(_ key: String) -> Bool { parameters.contains { $0?.contains(key) ?? false } }

  /// Gives a parameter a value. Returns what is wrong, nil where nothing is; does nothing where a name is not known.
  mutating func set(_ key: String, to value: String) -> String? {
    // Reading the text as an objective says best what is wrong with a name.
    guard parameters.allSatisfy({ $0 != nil }) else { return nil }
    let places = parameters.indices.filter { parameters[$0]?.contains(key) ?? false }
    guard let place = places.first else {
      let known = parameters.flatMap { $0 ?? [] }
      return "no part of '\(text)' has a parameter '\(key)'\(NearestName.advice(key, in: known))"
    }
    guard places.count == 1 else {
      return
        "'\(key)' is a parameter of more than one part of '\(text)'; write values into the text, as name:\(key)=\(value)"
    }
    guard !terms[place].contains("\(key)=") else {
      return "'\(key)' is given a value in '\(text)' and beside it; take it out of one of the two"
    }
    terms[place] += (terms[place].contains(":") ? "," : ":") + "\(key)=\(value)"
    return nil
  }
}
