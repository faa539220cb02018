import Foundation
import Study

/// A study's report: pages, tables and the facts of their making, from its store and nothing else.
///
/// The same store gives the same bytes; what depends on the machine or the hour stands in `provenance.html`
/// and `provenance.csv` alone.
public enum Report {
  /// Writes `report.html`, `provenance.html`, `provenance.csv`, `tables/` and `figures/` into a folder, made where it is
  /// missing.
  /// - Parameters:
  ///   - store: The study; it may be unfinished or have failed runs.
  ///   - folder: Where to write, such as `DIR/report`.
  ///   - plotly: The chart library, `plotly.min.js`; see `chartLibrary()`.
  /// - Throws: `ReportError`, or `StudyError` from reading the store.
  public static func write(store: StudyStore, to folder: URL, plotly: URL) throws {
    guard let library = try? String(contentsOf: plotly, encoding: .utf8), library.contains("Plotly") else {
      throw ReportError.noChartLibrary(tried: [plotly.path])
    }
    try write(StudyContents(store: store), to: folder, plotly: library)
  }

  /// The main table as plain text, for a terminal: an objective a row, mean ± standard error over seeds.
  /// - Throws: `ReportError.nothingPlanned`, or `StudyError` from reading the store.
  public static func table(store: StudyStore) throws -> String {
    TextTable(Summary(try StudyContents(store: store))).text
  }

  /// What the study found, as the report's headline and the sentences under it.
  /// - Throws: `ReportError.nothingPlanned`, or `StudyError` from reading the store.
  public static func finding(store: StudyStore) throws -> [String] {
    let finding = Finding(Summary(try StudyContents(store: store)))
    return [finding.headline] + finding.sentences
  }

  /// Where `plotly.min.js` lies: in the folder that `SEPARATRIX_RESOURCES` names, else in
  /// `.build/environment` of a folder above the program.
  /// - Throws: `ReportError.noChartLibrary` with every place that was tried.
  public static func chartLibrary(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    program: URL? = Bundle.main.executableURL
  ) throws -> URL {
    let name = "plotly.min.js"
    var tried: [URL] = []
    if let folder = environment["SEPARATRIX_RESOURCES"], !folder.isEmpty {
      tried.append(URL(fileURLWithPath: folder).appendingPathComponent(name))
    } else {
      let start = program?.resolvingSymlinksInPath() ?? URL(fileURLWithPath: "separatrix")
      var folder = start.deletingLastPathComponent()
      while folder.path != "/" && tried.count < 32 {
        tried.append(folder.appendingPathComponent(".build/environment").appendingPathComponent(name))
        folder = folder.deletingLastPathComponent()
      }
    }
    guard let found = tried.first(where: { FileManager.default.fileExists(atPath: $0.path) }) else {
      throw ReportError.noChartLibrary(tried: tried.map(\.path))
    }
    return found
  }

  /// Every file of a report by its path within the folder.
  static func files(_ contents: StudyContents, plotly: String) -> [(path: String, text: String)] {
    let summary = Summary(contents)
    let differences = SoftmaxDifferences(summary)
    let provenance = ProvenancePages(contents: contents)
    return [
      ("report.html", Page(summary: summary, differences: differences).html(plotly: plotly)),
      ("provenance.html", provenance.html), ("provenance.csv", provenance.csv),
    ] + Tables(summary, differences: differences).files.map { ("tables/\($0.name)", $0.text) }
      + ChoiceTables(summary).drawings.map { ("figures/\($0.name)", $0.text) }
  }

  static func write(_ contents: StudyContents, to folder: URL, plotly: String) throws {
    for file in files(contents, plotly: plotly) { try write(file.text, to: folder.appendingPathComponent(file.path)) }
  }

  /// Written beside and renamed, so that a reader never sees half a file; folders are made.
  static func write(_ text: String, to url: URL) throws {
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw ReportError.notWritable(file: url.path, reason: error.localizedDescription)
    }
  }
}
