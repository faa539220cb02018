import Foundation
import Study
import Testing

@testable import Report

/// The front of accuracy and transfer, and the ranks.
@Suite struct ChoiceFigureTests {
  private func point(_ name: String, _ x: Double, _ y: Double) -> ParetoFront.Point { .init(name: name, x: x, y: y) }

  /// By hand: a to b costs 0.02 of top-1 for 1, b to c 0.01 for 1; d lies below the line from b to c.
  @Test func ratesAtWhichSettingsAreBest() throws {
    let front = ParetoFront([
      point("a", 0.90, 3), point("b", 0.92, 2), point("d", 0.921, 1.4), point("c", 0.93, 1), point("e", 0.8, 0.5),
    ])
    let choices = ParetoAdvice(front).choices
    #expect(choices.map(\.point.name) == ["a", "b", "d", "c"])
    #expect(choices.map(\.isCorner) == [true, true, false, true])
    let (a, b, c) = (choices[0], choices[1], choices[3])
    #expect(a.high == nil && b.low == c.high && a.low == b.high && c.low == nil)
    #expect(try abs(#require(a.low) - 0.02) < 1e-12 && abs(#require(b.low) - 0.01) < 1e-12)
    #expect(a.text == "above 0.2" && b.text == "0.1 to 0.2" && c.text == "up to 0.1")
    #expect(choices[2].text.hasPrefix("never"))
  }

  /// A dented front has its two ends only; one setting that beats all is always the best; equal ones share a place.
  @Test func oddFronts() {
    let dent = ParetoAdvice(ParetoFront([point("a", 0, 1), point("b", 0.4, 0.4), point("c", 1, 0)]))
    #expect(dent.choices.map(\.isCorner) == [true, false, true])
    let one = ParetoAdvice(ParetoFront([point("a", 1, 1), point("b", 0, 0)]))
    #expect(one.choices.map(\.text) == ["always"])
    let equal = ParetoAdvice(ParetoFront([point("a", 1, 1), point("b", 1, 1), point("c", 2, 0)]))
    #expect(equal.choices.map(\.isCorner) == [true, true, true] && equal.choices[0].low == equal.choices[1].low)
    #expect(ParetoAdvice(ParetoFront([])).choices.isEmpty)
  }

  @Test func everySettingIsDrawnAndInTheTable() throws {
    let summary = Summary(try SyntheticStudy.contents())
    let figure = try #require(ParetoFigure(summary))
    #expect(figure.points.count == summary.rows.count)
    let rows = TablesTests.parse(ChoiceTables(summary).paretoCSV)
    #expect(rows.count == figure.points.count + 1)
    for (row, one) in zip(rows.dropFirst(), figure.points) {
      #expect(row[0] == one.name && Double(row[2]) == one.x && Double(row[4]) == one.y && Int(row[6]) == one.n)
    }
    #expect(rows.dropFirst().count { $0[7] == "yes" } == figure.front.front.count)
    let drawing = figure.drawing(withLegend: false)
    #expect(drawing.body.components(separatedBy: "data-series=").count - 1 == figure.points.count)
    #expect(figure.html.contains(drawing.html) && figure.answer.hasSuffix("."))
  }

  @Test func ranksAreOfTheNine() throws {
    let summary = Summary(try SyntheticStudy.contents())
    let figure = try #require(RankFigure(summary))
    #expect(figure.ranks.names.count == 9 && figure.ranks.friedman.blocks == 4)
    let rows = TablesTests.parse(ChoiceTables(summary).ranksCSV)
    #expect(rows.count == 10 && rows[1][2] == Format.exact(figure.ranks.friedman.averageRanks[figure.ranks.order[0]]))
    #expect(rows.dropFirst().allSatisfy { $0.count == rows[0].count && Double($0[6]) == figure.ranks.difference })
    #expect(figure.drawing.body.components(separatedBy: "class=\"join\"").count - 1 == figure.ranks.groups.count)
  }

  @Test func drawingsAreWellFormedAndTheSameTwice() throws {
    let contents = try SyntheticStudy.contents()
    let (once, again) = (ChoiceTables(Summary(contents)).drawings, ChoiceTables(Summary(contents)).drawings)
    #expect(once.map(\.name) == ["pareto.svg", "ranks.svg"] && once.map(\.text) == again.map(\.text))
    for drawing in once {
      let parser = XMLCheck(drawing.text)
      #expect(parser.isSound, "\(drawing.name)")
      #expect(drawing.text.contains("prefers-color-scheme: dark") && !drawing.text.contains("nan"))
    }
  }

  @Test func ticksAreRound() {
    let scale = Scale([91.1, 92.5], from: 0, to: 100)
    #expect(scale.ticks().map(\.text) == ["91.2", "91.4", "91.6", "91.8", "92.0", "92.2", "92.4"])
    #expect(Scale([], from: 0, to: 1).ticks().count > 2 && Scale([5], from: 0, to: 1).place(5) == 0.5)
    #expect(Scale([.nan, .infinity, -3, -1e9], from: 0, to: 9).ticks().count > 2)
  }

  @Test func labelsTouchNothing() {
    var labels = Labels(left: 0, right: 200, top: 0, bottom: 60)
    labels.mark((20, 30))
    #expect(labels.place("name", beside: (20, 30), isBold: false).map { $0.0 } == 31)
    #expect(labels.place(String(repeating: "x", count: 40), beside: (20, 30), isBold: false) == nil)
    // Room is left only beside another mark.
    var crowded = Labels(left: 0, right: 200, top: 0, bottom: 60)
    for point in [(20.0, 30.0), (40.0, 30.0)] { crowded.mark(point) }
    crowded.block((20, 5), 200, 14)
    crowded.block((20, 55), 200, 14)
    #expect(crowded.place("name", beside: (20, 30), isBold: false) == nil)
    #expect(crowded.place("name", beside: (40, 30), isBold: false) != nil)
  }
}

/// Whether a text is XML whose elements are balanced and whose values are escaped.
private struct XMLCheck {
  var isSound = true

  init(_ text: String) {
    var open: [Substring] = []
    for piece in text.split(separator: "<").dropFirst(text.hasPrefix("<?") ? 1 : 0) {
      guard let end = piece.firstIndex(of: ">") else {
        isSound = false
        return
      }
      let tag = piece[..<end]
      if tag.hasPrefix("/") {
        if open.popLast() != tag.dropFirst() { isSound = false }
      } else if !tag.hasSuffix("/") {
        open.append(tag.prefix { !$0.isWhitespace })
      }
      if piece[end...].contains("&"), !piece.contains(";") { isSound = false }
    }
    isSound = isSound && open.isEmpty
  }
}
