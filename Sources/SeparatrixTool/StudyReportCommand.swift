import ArgumentParser
import Foundation
import Report
import Study

extension StudyCommand {
  struct ReportAgain: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "report", abstract: "Writes a study's report again from its store, or compares two studies.",
      discussion: """
        Examples:
          separatrix study report fashion
          separatrix study report --compare fashion fashion-long --out compared
        """)

    @Argument(help: "Folder of the study; with --compare of two.") var directories: [String]
    @Flag(help: "Put two studies side by side in place of a report of one.") var compare = false
    @Option(help: "Folder of the comparison. Default: report/compared-with-B in the first study's folder.")
    var out: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let studies = directories.map(URL.init(typed:))
      guard compare || out == nil else { throw Outcome.usage("--out: only with --compare") }
      guard let first = studies.first, studies.count == (compare ? 2 : 1) else {
        throw Outcome.usage(
          compare
            ? "--compare: expected the folders of two studies, not \(studies.count)"
            : "expected the folder of one study, not \(studies.count); --compare takes two")
      }
      let path =
        try compare ? writeComparison(first, studies[1], to: out.map(URL.init(typed:))) : writeReport(first)
      if output.json { return try Console.printJSON(["report": path.path]) }
      print(Console.short(path))
    }
  }
}

/// Writes the report of the study in `directory`; returns the page's path.
func writeReport(_ directory: URL) throws -> URL {
  // Of several who end at the same time, the last one reads the store last.
  try StudyRunner.alone(in: directory) {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    let folder = directory.appendingPathComponent("report")
    try Report.write(store: store, to: folder, plotly: try Report.chartLibrary())
    return folder.appendingPathComponent("report.html")
  }
}

/// Writes the comparison of two studies; returns the page's path.
private func writeComparison(_ first: URL, _ second: URL, to folder: URL?) throws -> URL {
  let stores = try [first, second].map { try StudyStore(existing: $0.appendingPathComponent("study.sqlite")) }
  let folder = folder ?? first.appendingPathComponent("report/compared-with-\(second.lastPathComponent)")
  try Report.compare(stores[0], stores[1], to: folder)
  return folder.appendingPathComponent("comparison.html")
}
