import Foundation
import Study
import Testing

@testable import Report

/// Two studies side by side.
@Suite struct StudyComparisonTests {
  let a: StudyContents

  init() throws { a = try SyntheticStudy.contents() }

  /// The same study with the accuracy of some runs moved, a different number for each seed.
  private func moved(_ label: String, by step: Double) -> StudyContents {
    var b = a
    for place in b.runs.indices where b.runs[place].label == label {
      let key = StudyContents.MeasurementKey(name: "top1", target: "", split: "test")
      guard let value = b.runs[place].measurements[key]?.value else { continue }
      let seed = Double(b.runs[place].seed)
      b.runs[place].measurements[key]?.value = value + step * (1 + 0.01 * seed)
    }
    return b
  }

  @Test func aStudyIsLikeItself() throws {
    let comparison = StudyComparison(a, a)
    #expect(comparison.rows.count == Summary(a).rows.count && comparison.unequal.isEmpty)
    #expect(
      comparison.measures.map(\.column.id).prefix(4) == [
        "top1", "probe_accuracy_mean", "knn_accuracy_mean", "r2_cosine",
      ])
    #expect(comparison.measures.map(\.column.id).suffix(4) == ["nll", "nll_scaled", "ece", "ece_scaled"])
    for cell in comparison.measures.flatMap(\.cells) {
      #expect(cell.difference.map { $0.value == 0 } ?? true && !cell.isMarked)
    }
    #expect(comparison.claims.allSatisfy { $0.a == $0.b })
    let page = ComparisonPage(comparison: comparison)
    #expect(page.headline.hasPrefix("None of ") && page.html.contains("Both studies say the same of all 21."))
    #expect(!page.html.contains("id=\"unequal\""))
  }

  @Test func sharedSeedsArePaired() throws {
    let comparison = StudyComparison(a, moved("softmax", by: 0.01))
    let cell = try #require(comparison.measures.first?.cells.first)
    let found = try #require(cell.difference)
    let (own, other) = ([0, 1, 2].compactMap { cell.a.values[$0] }, [0, 1, 2].compactMap { cell.b.values[$0] })
    let paired = try #require(PairedDifference(other, own))
    #expect(found.method == .paired && found.counts == (3, 3))
    #expect(found.value == paired.mean && found.halfWidth == paired.halfWidth && found.p == paired.p)
    #expect(abs(found.value - 0.0101) < 1e-9 && cell.isMarked)
    // Eleven more of the column were tested; Holm's method multiplies the least p by their number.
    let tested = try #require(comparison.measures.first).cells.count { $0.difference?.p != nil }
    #expect(abs(try #require(cell.adjusted) - min(1, Double(tested) * (paired.p ?? 1))) < 1e-12)
    let page = ComparisonPage(comparison: comparison)
    #expect(page.headline.hasPrefix("1 of ") && page.html.contains("\u{25B2} B higher"))
    #expect(page.html.contains("Source top-1 accuracy, %: higher in B for softmax."))
  }

  @Test func otherSeedsAreWelchs() throws {
    var b = moved("softmax", by: 0.01)
    for place in b.runs.indices { b.runs[place].seed += 10 }
    let comparison = StudyComparison(a, b)
    let cell = try #require(comparison.measures.first?.cells.first)
    let found = try #require(cell.difference)
    let welch = try #require(
      WelchDifference(
        [10, 11, 12].compactMap { cell.b.values[$0] }, [0, 1, 2].compactMap { cell.a.values[$0] }))
    #expect(found.method == .welch && found.counts == (3, 3))
    #expect(found.value == welch.mean && found.halfWidth == welch.halfWidth && found.p == welch.p)
    #expect(comparison.unequal.count { $0.kind == "seed" } == comparison.rows.count)
    // The one with a single seed has a difference and no interval.
    let place = try #require(comparison.rows.firstIndex { $0.key.label == "sigmoid" })
    let single = try #require(comparison.measures.first?.cells[place])
    #expect(single.difference?.method == StudyComparison.Difference.Method.none && single.adjusted == nil)
    #expect(ComparisonPage(comparison: comparison).html.contains("no interval"))
  }

  @Test func whatIsUnequalIsNamed() throws {
    var b = a
    b.runs.removeAll { $0.label == "dropout" || ($0.label == "softmax" && $0.seed == 2) }
    for place in b.runs.indices {
      if b.runs[place].label == "sigmoid" { b.runs[place].network = "other <net>" }
      b.runs[place].stages.removeAll { $0.target == "hue" && $0.kind == "probe" }
      b.runs[place].measurements = b.runs[place].measurements.filter { $0.key.name != "ece" }
      b.runs[place].plan = b.runs[place].plan.replacing("\"epochs\":12", with: "\"epochs\":24")
    }
    let comparison = StudyComparison(a, b)
    let texts = comparison.unequal.map(\.text)
    #expect(texts.contains("Objective only in A, not compared: dropout on resnet20."))
    #expect(texts.contains("Objective only in A, not compared: sigmoid on resnet20."))
    #expect(texts.contains("Objective only in B, not compared: sigmoid on other <net>."))
    #expect(texts.contains("Target only in A, not in the means (linear probe): hue."))
    #expect(texts.contains { $0.hasPrefix("Seeds of softmax on resnet20: only in A 2; only in B none.") })
    #expect(texts.contains { $0.hasPrefix("ECE is missing in B") })
    #expect(texts.contains("training.epochs: 12 in A, 24 in B."))
    b.runs[0].plan = b.runs[0].plan.replacing("0.999", with: "0.99")
    #expect(
      StudyComparison(a, b).unequal.contains {
        $0.text == "training.ema for softmax on resnet20: 0.999 in A, 0.99 in B."
      }
    )
    #expect(!comparison.rows.contains { $0.key.label == "dropout" || $0.key.label == "sigmoid" })
    let probe = try #require(comparison.measures.first { $0.column.id == "probe_accuracy_mean" })
    #expect(probe.column.definition.contains("fine shape, texture and orientation;"))
    let page = ComparisonPage(comparison: comparison).html
    for item in comparison.unequal { #expect(page.contains(item.text.breakable), "\(item.text)") }
    #expect(!page.contains("<net>") && ReportTests.unbalanced(page) == nil)
  }

  @Test func nothingInCommon() throws {
    var b = a
    for place in b.runs.indices { b.runs[place].network = "another" }
    let comparison = StudyComparison(a, b)
    #expect(comparison.rows.isEmpty && comparison.measures.isEmpty)
    let page = ComparisonPage(comparison: comparison)
    #expect(page.headline == "The two studies have no objective in common." && ReportTests.unbalanced(page.html) == nil)
  }

  @Test func verdictsThatDifferAreShown() throws {
    var b = a
    b.evidence.runs.removeAll { $0.label != "softmax" }
    let comparison = StudyComparison(a, b)
    let differing = comparison.claims.filter { $0.a.verdict != $0.b.verdict }
    #expect(!differing.isEmpty)
    let page = ComparisonPage(comparison: comparison).html
    for (a, b) in differing { #expect(page.contains(a.sentence.breakable) && page.contains(b.sentence.breakable)) }
    let rows = TablesTests.parse(comparison.claimsCSV)
    #expect(rows.count == comparison.claims.count + 1 && rows.count { $0[4] == "yes" } == differing.count)
  }

  @Test func filesHoldEveryDigitAndAreTheSame() throws {
    let b = moved("softmax", by: 0.01)
    let (files, again) = (Report.files(StudyComparison(a, b)), Report.files(StudyComparison(a, b)))
    #expect(files.map(\.text) == again.map(\.text))
    #expect(files.map(\.path) == ["comparison.html", "differences.csv", "claims.csv", "unequal.csv"])
    let comparison = StudyComparison(a, b)
    let rows = TablesTests.parse(comparison.differencesCSV)
    #expect(rows.count == comparison.measures.count * comparison.rows.count + 1)
    #expect(rows.allSatisfy { $0.count == rows[0].count })
    let cell = try #require(comparison.measures.first?.cells.first)
    let place = try #require(rows[0].firstIndex(of: "difference"))
    #expect(rows[1][0] == "top1" && rows[1][1] == "softmax" && Double(rows[1][place]) == cell.difference?.value)
    #expect(Double(rows[1][3]) == cell.a.mean && rows[1].last == "yes")
    #expect(ReportTests.unbalanced(files[0].text) == nil && !files[0].text.contains("=\"http"))
  }

  @Test func settingsOfAPlan() {
    let found = PlanSettings.read(#"{"seed":1,"a":{"b":[1,"x"],"c":null},"d":[{"e":true}]}"#)
    #expect(found["a.b"] == "1, x" && found["seed"] == nil && found["a.c"] == nil && found["d[0].e"] != nil)
    #expect(PlanSettings.read("no json").isEmpty)
  }
}
