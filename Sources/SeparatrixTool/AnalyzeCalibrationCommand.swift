import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct CalibrationOfFile: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "calibration",
      abstract:
        "Whether a classifier's probabilities mean what they say: NLL, Brier, ECE, before and after temperature scaling.",
      discussion: """
        Takes outputs [n, classes] (logits): a bare array, or a file with `outputs`. The temperature is fitted on other examples (--fit).
        Example:
          separatrix analyze calibration test.npy --labels y.npy --fit holdout.npy --fit-labels hy.npy
        """)

    @Argument(help: "File of outputs, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the outputs' file holds none.") var labels: [String] = []
    @Option(parsing: .upToNextOption, help: "Outputs of other examples, to fit the temperature on.") var fit: [String] =
      []
    @Option(help: "Their labels, where the file holds none.") var fitLabels: [String] = []
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let set = try input.read(files, labels: labels, role: .outputs)
      let outputs = try set.requireOutputs().allRows()
      let labels = try set.requireLabels()
      var fitted: Calibration.FittedTemperature?
      if !fit.isEmpty {
        let other = try input.read(fit, labels: fitLabels, role: .outputs)
        fitted = try Calibration.fitTemperature(
          outputs: other.requireOutputs().allRows(), labels: other.requireLabels(option: "--fit-labels"))
      }
      var result = try Calibration.measure(outputs: outputs, labels: labels, temperature: fitted?.value)
      result.reason = fitted == nil ? "needs outputs of other examples (--fit)" : fitted?.reason
      if output.json { return try Console.printJSON(result) }
      print("\(result.n) examples, \(result.classes) classes, top-1 \(Console.percent(result.figures.accuracy))")
      func column(_ figures: CalibrationResult.Figures?) -> [String] {
        guard let figures else { return [] }
        return [figures.nll, figures.brier, figures.ece, figures.eceAdaptive, figures.eceClasswise].map(Console.number)
      }
      let names = ["NLL", "Brier", "ECE, 15 equal widths", "ECE, 15 equal counts", "ECE, by class"]
      let scaled = column(result.scaled)
      let heading = result.temperature.map { String(format: "at temperature %.4f", $0) }
      Console.printTable(
        ["", "as they are"] + (heading.map { [$0] } ?? []),
        zip(names, column(result.figures)).enumerated().map { place, row in
          [row.0, row.1] + (scaled.isEmpty ? [] : [scaled[place]])
        })
      if let reason = result.reason { print("temperature: \(reason)") }
    }
  }
}
