import ArgumentParser
import Foundation
import Study

extension ExportFormat: ExpressibleByArgument {}
extension ExportContent: ExpressibleByArgument {}

extension StudyCommand {
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Writes a study's results for other programs: a table, or a log directory of TensorBoard.",
      discussion: """
        Also while the study runs; a second export replaces the first one's files and no others.
        Examples:
          separatrix study export fashion --to csv --out fashion.csv
          separatrix study export fashion --to csv --table pairs --out pairs.csv
          separatrix study export fashion --to tensorboard --out logs/fashion
        """)

    @Argument(help: "Folder of the study.") var directory: String
    @Option(help: "csv: one tidy table; jsonl: its rows as JSON; tensorboard: a log directory.") var to: ExportFormat
    @Option(help: "csv, jsonl: runs, what was measured of single runs; pairs, of two runs.")
    var table: ExportContent?
    @Option(help: "File, for tensorboard a folder.") var out: String
    @Option(help: "tensorboard: most examples of a run whose features are shown; 0 for none.")
    var examples = TensorBoardExport.standardExamples
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard (0...100_000).contains(examples) else {
        throw Outcome.usage("--examples \(examples): expected 0 to 100000")
      }
      guard table == nil || to != .tensorboard else {
        throw Outcome.usage("--table: a log directory of TensorBoard has no tables, take csv or jsonl")
      }
      let out = URL(typed: out)
      let summary: StudyExport.Summary
      do {
        var export = try StudyExport(directory: URL(typed: directory))
        export.examples = examples
        if let table { export.content = table }
        summary = try export.write(to, to: out)
      } catch let error as ExportError {
        throw Outcome.badInput(error.description)
      } catch let error as StudyError {
        throw Outcome.badInput(error.description)
      }
      if output.json { return try Console.printJSON(Written(format: to, out: out.path, summary: summary)) }
      print(
        "\(Console.short(out)): \(summary.measurements) measurements of \(summary.runs) runs"
          + (to == .tensorboard ? ", \(summary.files) files" : ""))
    }

    private struct Written: Encodable {
      let format: ExportFormat
      let out: String
      let summary: StudyExport.Summary

      enum CodingKeys: String, CodingKey { case format, out }

      func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(format, forKey: .format)
        try keys.encode(out, forKey: .out)
        try summary.encode(to: encoder)
      }
    }
  }
}
