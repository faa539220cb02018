import Foundation
import Study
import Testing

@testable import Report

@Suite struct ReportTests {
  static let library = "window.Plotly = {}; // </script> inside a library must not end the element"

  @Test func sameNumbersGiveSameBytesOutsideTheProvenance() throws {
    let one = Report.files(try SyntheticStudy.contents(), plotly: Self.library)
    let other = Report.files(
      try StudyContents(store: SyntheticStudy.store(hour: 3, host: "beta")), plotly: Self.library)
    #expect(one.map(\.path) == other.map(\.path))
    for (a, b) in zip(one, other) {
      if a.path.hasPrefix("provenance") {
        #expect(a.text != b.text, "\(a.path)")
      } else {
        #expect(a.text == b.text, "\(a.path)")
        #expect(!a.text.contains("alpha") && !a.text.contains("2026-01-02"), "\(a.path)")
      }
    }
  }

  @Test func thePageIsWellFormedAndEscaped() throws {
    for file in Report.files(try SyntheticStudy.contents(), plotly: Self.library)
    where file.path.hasSuffix("html") {
      #expect(Self.unbalanced(file.text) == nil, "\(file.path)")
      #expect(file.text.contains("synthetic &lt;study&gt; &amp; co"))
      #expect(!file.text.contains("<script>alert"))
      #expect(!file.text.contains("=\"http") && !file.text.contains("url("), "nothing is fetched")
    }
  }

  @Test func everyNumberOfTheMainTableIsShown() throws {
    let contents = try SyntheticStudy.contents()
    let page = Page(summary: Summary(contents)).html(plotly: "")
    for row in Summary(contents).rows {
      let estimate = row.estimate(.top1)
      #expect(page.contains("data-value=\"\(Format.exact(try #require(estimate.mean)))\""))
    }
    for failed in ["out of memory", "last finite loss 1.2e+34 &lt;at epoch 5&gt;"] {
      #expect(page.contains(failed))
    }
  }

  @Test func writesEveryFile() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let library = folder.appendingPathComponent("plotly.min.js")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("window.Plotly = {}".utf8).write(to: library)
    try Report.write(store: SyntheticStudy.store(), to: folder.appendingPathComponent("out"), plotly: library)
    for name in [
      "report.html", "provenance.html", "provenance.csv", "tables/main.csv", "tables/correlation.tex",
    ] {
      #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("out/\(name)").path))
    }
  }

  @Test func refusesWhatItCannotUse() throws {
    let folder = FileManager.default.temporaryDirectory
    let nowhere = folder.appendingPathComponent("no-such-\(UUID().uuidString)")
    #expect(throws: ReportError.noChartLibrary(tried: [nowhere.path])) {
      try Report.write(store: SyntheticStudy.store(), to: folder, plotly: nowhere)
    }
    #expect(throws: ReportError.nothingPlanned) { try Report.table(store: StudyStore.inMemory()) }
    #expect(throws: ReportError.noChartLibrary(tried: [nowhere.appendingPathComponent("plotly.min.js").path])) {
      try Report.chartLibrary(environment: ["SEPARATRIX_RESOURCES": nowhere.path])
    }
    let library = nowhere.appendingPathComponent("a/.build/environment/plotly.min.js")
    defer { try? FileManager.default.removeItem(at: nowhere) }
    try FileManager.default.createDirectory(
      at: library.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("Plotly".utf8).write(to: library)
    let program = nowhere.appendingPathComponent("a/.build/release/separatrix")
    #expect(try Report.chartLibrary(environment: [:], program: program).path == library.path)
  }

  /// The first tag that closes nothing or is never closed, scripts left out.
  static func unbalanced(_ html: String) -> String? {
    let void: Set<Substring> = ["meta", "link", "input", "br", "wbr", "path", "circle", "!DOCTYPE"]
    var open: [Substring] = []
    for piece in html.split(separator: "<").dropFirst(html.hasPrefix("<") ? 0 : 1) {
      if open.last == "script" && !piece.hasPrefix("/script>") { continue }
      let name = piece.prefix { !" />\n".contains($0) || $0 == "/" }
      if name.hasPrefix("/") {
        if open.popLast() != name.dropFirst() { return String(name) }
      } else if !void.contains(name) && !name.hasSuffix("/") {
        open.append(name)
      }
    }
    return open.last.map(String.init)
  }
}
