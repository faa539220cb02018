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
        Takes outputs [n, classes]: a bare array, or a file with `outputs`. The temperature is fitted on other examples (--fit).
        Example:
          separatrix analyze calibration test.npy --labels y.npy --fit holdout.npy --fit-labels hy.npy
        """)

    @Argument(help: "File of outputs, or several, or a glob.") var files: [String]
    @Option(help: "File of labels [n], where the outputs' file holds none.") var labels: [String] = []
    @Option(parsing: .upToNextOption, help: "Outputs of other examples, to fit the temperature on.") var fit: [String] =
      []
    @Option(help: "Their labels, where the file holds none.") var fitLabels: [String] = []
    @Flag(help: "The outputs are probabilities. Default: logits.") var probabilities = false
    @Flag(help: "Also fit a factor and an offset for each class (needs --fit).") var vectorScaling = false
    @Option(help: "Half samples for 95 % intervals; 0 for none.") var bootstrap = 0
    @Option(help: "Seed of the half samples.") var seed: UInt64 = 0
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard bootstrap >= 0, bootstrap != 1 else {
        throw Outcome.usage("--bootstrap \(bootstrap): expected 0, or at least 2 half samples")
      }
      guard !vectorScaling || !fit.isEmpty else {
        throw Outcome.usage("--vector-scaling: needs outputs of other examples (--fit)")
      }
      let outputs = try read(files, labels)
      var (temperature, vector): (Calibration.FittedTemperature?, Calibration.FittedVector?)
      if !fit.isEmpty {
        let other = try read(fit, fitLabels, option: "--fit-labels")
        guard other.classes == outputs.classes else {
          throw ArrayFileError(
            .malformed, file: fit.joined(separator: ", "), field: "outputs", found: "\(other.classes) classes",
            expected: "\(outputs.classes), as \(files.joined(separator: ", "))")
        }
        temperature = try Calibration.fitTemperature(other)
        if vectorScaling { vector = try Calibration.fitVector(other) }
      }
      var options = Calibration.Options()
      (options.bootstrap, options.seed) = (bootstrap, seed)
      var result = try Calibration.measure(
        outputs, temperature: temperature?.value, vector: vector?.value, options: options)
      let infinite = "a label has probability 0: the negative log-likelihood is infinite"
      let unfitted = temperature == nil ? "needs outputs of other examples (--fit)" : temperature?.reason
      let reasons = [
        result.figures.nll == nil ? ("nll", infinite) : nil, unfitted.map { ("temperature", $0) },
        vector?.reason.map { ("vector scaling", $0) },
      ].compactMap { $0 }
      result.reason = reasons.isEmpty ? nil : reasons.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
      if output.json { return try Console.printJSON(result) }
      show(result)
      for (name, reason) in reasons { print("\(name): \(reason)") }
    }

    private func read(
      _ files: [String], _ labels: [String], option: String = "--labels"
    ) throws -> ClassifierOutputs {
      let set = try input.read(files, labels: labels, role: .outputs)
      return try ClassifierOutputs(
        set.requireOutputs(), labels: set.requireLabels(option: option), kind: probabilities ? .probabilities : .logits)
    }

    private func show(_ result: CalibrationResult) {
      print("\(result.n) examples, \(result.classes) classes, top-1 \(Console.percent(result.figures.accuracy))")
      typealias Figures = CalibrationResult.Figures
      let intervals = result.intervals
      let rows: [(String, (Figures) -> Double?, CalibrationResult.Interval?)] = [
        ("NLL", \.nll, intervals?.nll), ("Brier", \.brier, intervals?.brier),
        ("ECE, 15 equal widths", \.ece, intervals?.ece), ("  debiased", \.eceDebiased, intervals?.eceDebiased),
        ("ECE, 15 equal counts", \.eceAdaptive, intervals?.eceAdaptive), ("ECE, by class", \.eceClasswise, nil),
        ("ECE, smooth", \.eceSmooth, nil), ("squared error, debiased", \.squaredDebiased, nil),
        ("AURC", \.aurc, intervals?.aurc), ("  above the best order", \.aurcExcess, nil),
      ]
      let sets = [
        ("as they are", result.figures),
        (result.temperature.map { String(format: "at temperature %.4f", $0) }, result.scaled),
        ("vector scaling", result.vectorScaled),
      ].compactMap { name, figures in figures.map { (name ?? "", $0) } }
      Console.printTable(
        [""] + sets.map(\.0),
        rows.map { name, figure, interval in
          [name]
            + sets.enumerated().map { place, set in
              let ends = place == 0 ? interval : nil
              return Console.number(figure(set.1))
                + (ends.map { " (\(Console.number($0.low)) to \(Console.number($0.high)))" } ?? "")
            }
        })
      print("\nreliability, as they are")
      Console.printTable(
        ["confidence", "examples", "mean confidence", "accuracy"],
        result.bins.filter { $0.count > 0 }.map { bin in
          [
            String(format: "%.3f to %.3f", bin.low, bin.high), String(bin.count), Console.number(bin.confidence),
            Console.number(bin.accuracy),
          ]
        })
    }
  }
}
