/// Why an objective could not be named, configured or combined. Each case carries what was given and what
/// would have been accepted; `description` is the one place where it is put into words.
public enum ObjectiveError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text does not follow the grammar `[preset/]name[:key=value,...][+...]`.
  case syntax(text: String, reason: String)
  /// No objective has this name. `known` lists the names there are, nearest first.
  case unknownObjective(name: String, known: [String])
  /// No preset has this name. `known` lists the names there are, nearest first.
  case unknownPreset(name: String, known: [String])
  /// The objective has no such parameter. `known` lists those it has, nearest first.
  case unknownParameter(objective: String, parameter: String, known: [String])
  /// The parameter is given twice.
  case repeatedParameter(objective: String, parameter: String)
  /// The value is not of the parameter's kind.
  case illTyped(objective: String, parameter: String, value: String, expected: String)
  /// The value is a number of the right kind outside the parameter's range.
  case outOfRange(objective: String, parameter: String, value: Double, expected: String)
  /// The objective is named twice in one combination.
  case repeatedObjective(name: String)
  /// More than one base loss in one combination.
  case severalBases(names: [String])
  /// Two objectives that make no sense together.
  case conflict(first: String, second: String, reason: String)
  /// Objectives whose loss is not linear in the target, beside an augmentation that mixes targets.
  case mixedTargets(objectives: [String], augmentation: String)
  /// The objective's own type cannot be configured by numbers (an error in its declaration).
  case unusable(objective: String, reason: String)

  /// What is wrong, with the value found, what was expected, and what to write instead.
  public var description: String {
    switch self {
    case .syntax(let text, let reason):
      "objective \"\(text)\": \(reason); expected [preset/]name[:key=value,...][+...], "
        + "for example label-smoothing:smoothing=0.1+logit-penalty"
    case .unknownObjective(let name, let known):
      "unknown objective \"\(name)\"; there are: \(known.joined(separator: ", "))"
    case .unknownPreset(let name, let known):
      "unknown preset \"\(name)\"; there are: \(known.joined(separator: ", "))"
    case .unknownParameter(let objective, let parameter, let known):
      known.isEmpty
        ? "\(objective) has no parameter \"\(parameter)\"; it takes none"
        : "\(objective) has no parameter \"\(parameter)\"; it has: \(known.joined(separator: ", "))"
    case .repeatedParameter(let objective, let parameter):
      "\(objective): \(parameter) is given twice; give it once"
    case .illTyped(let objective, let parameter, let value, let expected):
      "\(objective): \(parameter) is \"\(value)\"; expected \(expected)"
    case .outOfRange(let objective, let parameter, let value, let expected):
      "\(objective): \(parameter) is \(plain(value)); expected \(expected)"
    case .repeatedObjective(let name):
      "\(name) is named twice; name each objective once"
    case .severalBases(let names):
      "\(names.joined(separator: " and ")) are each a whole loss; keep one and add penalties to it"
    case .conflict(let first, let second, let reason):
      "\(first) and \(second) cannot be combined: \(reason)"
    case .mixedTargets(let objectives, let augmentation):
      "\(augmentation) mixes the labels of two images, which \(objectives.joined(separator: " and ")) cannot take: "
        + "the loss is not linear in the target; leave \(augmentation) out, or choose another objective, such as softmax"
    case .unusable(let objective, let reason):
      "\(objective) cannot be configured: \(reason)"
    }
  }
}

/// A number as short as it reads back exactly: "9", "0.1", "1e-05".
func plain(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
