import Foundation

extension String {
  /// Escaped for LaTeX text, at the beginning of a table's row too. ASCII alone: names may hold anything, and a fragment
  /// must compile in a document that loads no package but booktabs. What has no command is named by its code point.
  var latex: String {
    var out = ""
    for character in self {
      if let known = LaTeX.commands[character] {
        out += known
      } else if character.isASCII {
        out.append(character)
      } else {
        out += LaTeX.accented(character) ?? LaTeX.codePoints(character)
      }
    }
    return out
  }
}

extension LaTeX {
  /// What stands for characters that mean something to LaTeX, or that it does not know. A bracket or a star after the end
  /// of a row would be taken for an option.
  fileprivate static let commands: [Character: String] = [
    "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "\\textless{}", ">": "\\textgreater{}",
    "|": "\\textbar{}", "[": "{[}", "*": "{*}", "\n": " ", "\r\n": " ", "\t": " ", "\u{00A0}": "~",
    "\u{2212}": "$-$", "\u{00B1}": "$\\pm$", "\u{00B2}": "$^2$", "\u{00B3}": "$^3$", "\u{00B0}": "$^\\circ$",
    "\u{00D7}": "$\\times$", "\u{00B7}": "$\\cdot$", "\u{2264}": "$\\leq$", "\u{2265}": "$\\geq$",
    "\u{2260}": "$\\neq$",
    "\u{2248}": "$\\approx$", "\u{221E}": "$\\infty$", "\u{221A}": "$\\surd$", "\u{2190}": "$\\leftarrow$",
    "\u{2192}": "$\\rightarrow$", "\u{2026}": "\\ldots{}", "\u{2013}": "--", "\u{2014}": "---", "\u{2018}": "`",
    "\u{2019}": "'", "\u{201C}": "``", "\u{201D}": "''", "\u{00DF}": "\\ss{}", "\u{00E6}": "\\ae{}",
    "\u{00C6}": "\\AE{}",
    "\u{0153}": "\\oe{}", "\u{0152}": "\\OE{}", "\u{00F8}": "\\o{}", "\u{00D8}": "\\O{}", "\u{0142}": "\\l{}",
    "\u{0141}": "\\L{}", "\u{03B1}": "$\\alpha$", "\u{03B2}": "$\\beta$", "\u{03B3}": "$\\gamma$",
    "\u{03B4}": "$\\delta$", "\u{03B5}": "$\\varepsilon$", "\u{03B8}": "$\\theta$", "\u{03BA}": "$\\kappa$",
    "\u{03BB}": "$\\lambda$", "\u{03BC}": "$\\mu$", "\u{00B5}": "$\\mu$", "\u{03C1}": "$\\rho$",
    "\u{03C3}": "$\\sigma$",
    "\u{03C4}": "$\\tau$", "\u{0394}": "$\\Delta$", "\u{03A3}": "$\\Sigma$",
  ]

  /// Commands of combining marks.
  private static let marks: [Unicode.Scalar: String] = [
    "\u{0300}": "\\`", "\u{0301}": "\\'", "\u{0302}": "\\^", "\u{0303}": "\\~", "\u{0304}": "\\=", "\u{0306}": "\\u",
    "\u{0307}": "\\.", "\u{0308}": "\\\"", "\u{030A}": "\\r", "\u{030B}": "\\H", "\u{030C}": "\\v", "\u{0327}": "\\c",
  ]

  /// An ASCII letter with one mark, such as `\'{e}`; nil for other characters.
  fileprivate static func accented(_ character: Character) -> String? {
    let parts = Array(String(character).decomposedStringWithCanonicalMapping.unicodeScalars)
    guard parts.count == 2, parts[0].isASCII, parts[0].properties.isAlphabetic, let mark = marks[parts[1]] else {
      return nil
    }
    return "\(mark){\(parts[0])}"
  }

  fileprivate static func codePoints(_ character: Character) -> String {
    character.unicodeScalars.map { "U+" + String(format: "%04X", $0.value) }.joined(separator: " ")
  }
}
