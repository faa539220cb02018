import ArgumentParser
import Features
import Foundation
import Measures
import Report
import Torch
import Training

extension AnalyzeCommand {
  struct AllOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "all",
      abstract: "Every measure that the files allow, and one report: HTML, CSV, JSON.",
      discussion: """
        Each argument is a set of its own (a file, or a glob in quotes whose files are shards): layers, outputs, labels, whatever it
        holds. Several sets hold the same examples in the same order and are compared. What the files do not allow is left out, with
        the reason.
        Example:
          separatrix analyze all softmax.safetensors cosine.safetensors --out report
        """)

    @Argument(help: "Feature files, each a set; quote a glob of shards.") var files: [String]
    @Option(help: "File of labels [n], where the first file holds none.") var labels: [String] = []
    @Option(help: "Folder for the report.") var out = "analysis"
    @Option(help: "What the sets are called, parted by commas. Default: their files' names.") var names: String?
    @Option(
      parsing: .upToNextOption,
      help: "Outputs and labels of other examples, one file for each set, to fit its temperature on.") var fit:
      [String] = []
    @Flag(help: "Outputs are probabilities. Default: logits.") var probabilities = false
    @Option(help: "Half samples for 95 % intervals of class separation and calibration; 0 for none.") var bootstrap = 0
    @Option(help: "Seed of the half samples.") var seed: UInt64 = 0
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard bootstrap >= 0, bootstrap != 1 else {
        throw Outcome.usage("--bootstrap \(bootstrap): expected 0, or at least 2 half samples")
      }
      guard fit.isEmpty || fit.count == files.count else {
        throw Outcome.usage("--fit: \(fit.count) files for \(files.count) sets; expected one for each, in their order")
      }
      let names = try setNames()
      let library = try Report.chartLibrary()
      let sets = try input.read(files.map { [$0] }, labels: labels)
      let kind: ClassifierOutputs.Kind = probabilities ? .probabilities : .logits
      let inputs = try sets.enumerated().map { place, set in
        let fitted = try fit.isEmpty ? nil : input.read([fit[place]], role: .outputs)
        return Survey.Input(
          name: names[place], layers: set.layers, outputs: set.outputs,
          fit: try fitted.map { try ClassifierOutputs($0.requireOutputs(), labels: $0.requireLabels(), kind: kind) })
      }
      var options = Survey.Options()
      (options.kind, options.bootstrap, options.seed) = (kind, bootstrap, seed)
      let line = ProgressLine()
      let start = Date()
      let survey = try Survey.measure(inputs, labels: sets.lazy.compactMap(\.labels).first, options: options) {
        what, share in
        let left = share > 0 ? ", \(Console.duration(-start.timeIntervalSinceNow * (1 - share) / share)) left" : ""
        line.show("\(what): \(Int(100 * share)) %\(left)")
      }
      line.clear()
      let folder = URL(typed: out)
      try SurveyReport.write(
        survey, command: "separatrix " + CommandLine.arguments.dropFirst().map(\.quotedForShell).joined(separator: " "),
        version: programVersion, to: folder, plotly: library)
      if output.json { return try Console.printJSON(survey) }
      for sentence in SurveyReport.finding(survey) { print(sentence.hasSuffix(".") ? sentence : sentence + ".") }
      print("")
      let table = SurveyReport.overview(survey)
      // A figure a row: sets are few, figures many.
      Console.printTable(
        [""] + table.rows.map { $0[0] },
        table.header.indices.dropFirst().map { column in [table.header[column]] + table.rows.map { $0[column] } })
      for item in survey.omitted {
        print("left out: \(item.measure)\(item.set.map { " of \($0)" } ?? ""): \(item.reason)")
      }
      print("\nreport: \(Console.short(folder.appendingPathComponent("analysis.html")))")
    }

    /// Different names for all sets.
    private func setNames() throws -> [String] {
      if let names {
        let given = names.split(separator: ",", omittingEmptySubsequences: false).map {
          $0.trimmingCharacters(in: .whitespaces)
        }
        guard given.count == files.count, !given.contains(""), Set(given).count == given.count else {
          throw Outcome.usage("--names \(names): expected \(files.count) different names, parted by commas")
        }
        return given
      }
      let short = files.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent }
      if Set(short).count == short.count { return short }
      // Files of one name in several folders: the folders tell.
      let longer = files.map { file in
        let url = URL(fileURLWithPath: file).deletingPathExtension()
        return url.deletingLastPathComponent().lastPathComponent + "/" + url.lastPathComponent
      }
      if Set(longer).count == longer.count { return longer }
      return files.enumerated().map { "\($0 + 1): \($1)" }
    }
  }
}

extension String {
  /// As a shell takes it.
  fileprivate var quotedForShell: String {
    let isPlain = !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./,:=+@%".contains($0)) }
    return isPlain ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
