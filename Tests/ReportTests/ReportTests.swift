import Foundation
import Study
import Testing

@testable import Report

@Suite struct ReportTests {
  static let library = "window.Plotly = {}; // </script> inside a library must not end the element"

  @Test func sameNumbersGiveSameBytesOutsideTheProvenance() throws {
    let one = Report.files(try StudyContents(store: SyntheticStudy.store()), plotly: Self.library)
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

  /// Writes a report to look at when `SEPARATRIX_REPORT_OUT` names a folder.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["SEPARATRIX_REPORT_OUT"] != nil, "writes a report on request"))
  func write() throws {
    let folder = URL(fileURLWithPath: ProcessInfo.processInfo.environment["SEPARATRIX_REPORT_OUT"] ?? "")
    let plotly = try Report.chartLibrary()
    try Report.write(store: SyntheticStudy.store(), to: folder, plotly: plotly)
    print(try Report.table(store: SyntheticStudy.store()))
  }
}
