/// An augmentation by name and settings, as plans hold it.
///
/// Only what differs from the defaults is kept, so that equal augmentations have equal JSON and equal digests. The JSON
/// is the bare name, `"flip"`, or a map of one key, `{"color-jitter": {"brightness": 0.4}}`; the text form
/// `color-jitter:brightness=0.4`.
public struct AugmentationSpec: Codable, Hashable, Sendable, CustomStringConvertible {
  /// The augmentation's name.
  public let name: String
  /// The settings that differ from their defaults.
  public let settings: [String: AugmentationValue]

  /// An augmentation with some settings of its own.
  /// - Throws: `AugmentationError` for an unknown name or key, a value out of bounds, or values at odds.
  public init(_ name: String, _ settings: [String: AugmentationValue] = [:]) throws(AugmentationError) {
    let type = try Augmentations.type(named: name)
    var changed: [String: AugmentationValue] = [:]
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      guard let parameter = type.parameters.first(where: { $0.name == key }) else {
        throw .unknownParameter(
          augmentation: name, parameter: key, known: nearest(to: key, in: type.parameters.map(\.name)))
      }
      guard parameter.allows(value) else {
        throw .badValue(augmentation: name, parameter: key, value: value, expected: parameter.expected)
      }
      if value != parameter.standard { changed[key] = value }
    }
    self.name = name
    self.settings = changed
    _ = try augmentation()
  }

  /// When it acts.
  public var stage: AugmentationStage? { try? Augmentations.type(named: name).stage }

  /// The augmentation itself.
  public func augmentation() throws(AugmentationError) -> any Augmentation {
    let type = try Augmentations.type(named: name)
    return try type.init(AugmentationSettings(type.parameters, over: settings))
  }

  /// `name`, or `name:key=value,...` with the keys sorted.
  public var description: String {
    let pairs = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return pairs.isEmpty ? name : name + ":" + pairs.joined(separator: ",")
  }
}

extension AugmentationSpec {
  /// Reads a name or a map of one key.
  /// - Throws: `DecodingError` that carries the words of an `AugmentationError`.
  public init(from decoder: any Decoder) throws {
    var given: [String: [String: AugmentationValue]]
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      given = [name: [:]]
    } else {
      given = try decoder.singleValueContainer().decode([String: [String: AugmentationValue]].self)
    }
    guard given.count == 1, let (name, settings) = given.first else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected the name of one augmentation, found \(given.count); write a list item for each"))
    }
    do {
      try self.init(name, settings)
    } catch {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
    }
  }

  /// Writes the bare name where there are no settings, else a map of one key.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if settings.isEmpty { try container.encode(name) } else { try container.encode([name: settings]) }
  }
}
