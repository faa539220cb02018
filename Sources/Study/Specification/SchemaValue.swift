/// A JSON value, as schemas are made of.
enum SchemaValue: Encodable, Hashable, Sendable {
  case truth(Bool)
  case whole(Int)
  case number(Double)
  case text(String)
  case list([SchemaValue])
  case map([String: SchemaValue])

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .truth(let value): try container.encode(value)
    case .whole(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let value): try container.encode(value)
    case .map(let value): try container.encode(value)
    }
  }

  /// The value of a key, if this is a map that has it.
  subscript(key: String) -> SchemaValue? {
    guard case .map(let values) = self else { return nil }
    return values[key]
  }

  /// The same with further keys.
  func with(_ more: [String: SchemaValue]) -> SchemaValue {
    guard case .map(let values) = self else { return self }
    return .map(values.merging(more) { $1 })
  }
}

extension SchemaValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(booleanLiteral value: Bool) { self = .truth(value) }
  init(integerLiteral value: Int) { self = .whole(value) }
  init(floatLiteral value: Double) { self = .number(value) }
  init(stringLiteral value: String) { self = .text(value) }
  init(arrayLiteral elements: SchemaValue...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, SchemaValue)...) {
    self = .map(Dictionary(elements) { first, _ in first })
  }
}

// MARK: Schemas

extension SchemaValue {
  /// Text that is not empty.
  static let someText: SchemaValue = ["type": "string", "minLength": 1]

  static func names(_ names: [String]) -> SchemaValue { ["enum": .list(names.map(SchemaValue.text))] }

  static func integer(_ range: ClosedRange<Int>) -> SchemaValue {
    let schema: SchemaValue = ["type": "integer", "minimum": .whole(range.lowerBound)]
    return range.upperBound == .max ? schema : schema.with(["maximum": .whole(range.upperBound)])
  }

  static func decimal(_ range: ClosedRange<Double>) -> SchemaValue {
    let schema: SchemaValue = ["type": "number", "minimum": .number(range.lowerBound)]
    guard range.upperBound < .greatestFiniteMagnitude else { return schema }
    return schema.with(["maximum": .number(range.upperBound)])
  }

  /// A number above 0, and at most `most`.
  static func positive(_ most: Double? = nil) -> SchemaValue {
    let schema: SchemaValue = ["type": "number", "exclusiveMinimum": 0]
    return most.map { schema.with(["maximum": .number($0)]) } ?? schema
  }

  static func any(of schemas: [SchemaValue]) -> SchemaValue { ["anyOf": .list(schemas)] }

  static func array(_ items: SchemaValue, from least: Int = 1, to most: Int? = nil, unique: Bool = false) -> SchemaValue
  {
    var schema: [String: SchemaValue] = ["type": "array", "items": items, "minItems": .whole(least)]
    if let most { schema["maxItems"] = .whole(most) }
    if unique { schema["uniqueItems"] = true }
    return .map(schema)
  }

  /// A mapping with the keys of a table of the reader, and no others. A key without a schema takes anything.
  static func object(
    _ keys: [String], _ schemas: [String: SchemaValue], required: [String] = []
  ) -> SchemaValue {
    var properties: [String: SchemaValue] = [:]
    for key in keys { properties[key] = schemas[key] ?? true }
    let schema: SchemaValue = ["type": "object", "properties": .map(properties), "additionalProperties": false]
    return required.isEmpty ? schema : schema.with(["required": .list(required.map(SchemaValue.text))])
  }

  /// A list of numbers, a single one, or what stands for one: see `SpecNode.numbers`.
  static func numbers(_ one: SchemaValue, single: Bool = true, whole: Bool = false) -> SchemaValue {
    let ranges: [SchemaValue] = [
      ["$ref": .text(whole ? "#/$defs/whole_range" : "#/$defs/range")], ["$ref": "#/$defs/range_text"],
    ]
    return any(of: (single ? [one] : []) + [array(any(of: [one] + ranges))] + ranges)
  }
}
