/// An objective by name and numbers, as plans hold it: every parameter written out, in one canonical order, so
/// that equal objectives have equal JSON and equal digests.
///
/// The base comes first, then regularizers by name; softmax is written only when alone. The JSON is
/// `{"parts": [{"name": "dropout", "parameters": {"keep": 0.8}}]}`, switches as 1 and 0.
public struct ObjectiveSpec: Codable, Hashable, Sendable, CustomStringConvertible {
  /// One objective of a combination with all its parameters.
  public struct Part: Codable, Hashable, Sendable {
    /// The objective's name.
    public var name: String
    /// Every parameter; switches are 1 or 0.
    public var parameters: [String: Double]

    /// A part as it stands; `ObjectiveSpec.init(parts:from:)` checks and completes it.
    public init(name: String, parameters: [String: Double] = [:]) {
      self.name = name
      self.parameters = parameters
    }

    private enum CodingKeys: String, CodingKey { case name, parameters }
    private struct AnyKey: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }

    /// Unknown keys are refused: a misspelt one would otherwise train something else.
    public init(from decoder: any Decoder) throws {
      let unknown = try decoder.container(keyedBy: AnyKey.self).allKeys.first {
        CodingKeys(stringValue: $0.stringValue) == nil
      }
      if let unknown {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath + [unknown],
            debugDescription: "unknown key \"\(unknown.stringValue)\"; a part has name and parameters"))
      }
      let keys = try decoder.container(keyedBy: CodingKeys.self)
      name = try keys.decode(String.self, forKey: .name)
      parameters = try keys.decodeIfPresent([String: Double].self, forKey: .parameters) ?? [:]
    }
  }

  /// The parts in canonical order, never empty.
  public var parts: [Part]

  /// A combination of parts. Parameters left out take the plain defaults.
  /// - Throws: `ObjectiveError` for unknown names, keys, wrong values, and parts that cannot be combined.
  public init(
    parts: [Part], from list: [any Objective.Type] = Objectives.standard
  ) throws(ObjectiveError) {
    var objectives: [any Objective] = []
    for part in parts {
      let type = try Objectives.type(named: part.name, in: list)
      objectives.append(try type.init().replacing(part.parameters))
    }
    try self.init(objectives)
  }

  /// One objective by name, its preset for K classes with some parameters replaced: what a study's
  /// `- cosine-softmax: { temperature: 0.05 }` means.
  /// - Parameters:
  ///   - name: `name`, `paper/name` or `plain/name`.
  ///   - parameters: replacements; switches are 1 or 0.
  ///   - classes: K of the source task.
  /// - Throws: `ObjectiveError` for an unknown name or key, or a wrong value.
  public init(
    name: String, parameters: [String: Double], classes: Int,
    from list: [any Objective.Type] = Objectives.standard
  ) throws(ObjectiveError) {
    let start = try ObjectiveGrammar.start(name, classes: classes, list: list)
    try self.init([start.replacing(parameters)])
  }

  /// Reads `[preset/]name[:key=value,...]`, joined by `+`: `label-smoothing:smoothing=0.1+logit-penalty`.
  ///
  /// Parameters left out come from the preset: without a prefix the one for K classes, with `paper/` the published
  /// setting, with `plain/` the plain defaults.
  /// - Throws: `ObjectiveError`; unknown names and keys list the known ones, nearest first.
  public init(
    parsing text: String, classes: Int, from list: [any Objective.Type] = Objectives.standard
  ) throws(ObjectiveError) {
    var objectives: [any Objective] = []
    for term in try ObjectiveGrammar.terms(of: text) {
      let start = try ObjectiveGrammar.start(term.name, classes: classes, list: list)
      objectives.append(try start.replacing(start.values(parsing: term.arguments)))
    }
    try self.init(objectives)
  }

  /// The canonical form of a set of objectives.
  public init(_ objectives: [any Objective]) throws(ObjectiveError) {
    guard !objectives.isEmpty else { throw .syntax(text: "", reason: "no objective is named") }
    try Combination.check(objectives.map { type(of: $0) })
    var ranked: [(rank: Int, part: Part)] = []
    for objective in objectives {
      let type = type(of: objective)
      if type == Softmax.self && objectives.count > 1 { continue }
      ranked.append((type.role == .base ? 0 : 1, Part(name: type.name, parameters: try objective.values())))
    }
    parts = ranked.sorted { ($0.rank, $0.part.name) < ($1.rank, $1.part.name) }.map(\.part)
  }

  /// The same text grammar back, every parameter written out, keys sorted.
  public var description: String {
    parts.map { ObjectiveGrammar.text($0.name, $0.parameters) }.joined(separator: "+")
  }

  /// A short name for people: only what differs from the preset for K classes. Parsing it with the same K gives
  /// this specification again.
  public func label(
    classes: Int, from list: [any Objective.Type] = Objectives.standard
  ) throws(ObjectiveError) -> String {
    var texts: [String] = []
    for part in parts {
      let type = try Objectives.type(named: part.name, in: list)
      let preset = try type.preset(classes: classes).values()
      let changed = part.parameters.filter { preset[$0.key] != $0.value }
      texts.append(ObjectiveGrammar.text(part.name, changed))
    }
    return texts.joined(separator: "+")
  }

  /// The objective itself: the base (softmax if only regularizers are named) and its regularizers.
  /// - Throws: `ObjectiveError` for unknown names, keys, wrong values, and parts that cannot be combined.
  public func objective(
    from list: [any Objective.Type] = Objectives.standard
  ) throws(ObjectiveError) -> Combination {
    var base: (any Objective)?
    var regularizers: [any Objective] = []
    for part in try ObjectiveSpec(parts: parts, from: list).parts {
      let type = try Objectives.type(named: part.name, in: list)
      let objective = try type.init().replacing(part.parameters)
      if type.role == .base { base = objective } else { regularizers.append(objective) }
    }
    return try Combination(base: base ?? Softmax(), regularizers: regularizers)
  }
}
