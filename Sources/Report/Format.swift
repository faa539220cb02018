import Foundation

/// How numbers and text are written for people.
enum Format {
  /// A number with so many decimals and a true minus sign.
  static func number(_ value: Double, decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    // "-0.00" is a zero.
    let isZero = !text.contains { ("1"..."9").contains($0) }
    return text.replacingOccurrences(of: "-", with: isZero ? "" : "\u{2212}")
  }

  /// A number with so many significant digits, trailing zeros dropped: parameters and options.
  static func plain(_ value: Double) -> String {
    String(format: "%.6g", value).replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// Three significant digits, for what decimals would hide.
  static func short(_ value: Double) -> String {
    String(format: "%.3g", value).replacingOccurrences(of: "-", with: "\u{2212}")
  }

  /// Every digit, for CSV: the shortest text that reads back as the same number.
  static func exact(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }

  /// At most `limit` characters, the middle left out.
  static func shortened(_ text: String, to limit: Int) -> String {
    guard text.count > limit, limit > 4 else { return text }
    let head = (limit - 1) * 2 / 3
    return text.prefix(head) + "\u{2026}" + text.suffix(limit - 1 - head)
  }

  /// "a, b and c".
  static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }

  /// "1 run", "2 runs".
  static func count(_ n: Int, _ noun: String) -> String { n == 1 ? "1 \(noun)" : "\(n) \(noun)s" }
}

extension String {
  /// Escaped for HTML text and attributes.
  var html: String {
    var out = ""
    for character in self {
      switch character {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.append(character)
      }
    }
    return out
  }

  /// Quoted for CSV where it must be (RFC 4180).
  var csv: String {
    contains { $0 == "," || $0 == "\"" || $0.isNewline }
      ? "\"" + replacingOccurrences(of: "\"", with: "\"\"") + "\"" : self
  }
}
