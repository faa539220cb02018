/// Why an augmentation could not be named or configured: what was given, what would have been accepted.
public enum AugmentationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text does not follow the grammar `name[:key=value,...][+...]`.
  case syntax(text: String, reason: String)
  /// No augmentation has this name. `known` lists the names there are, nearest first.
  case unknownAugmentation(name: String, known: [String])
  /// The augmentation has no such parameter. `known` lists those it has, nearest first.
  case unknownParameter(augmentation: String, parameter: String, known: [String])
  /// The parameter is given twice.
  case repeatedParameter(augmentation: String, parameter: String)
  /// The value is of the wrong kind or out of range.
  case badValue(augmentation: String, parameter: String, value: AugmentationValue, expected: String)
  /// Values that are each within their bounds but make no sense together.
  case unusable(augmentation: String, reason: String)
  /// The augmentation is in the list twice.
  case repeatedAugmentation(name: String)

  /// What is wrong, with what was found, what was expected, and what to write instead.
  public var description: String {
    switch self {
    case .syntax(let text, let reason):
      "augmentation \"\(text)\": \(reason); expected name[:key=value,...] joined by +, "
        + "for example flip+color-jitter:brightness=0.4, or none"
    case .unknownAugmentation(let name, let known):
      "unknown augmentation \"\(name)\"; there are: \(known.joined(separator: ", "))"
    case .unknownParameter(let augmentation, let parameter, let known):
      "\(augmentation) has no parameter \"\(parameter)\"; it has: \(known.joined(separator: ", "))"
    case .repeatedParameter(let augmentation, let parameter):
      "\(augmentation): \(parameter) is given twice; give it once"
    case .badValue(let augmentation, let parameter, let value, let expected):
      "\(augmentation): \(parameter) is \(value); expected \(expected)"
    case .unusable(let augmentation, let reason): "\(augmentation): \(reason)"
    case .repeatedAugmentation(let name): "augmentation \(name) is given twice; keep one"
    }
  }
}
