import Foundation
import Testing

@testable import Report

@Suite struct FormatTests {
  @Test func numbers() {
    #expect(Format.number(-0.834, decimals: 2) == "\u{2212}0.83")
    #expect(Format.number(-0.0001, decimals: 2) == "0.00")
    #expect(Format.number(12.345, decimals: 1) == "12.3")
    #expect(Format.exact(0.1) == "0.1" && Format.exact(3) == "3" && Format.exact(-2) == "-2")
    #expect(Double(Format.exact(1.0 / 3)) == 1.0 / 3)
    #expect(Format.plain(8e-4) == "0.0008" && Format.plain(60) == "60")
  }

  @Test func words() {
    #expect(
      Format.list([]) == "" && Format.list(["a"]) == "a" && Format.list(["a", "b", "c"]) == "a, b and c")
    #expect(Format.count(1, "run") == "1 run" && Format.count(3, "run") == "3 runs")
    let short = Format.shortened("label-smoothing + final-layer-l2 + logit-penalty", to: 20)
    #expect(
      short.count == 20 && short.hasPrefix("label-") && short.hasSuffix("y") && short.contains("\u{2026}"))
  }

  @Test func escapes() {
    #expect("<a & 'b'>".html == "&lt;a &amp; &#39;b&#39;&gt;")
    #expect(
      "50 % of $x_1$ & #2 {a} ~^\\".latex == "50 \\% of \\$x\\_1\\$ \\& \\#2 \\{a\\} \\textasciitilde{}"
        + "\\textasciicircum{}\\textbackslash{}")
    // Rows may begin with a bracket or a star, which must not become an option of the row before.
    #expect("[a] *b|c".latex == "{[}a] {*}b\\textbar{}c")
    let any =
      "Caf\u{00E9} na\u{00EF}ve \u{0160}koda stra\u{00DF}e \u{2265} 0.5 \u{03BB} \u{2192} \u{4E2D} \u{1F600}\u{FE0F}"
    #expect(
      any.latex
        == "Caf\\'{e} na\\\"{i}ve \\v{S}koda stra\\ss{}e $\\geq$ 0.5 $\\lambda$ $\\rightarrow$ U+4E2D U+1F600 U+FE0F")
    #expect(any.latex.utf8.allSatisfy { $0 < 128 })
    #expect("Probe accuracy".lowercasedFirst == "probe accuracy" && "R\u{00B2} on".lowercasedFirst == "R\u{00B2} on")
    #expect("plain".csv == "plain" && "a,b".csv == "\"a,b\"" && "say \"no\"\n".csv == "\"say \"\"no\"\"\n\"")
    #expect("a</script>b<!--".insideScript == "a<\\/script>b<\\!--")
  }

  @Test func jsonIsSafeFiniteAndReadable() throws {
    let value: JSONValue = [
      "text": "</script><!-- \" \\ \n \u{2028} é",
      "numbers": .numbers([1.5, nil, .nan, .infinity, 1e-7, -3]),
      "flag": true, "none": .null,
    ]
    #expect(!value.text.contains("<") && !value.text.contains("\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(value.text.utf8)) as? [String: Any])
    #expect(object["text"] as? String == "</script><!-- \" \\ \n \u{2028} é")
    let numbers = try #require(object["numbers"] as? [Any])
    #expect(numbers.map { ($0 as? NSNumber)?.doubleValue } == [1.5, nil, nil, nil, 1e-7, -3])
  }
}
