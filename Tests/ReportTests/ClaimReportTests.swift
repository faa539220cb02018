import Foundation
import Testing

@testable import Report
@testable import Study

/// The claims in the page and in the tables.
@Suite struct ClaimReportTests {
  let contents: StudyContents
  let page: String

  init() throws {
    contents = try SyntheticStudy.contents()
    page = Page(summary: Summary(contents)).html(plotly: "")
  }

  @Test func everyClaimHasARowAndItsRule() throws {
    let entries = ClaimsSection(contents).entries
    #expect(entries.count == Claims.published.count + 2)
    for entry in entries {
      #expect(page.contains("<a href=\"#\(entry.anchor)\">"), "\(entry.anchor)")
      #expect(page.contains("<dt id=\"\(entry.anchor)\">"), "\(entry.anchor)")
      #expect(page.contains(entry.result.sentence.breakable))
    }
    #expect(Set(entries.map(\.anchor)).count == entries.count)
  }

  @Test func verdictsAreWordsAndShapes() {
    let verdicts = ClaimResult.Verdict.allCases
    #expect(Set(verdicts.map(\.shape)).count == verdicts.count && Set(verdicts.map(\.style)).count == verdicts.count)
    for verdict in Set(ClaimsSection(contents).entries.map(\.result.verdict)) {
      #expect(page.contains("\(verdict.shape)\(verdict.rawValue)</td>"))
    }
  }

  @Test func namesOfOwnClaimsAreEscaped() {
    #expect(page.contains("&quot;smoothing&quot; &lt;probes&gt; &amp; worse</a>"))
    #expect(!page.contains("<probes>"))
  }

  @Test func evidenceComesFromTheStore() throws {
    #expect(contents.evidence.runs.count == contents.runs.count && contents.claims == SyntheticStudy.claims)
    #expect(contents.evidence.targets.map(\.tags) == [[.fineGrained], [], [.overlapsSource], []])
    // Transfer falls as R^2 rises, by the study's formulas.
    let found = ClaimsSection(contents).entries.first { $0.claim.id == "11" }?.result
    #expect(found?.verdict == .holds && found?.n == 9)
  }

  @Test func counts() {
    func result(_ verdict: ClaimResult.Verdict) -> ClaimResult {
      ClaimResult(
        id: "", statement: "", verdict: verdict, statistic: "", value: nil, interval: nil, n: 0, counted: "seeds",
        parts: [], sentence: "", missing: [], seedsNeeded: nil)
    }
    #expect(
      ClaimsSection.count([.holds, .undecided, .undecided, .notMeasured].map(result))
        == "Of 4 published claims 1 holds, 0 fail, 2 are undecided and 1 was not measured.")
  }

  @Test func theTableHoldsEveryDigit() throws {
    let rows = TablesTests.parse(ClaimTables(contents).csv)
    let entries = ClaimsSection(contents).entries
    #expect(rows.count == entries.count + 1 && rows.allSatisfy { $0.count == rows[0].count })
    for (row, entry) in zip(rows.dropFirst(), entries) {
      #expect(row[0] == entry.result.id && row[1] == entry.result.statement && row[2] == (entry.isOwn ? "yes" : "no"))
      #expect(row[3] == entry.result.verdict.rawValue && row[4] == entry.result.statistic)
      #expect(Double(row[6]) == entry.result.value && Double(row[7]) == entry.result.interval?.low)
      #expect(Int(row[11]) == entry.result.n && row[16] == entry.result.sentence)
    }
  }

  @Test func aStudyWithoutRunsHasNoClaims() {
    let empty = StudyContents(
      name: "n", specification: "", programVersion: "0", facts: [], runs: [],
      provenance: .init(createdAt: "", facts: [], stages: []))
    let page = Page(summary: Summary(empty)).html(plotly: "")
    #expect(!page.contains("id=\"claims\"") && !page.contains("id=\"choice\""))
    let choice = ChoiceTables(Summary(empty))
    #expect(choice.drawings.isEmpty && choice.paretoCSV.split(separator: "\n").count == 1)
  }
}
