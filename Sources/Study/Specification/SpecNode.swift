import Yams

/// A value of a specification with the place it was written at: a YAML node, or one given by `--set`.
struct SpecNode {
  enum Content {
    /// `plain` is false for quoted text, which is never a number or a truth value.
    case scalar(String, plain: Bool)
    case sequence([SpecNode])
    case mapping([Entry])
  }
  struct Entry {
    var key: String
    var place: String
    var value: SpecNode
  }
  var content: Content
  var place: String
  var isUsage = false

  func error(_ message: String) -> SpecificationError {
    SpecificationError(place: place, message: message, isUsage: isUsage)
  }

  /// What stands here, for messages.
  var shown: String {
    switch content {
    case .scalar("", plain: true): "nothing"
    case .scalar(let text, plain: true): text
    case .scalar(let text, plain: false): "\"\(text)\""
    case .sequence: "a list"
    case .mapping: "a mapping (key: value)"
    }
  }

  /// The value of a key, if this is a mapping that has it.
  subscript(key: String) -> SpecNode? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.first { $0.key == key }?.value
  }

  // MARK: Typed values

  /// Text that is not empty. `what` names the key in messages.
  func text(_ what: String) throws(SpecificationError) -> String {
    guard case .scalar(let text, _) = content, !text.isEmpty else {
      throw error("\(what): expected text, found \(shown)")
    }
    return text
  }

  /// A finite number within `range`.
  func number(_ what: String, in range: ClosedRange<Double>) throws(SpecificationError) -> Double {
    guard case .scalar(let text, plain: true) = content, let value = Double(text), value.isFinite else {
      throw error("\(what): expected a number, found \(shown)")
    }
    guard range.contains(value) else {
      throw error("\(what): \(text) is out of range; expected \(Self.describe(range))")
    }
    return value
  }

  /// A whole number within `range`.
  func integer(_ what: String, in range: ClosedRange<Int>) throws(SpecificationError) -> Int {
    guard case .scalar(let text, plain: true) = content, let value = Int(text) else {
      throw error("\(what): expected a whole number, found \(shown)")
    }
    guard range.contains(value) else {
      throw error(
        "\(what): \(text) is out of range; expected "
          + (range.upperBound == .max
            ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"))
    }
    return value
  }

  /// The elements of a list that is not empty; a single value counts as a list of one where `single` allows.
  func list(_ what: String, single: Bool = false) throws(SpecificationError) -> [SpecNode] {
    switch content {
    case .sequence(let items) where !items.isEmpty: return items
    case .sequence: throw error("\(what): the list is empty; give at least one entry or leave the key out")
    case .scalar(let text, _) where single && !text.isEmpty: return [self]
    default: throw error("\(what): expected a list such as [a, b], found \(shown)")
    }
  }

  /// One of `known`.
  func choice(_ what: String, of known: [String]) throws(SpecificationError) -> String {
    let text = try text(what)
    guard known.contains(text) else {
      throw error("\(what): '\(text)' is not known\(NearestName.advice(text, in: known))")
    }
    return text
  }

  /// `yes` or `no`, as YAML 1.2 writes them.
  func truth(_ what: String) throws(SpecificationError) -> Bool {
    switch content {
    case .scalar("true", plain: true): return true
    case .scalar("false", plain: true): return false
    default: throw error("\(what): expected true or false, found \(shown)")
    }
  }

  private static func describe(_ range: ClosedRange<Double>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let low, .greatestFiniteMagnitude): "at least \(low)"
    case (let low, let high): "\(low) to \(high)"
    }
  }
}

/// The keys of a mapping, all of them known.
struct SpecFields {
  let node: SpecNode
  private let values: [String: SpecNode]

  /// Reads a mapping. Keys outside `keys` are refused with the nearest known one; keys of `later` are refused as not
  /// supported by this version.
  init(_ node: SpecNode, of what: String, keys: [String], later: [String] = []) throws(SpecificationError) {
    guard case .mapping(let entries) = node.content else {
      throw node.error(
        "\(what): expected a mapping with keys such as '\(keys.first ?? "")', found \(node.shown)")
    }
    var values: [String: SpecNode] = [:]
    for entry in entries {
      func refuse(_ message: String) -> SpecificationError {
        SpecificationError(place: entry.place, message: message, isUsage: entry.value.isUsage)
      }
      if later.contains(entry.key) {
        throw refuse(
          "\(what): '\(entry.key)' is not supported by this version of separatrix; take the key out")
      }
      guard keys.contains(entry.key) else {
        throw refuse("\(what): unknown key '\(entry.key)'\(NearestName.advice(entry.key, in: keys))")
      }
      guard values.updateValue(entry.value, forKey: entry.key) == nil else {
        throw refuse("\(what): key '\(entry.key)' is given twice; keep one")
      }
    }
    self.node = node
    self.values = values
  }

  subscript(key: String) -> SpecNode? { values[key] }

  /// The value of a key that must be there.
  func required(_ key: String, _ example: String) throws(SpecificationError) -> SpecNode {
    guard let value = values[key] else {
      throw node.error("key '\(key)' is missing; add for example '\(example)'")
    }
    return value
  }
}
