/// A setting of an augmentation: a number, or one of a few words.
public enum AugmentationValue: Codable, Hashable, Sendable, CustomStringConvertible {
  /// A finite number.
  case number(Double)
  /// A word, such as a policy's name.
  case word(String)

  /// A number if the text is one, else a word.
  public init(parsing text: String) { self = Double(text).map { .number($0) } ?? .word(text) }

  /// Reads a JSON number or text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .word(try container.decode(String.self))
    }
  }

  /// Writes a JSON number or text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .word(let word): try container.encode(word)
    }
  }

  /// The word, or the number as short as it reads back exactly: `9`, `0.4`.
  public var description: String {
    switch self {
    case .number(let number): "\(number)".hasSuffix(".0") ? String("\(number)".dropLast(2)) : "\(number)"
    case .word(let word): word
    }
  }
}

extension AugmentationValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A word.
  public init(stringLiteral value: String) { self = .word(value) }
}

/// What can be set about an augmentation: name, meaning, default and bounds.
public struct AugmentationParameter: Hashable, Sendable {
  /// Its key in plans and on the command line.
  public let name: String
  /// What it does, in a few words.
  public let meaning: String
  /// Its value where none is given.
  public let standard: AugmentationValue
  /// The numbers it may be; nil if it is always a word.
  public let range: ClosedRange<Double>?
  /// Whether a number must be whole.
  public let isWhole: Bool
  /// The words it may be.
  public let words: [String]

  /// A number in `range`, or one of `words`.
  public static func number(
    _ name: String, _ meaning: String, _ standard: Double, in range: ClosedRange<Double>, or words: [String] = []
  ) -> AugmentationParameter {
    .init(name: name, meaning: meaning, standard: .number(standard), range: range, isWhole: false, words: words)
  }

  /// A whole number in `range`.
  public static func whole(
    _ name: String, _ meaning: String, _ standard: Int, in range: ClosedRange<Int>
  ) -> AugmentationParameter {
    .init(
      name: name, meaning: meaning, standard: .number(Double(standard)),
      range: Double(range.lowerBound)...Double(range.upperBound), isWhole: true, words: [])
  }

  /// One of `words`, the first by default.
  public static func choice(_ name: String, _ meaning: String, of words: [String]) -> AugmentationParameter {
    .init(
      name: name, meaning: meaning, standard: .word(words.first ?? ""), range: nil, isWhole: false, words: words)
  }

  /// Whether it may have this value.
  public func allows(_ value: AugmentationValue) -> Bool {
    switch value {
    case .number(let number):
      guard let range, number.isFinite else { return false }
      return range.contains(number) && (!isWhole || number == number.rounded())
    case .word(let word): return words.contains(word)
    }
  }

  /// What it may be, fit to follow "expected".
  public var expected: String {
    var texts: [String] = []
    if let range {
      let (low, high) = (AugmentationValue.number(range.lowerBound), AugmentationValue.number(range.upperBound))
      texts.append("\(isWhole ? "a whole number" : "a number") from \(low) to \(high)")
    }
    if !words.isEmpty { texts.append((words.count > 1 ? "one of " : "") + words.joined(separator: ", ")) }
    return texts.joined(separator: " or ")
  }
}

/// The settings of an augmentation, complete and within their bounds.
public struct AugmentationSettings: Hashable, Sendable {
  private let values: [String: AugmentationValue]

  /// The defaults of `parameters` with the given ones laid over them.
  init(_ parameters: [AugmentationParameter], over given: [String: AugmentationValue]) {
    let defaults = parameters.map { ($0.name, $0.standard) }
    values = Dictionary(defaults) { first, _ in first }.merging(given) { _, given in given }
  }

  /// The number of that name; nil if it is a word, or no such setting is declared.
  public func number(_ name: String) -> Double? {
    if case .number(let number)? = values[name] { return number }
    return nil
  }

  /// The number of that name; 0 where `number` has none.
  public subscript(_ name: String) -> Double { number(name) ?? 0 }

  /// The word of that name; empty if it is a number, or no such setting is declared.
  public func word(_ name: String) -> String {
    if case .word(let word)? = values[name] { return word }
    return ""
  }
}
