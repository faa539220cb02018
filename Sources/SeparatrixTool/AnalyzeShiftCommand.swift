import ArgumentParser
import Features
import Foundation
import Measures
import Torch

extension AnalyzeCommand {
  struct ShiftOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "shift",
      abstract: "Accuracy and calibration on a clean set and on shifted ones, mCE and relative mCE.",
      discussion: """
        Takes outputs [n, classes] (logits) with labels, a file for each set (quote a glob of shards). A file called NAME-SEVERITY or
        NAME_SEVERITY, as fog-3.npy, is corruption NAME at that severity, one digit from 1 to 9; any other is a plain shifted set. --sets
        says it in a table instead: columns file,corruption,severity[,labels], paths relative to the table.
        mCE needs a reference model's errors: a table with the columns corruption,severity,error (0 to 1) or error_percent (0 to 100),
        severity clean or 0 for its clean error; or alexnet, which is right for ImageNet-C alone.
        Examples:
          separatrix analyze shift --clean test.safetensors fog-1.safetensors fog-3.safetensors imagenet-r.safetensors
          separatrix analyze shift --clean test.npy --labels y.npy --sets sets.csv --reference resnet50.csv --json
        """)

    @Argument(help: "Files of outputs, each a shifted set.") var files: [String] = []
    @Option(help: "File of outputs on the clean set.") var clean: String
    @Option(help: "File of labels [n], of every set whose file holds none.") var labels: [String] = []
    @Option(help: "Table of shifted sets: file,corruption,severity[,labels].") var sets: String?
    @Option(help: "Errors of a reference model: a table, or alexnet (of ImageNet-C).") var reference: String?
    @Option(help: "Also figures of outputs divided by this.") var temperature: Double?
    @Option(help: "Outputs of other examples, to fit the temperature on.") var fit: String?
    @Option(help: "Their labels, where the file holds none.") var fitLabels: [String] = []
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      let shifted = try files.map(ShiftFile.init(named:)) + (sets.map(ShiftFile.read) ?? [])
      guard !shifted.isEmpty else { throw Outcome.usage("shift needs at least one shifted set: files, or --sets") }
      guard temperature == nil || fit == nil else {
        throw Outcome.usage("--temperature or --fit, not both: one gives the temperature, the other fits it")
      }
      guard temperature.map({ $0 > 0 && $0.isFinite }) ?? true else {
        throw Outcome.usage("--temperature \(temperature ?? 0): expected a number above 0")
      }
      let reference = try reference.map(Shift.Reference.init(reading:))
      let fitted = try fit.map(fitTemperature)
      let line = ProgressLine()
      var result = try Shift.measure(
        clean: examples(ShiftFile(named: clean)), sets: shifted.map(examples),
        temperature: temperature ?? fitted?.value, reference: reference
      ) { line.show("shift: \($0) of \(shifted.count) sets") }
      line.clear()
      if result.temperature == nil {
        result.reasons["temperature"] = fitted?.reason ?? "none was given (--temperature, or --fit)"
      }
      if reference == nil, !result.corruptions.isEmpty {
        for key in ["mce", "relative_mce"] { result.reasons[key] = "needs a reference model's errors (--reference)" }
      }
      if output.json { return try Console.printJSON(result) }
      show(result)
    }

    private func fitTemperature(_ file: String) throws -> Calibration.FittedTemperature {
      let other = try input.read([file], labels: fitLabels, role: .outputs)
      return try Calibration.fitTemperature(
        outputs: other.requireOutputs().allRows(), labels: other.requireLabels(option: "--fit-labels"))
    }

    /// What is mapped of a set: its outputs are read when it is measured. Its own labels win over those of all.
    private func examples(_ file: ShiftFile) throws -> Shift.Examples {
      let holdsLabels = try file.labels == nil && FeatureSet(reading: [file.path], role: .outputs).labels != nil
      let set = try input.read(
        [file.path], labels: file.labels.map { [$0] } ?? (holdsLabels ? [] : labels), role: .outputs)
      let outputs = try set.outputs ?? (set.set.requireOutputs() as any RowSource)
      return Shift.Examples(
        name: file.name, corruption: file.corruption, severity: file.severity, outputs: outputs,
        labels: try set.requireLabels())
    }

    private func show(_ result: ShiftResult) {
      let heading = result.temperature.map { String(format: " at %.3f", $0) }
      Console.printTable(
        ["set", "examples", "top-1", "95 %", "change", "NLL", "Brier", "ECE"]
          + (heading.map { ["NLL" + $0, "Brier" + $0, "ECE" + $0] } ?? []),
        ([result.clean] + result.sets).map { set in
          let figures = set.figures
          return [
            set.name, String(set.n), Console.percent(figures.accuracy),
            String(format: "%.2f to %.2f", 100 * set.interval.low, 100 * set.interval.high),
            set.change.map { String(format: "%+.2f", 100 * $0.accuracy) } ?? "", Console.number(figures.nll),
            Console.number(figures.brier), Console.number(figures.ece),
          ] + (figures.scaled.map { [$0.nll, $0.brier, $0.ece].map(Console.number) } ?? [])
        })
      if !result.corruptions.isEmpty {
        print("")
        Console.printTable(
          ["corruption", "severities", "mean error", "CE", "relative CE"],
          result.corruptions.map {
            [
              $0.corruption, $0.severities.map(String.init).joined(separator: ","), Console.percent($0.error),
              Console.percent($0.ce), Console.percent($0.relativeCE),
            ]
          })
        print(
          "mean corruption error \(Console.percent(result.meanCorruptionError)), mCE \(Console.percent(result.mce)), "
            + "relative mCE \(Console.percent(result.relativeMCE))"
            + (result.reference.map { ", against \($0)" } ?? ""))
      }
      for corruption in result.corruptions where result.reference != nil {
        if let reason = corruption.reason ?? corruption.relativeReason { print("\(corruption.corruption): \(reason)") }
      }
      for (side, words) in [(ShiftResult.Missing.Side.sets, "no set of"), (.reference, "not in the reference")] {
        let names = result.missing.filter { $0.from == side }.map {
          $0.corruption + ($0.severity.map { " \($0)" } ?? "")
        }
        if !names.isEmpty { print("\(words): \(names.joined(separator: ", "))") }
      }
      for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) { print("\(name): \(reason)") }
    }
  }
}
