import ArgumentParser
import Datasets
import Features
import Foundation

extension DataCommand {
  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Decodes every picture; lists the bad, the copies, odd class lists and, with --outputs, likely label errors.",
      discussion: """
        Copies are exact (the same bytes) or near (a small perceptual-hash distance). With the outputs of any model, [n, K] \
        logits or probabilities in the order of a split's pictures, labels are tested for a shift or permutation of the \
        classes, and likely errors are found by confident learning (Northcutt and others, 2021).
        Exit code 3 if a picture is bad.
        Example:
          separatrix data verify folder:data/photographs --out findings.json
        """)

    @Argument(help: "A folder, pack or archive, or data such as shards:GLOB, cifar10:DIR.") var data: String
    @Option(help: "A model's outputs, .npy, .npz or .safetensors, [n, K].") var outputs: String?
    @Option(help: "The split that the outputs belong to. Default: test, or the only one.") var split: String?
    @Option(help: "Write everything found to this JSON file.") var out: String?
    @Option(help: "How many findings of a kind are printed.") var show = 20
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let reference = try pictures.applied(to: DataReference(parsing: data))
      let line = ProgressLine()
      var clock: WorkClock?
      var findings = try SetVerification(reference) { done, total in
        if clock == nil { clock = WorkClock(total: total) }
        line.show("verified \(clock?.text(done) ?? "")")
      }
      line.clear()
      if let outputs {
        let array = try FeatureSet(reading: [URL(typed: outputs).path], role: .outputs).requireOutputs()
        let rows = try array.allRows().doubles()
        let chosen = try split.map { try SeparatrixTool.named(Split.self, $0, "--split") }
        try findings.judge(
          ClassOutputs(rows, count: array.count, classes: array.count > 0 ? rows.count / array.count : 0),
          split: chosen ?? (findings.splits[.test] == nil ? .train : .test))
      }
      if let out {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
          try (encoder.encode(findings) + [10]).write(to: URL(typed: out), options: .atomic)
        } catch {
          throw Outcome.badInput("--out \(out): cannot be written: \(error.localizedDescription)")
        }
      }
      if output.json { try Console.printJSON(findings) } else { tell(findings) }
      if !findings.bad.isEmpty {
        throw Outcome.badInput("\(findings.bad.count) of \(findings.n) pictures are bad")
      }
    }

    private func tell(_ findings: SetVerification) {
      let parts = findings.splits.sorted { $0.key.rawValue > $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
      print("\(findings.dataset): \(findings.n) pictures (\(parts.joined(separator: ", ")))")
      list("bad", findings.bad.map(\.description))
      if findings.passedOver.count > 0 { print("passed over: \(findings.passedOver)") }
      list("odd class lists", findings.anomalies)
      list(
        "copies",
        findings.duplicates.sorted {
          ($0.crossesSplits ? 0 : 1, $0.labelsConflict ? 0 : 1) < ($1.crossesSplits ? 0 : 1, $1.labelsConflict ? 0 : 1)
        }
        .map { group in
          let notes = (group.crossesSplits ? ", across splits" : "") + (group.labelsConflict ? ", labels differ" : "")
          return "\(group.kind)\(notes): " + group.members.map { "\($0.file) (\($0.label))" }.joined(separator: "; ")
        })
      if let map = findings.classMap {
        print("class map: \(map)")
        list(
          "likely label errors",
          findings.labelIssues.map {
            "\($0.file): \($0.label), rather \($0.suggestion) (probability of the label \(Console.number($0.selfConfidence)))"
          })
      }
    }

    private func list(_ title: String, _ lines: [String]) {
      print("\(title): \(lines.isEmpty ? "none" : String(lines.count))")
      for line in lines.prefix(max(show, 0)) { print("  \(line)") }
      if lines.count > show { print("  ... and \(lines.count - show) more; --out FILE.json has all") }
    }
  }
}
