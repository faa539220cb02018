import Foundation

/// One encoded parameter: the only two kinds an objective may have.
enum Scalar: Codable, Hashable {
  case flag(Bool)
  case number(Double)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else {
      self = .number(try container.decode(Double.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    }
  }

  /// The number, or 1 for true and 0 for false.
  var value: Double {
    switch self {
    case .flag(let flag): flag ? 1 : 0
    case .number(let number): number
    }
  }
}

extension Objective {
  /// Every parameter by name, switches as 1 or 0.
  /// - Throws: `ObjectiveError.unusable` if a stored property is neither a number nor a switch, or not finite.
  public func values() throws(ObjectiveError) -> [String: Double] { try scalars().mapValues(\.value) }

  /// This objective with some parameters replaced: its own values encoded, the given ones laid over them,
  /// and the whole decoded. Keys are taken in camel case or snake case.
  /// - Throws: `ObjectiveError` for an unknown parameter, one given twice, of the wrong kind or out of range.
  public func replacing(_ values: [String: Double]) throws(ObjectiveError) -> Self {
    var scalars = try scalars()
    var given: Set<String> = []
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let name = try Self.parameterName(key, among: scalars)
      guard given.insert(name).inserted else {
        throw .repeatedParameter(objective: Self.name, parameter: name)
      }
      guard let present = scalars[name] else { continue }
      let bounds = Self.bounds(of: name, present)
      switch present {
      case .flag:
        guard bounds.contains(value) else {
          throw .illTyped(
            objective: Self.name, parameter: name, value: plain(value), expected: "\(bounds)")
        }
        scalars[name] = .flag(value == 1)
      case .number:
        guard bounds.contains(value) else {
          throw .outOfRange(objective: Self.name, parameter: name, value: value, expected: "\(bounds)")
        }
        scalars[name] = .number(value)
      }
    }
    do {
      return try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(scalars))
    } catch {
      throw .unusable(objective: Self.name, reason: "\(error)")
    }
  }

  /// The values in a list of `key=value` texts, numbers or true and false, with the keys as declared.
  /// - Throws: `ObjectiveError` for an unknown parameter, one given twice, or a text that is not of its kind.
  func values(parsing texts: [(key: String, value: String)]) throws(ObjectiveError) -> [String: Double] {
    let scalars = try scalars()
    var values: [String: Double] = [:]
    for (key, text) in texts {
      let name = try Self.parameterName(key, among: scalars)
      guard let present = scalars[name] else { continue }
      let value: Double?
      switch (present, text) {
      case (.flag, "true"): value = 1
      case (.flag, "false"): value = 0
      default: value = Double(text)
      }
      guard let value else {
        let expected = "\(Self.bounds(of: name, present))"
        throw .illTyped(objective: Self.name, parameter: name, value: text, expected: expected)
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .repeatedParameter(objective: Self.name, parameter: name)
      }
    }
    return values
  }

  private func scalars() throws(ObjectiveError) -> [String: Scalar] {
    do {
      return try JSONDecoder().decode([String: Scalar].self, from: JSONEncoder().encode(self))
    } catch {
      throw .unusable(
        objective: Self.name, reason: "parameters must be finite numbers or switches (\(error))")
    }
  }

  private static func bounds(of name: String, _ scalar: Scalar) -> ObjectiveParameter.Bounds {
    if let declared = parameters.first(where: { $0.name == name }) { return declared.bounds }
    if case .flag = scalar { return .flag }
    return .any
  }

  /// The declared spelling of a key written in camel case or snake case.
  private static func parameterName(
    _ key: String, among scalars: [String: Scalar]
  ) throws(ObjectiveError) -> String {
    let words = key.split(separator: "_", omittingEmptySubsequences: false)
    let capitalized = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
    let camel = words.prefix(1).joined() + capitalized.joined()
    for name in [key, camel] where scalars[name] != nil { return name }
    let known = nearestFirst(to: key, among: scalars.keys.sorted())
    throw .unknownParameter(objective: name, parameter: key, known: known)
  }
}
