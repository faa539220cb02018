import Foundation
import Study
import Testing

@testable import Report

/// The report as a reader's browser shows it: `scripts/check-report` on the synthetic study. With
/// `SEPARATRIX_REPORT_OUT` the reports and their screenshots are kept in that folder, to be looked at.
@Suite(.serialized) struct BrowserTests {
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let script = package.appendingPathComponent("scripts/check-report")
  static let browser = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    folder in
    ["chromium", "chromium-browser", "google-chrome"].contains {
      FileManager.default.isExecutableFile(atPath: "\(folder)/\($0)")
    }
  }
  static let reason: Comment = "needs Chromium (apt-get install -y chromium)"

  @Test(.enabled(if: browser, reason))
  func everyChartDrawsAndTheConsoleIsClean() throws {
    let (status, output) = try check(SyntheticStudy.store())
    #expect(status == 0, "\(output)")
    #expect(output.contains("charts sound at 400 and 1600 px"))
  }

  @Test(.enabled(if: browser, reason))
  func aStudyThatHasOnlyBegunHasAReport() throws {
    let store = try StudyStore.inMemory()
    let digest = String(repeating: "a", count: 64)
    try store.plan(
      study: StudyRecord(
        name: "begun", specYAML: "name: begun", specJSON: "{}", createdAt: "2026-01-02T09:00:00Z",
        programVersion: "1"),
      runs: [
        RunRecord(
          digest: digest, label: "softmax", objective: "softmax", objectiveJSON: "{}", network: "plain",
          seed: 0,
          planJSON: "{}", position: 0)
      ],
      stages: [
        StageRecord(digest: String(repeating: "b", count: 64), runDigest: digest, kind: .train, position: 0)
      ])
    let (status, output) = try check(store)
    #expect(status == 0, "\(output)")
  }

  @Test(.enabled(if: browser, reason))
  func aReportWhoseChartsDoNotDrawIsFound() throws {
    let (status, output) = try check(
      SyntheticStudy.store(long: false),
      library: "window.Plotly = { newPlot(e) { e.on = () => {}; e.data = []; } };")
    #expect(status == 1)
    #expect(output.contains("chart chart-separation-transfer did not draw"))
  }

  @Test(.enabled(if: browser, reason))
  func twoStudiesSideBySideAreSound() throws {
    let a = try SyntheticStudy.contents()
    var b = a
    b.name = "a longer study"
    b.runs.removeAll { $0.label == "dropout" || ($0.label == "softmax" && $0.seed == 2) }
    for place in b.runs.indices {
      let seed = Double(b.runs[place].seed)
      for (key, old) in b.runs[place].measurements {
        let step = key.name == "top1" ? 0.004 * (1 + 0.1 * seed) : 0.01 * (seed - 1)
        b.runs[place].measurements[key]?.value = old.value.map { $0 + step }
      }
    }
    b.evidence.runs.removeAll { $0.label != "softmax" }
    let folder = Self.folder("comparison")
    defer { if Self.kept == nil { try? FileManager.default.removeItem(at: folder) } }
    for file in Report.files(StudyComparison(a, b)) {
      try Report.write(file.text, to: folder.appendingPathComponent(file.path))
    }
    let (status, output) = try look(folder)
    #expect(status == 0, "\(output)")
  }

  private static let kept = ProcessInfo.processInfo.environment["SEPARATRIX_REPORT_OUT"].map {
    URL(fileURLWithPath: $0)
  }

  private static func folder(_ name: String) -> URL {
    kept?.appendingPathComponent(name)
      ?? FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
  }

  /// Writes a report, has it checked, and returns the script's exit code and all that it said.
  private func check(_ store: StudyStore, library: String? = nil) throws -> (Int32, String) {
    let folder = Self.folder(library != nil ? "broken" : try store.study()?.name == "begun" ? "begun" : "full")
    defer { if Self.kept == nil { try? FileManager.default.removeItem(at: folder) } }
    let environment = Self.package.appendingPathComponent(".build/environment/plotly.min.js")
    let text = try library ?? String(contentsOf: environment, encoding: .utf8)
    try Report.write(StudyContents(store: store), to: folder, plotly: text)
    return try look(folder)
  }

  private func look(_ folder: URL) throws -> (Int32, String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", Self.script.path, folder.path, "--shots", folder.appendingPathComponent("shots").path,
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
