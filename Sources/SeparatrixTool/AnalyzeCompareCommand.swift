import ArgumentParser
import Features
import Foundation
import Measures
import Torch
import Transfer

extension AnalyzeCommand {
  struct CompareOfFiles: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "compare",
      abstract: "Whether a new embedding is better than an old one, for what, by how much, and how sure that is.",
      discussion: """
        Both files hold the same examples in the same order; their dimensions may differ. Retrieval (recall@k, mAP@R), the vote of
        the nearest neighbours, linear probes by cross-validation and, where both files have outputs, their top-1; every
        example is compared with itself, over all and by class.
        Example:
          separatrix analyze compare old.npy new.npy --labels labels.npy
          separatrix analyze compare old.safetensors new.safetensors --per-class --json
        """)

    @Argument(help: "Features of the old embedding: a file, or a glob of shards in quotes.") var old: String
    @Argument(help: "Features of the new one.") var new: String
    @Option(help: "File of labels [n], where the features hold none.") var labels: [String] = []
    @Option(help: "Layer of the old. Default: features, else the last.") var layer: String?
    @Option(help: "Layer of the new. Default: as the old's.") var otherLayer: String?
    @Option(help: "Folds of the linear probe.") var folds = 2
    @Option(help: "What to leave out, parted by commas: probe, separation, cka.") var skip: String?
    @Flag(help: "List every class (--json always does).") var perClass = false
    @OptionGroup var retrieval: RetrievalOptions
    @OptionGroup var input: FeatureInput
    @OptionGroup var output: OutputOptions

    func run() throws {
      var options = Comparison.Options()
      options.retrieval = try retrieval.options()
      options.probe.seed = retrieval.seed
      guard folds >= 2 else { throw Outcome.usage("--folds \(folds): expected at least 2") }
      options.folds = folds
      options.skipped = Set(
        try (skip ?? "").split(separator: ",").map { try named(Comparison.Part.self, String($0), "--skip") })
      let sets = try input.read([[old], [new]], labels: labels)
      let labels = try labels(of: sets)
      let line = ProgressLine()
      defer { line.clear() }
      let result = try Comparison.run(
        old: Comparison.Embedding(sets[0].layer(layer).rows, outputs: sets[0].outputs),
        new: Comparison.Embedding(sets[1].layer(otherLayer ?? layer).rows, outputs: sets[1].outputs), labels: labels,
        options
      ) { line.show("\($0): \(Int(100 * $1)) %") }
      line.clear()
      if output.json { return try Console.printJSON(result) }
      ComparisonText(result: result, old: old, new: new, listsClasses: perClass).print()
    }

    /// The labels of either file; where both have some, they tell whether the examples are the same.
    private func labels(of sets: [ReadFeatures]) throws -> [Int] {
      guard let first = sets[0].labels, let second = sets[1].labels else {
        return try sets[1].labels ?? sets[0].requireLabels()
      }
      if let row = zip(first, second).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset {
        throw ArrayFileError(
          .malformed, file: new, field: "labels[\(row)]", found: "\(second[row])",
          expected: "\(first[row]), as in \(old): the same examples in the same order")
      }
      return first
    }
  }
}

/// A comparison for people: the verdict, the measures, what has none, the classes.
struct ComparisonText {
  let result: ComparisonFindings
  let old, new: String
  let listsClasses: Bool

  /// Classes shown where not all are asked for.
  private static let classesShown = 3

  func print() {
    Swift.print(result.summary + "\n")
    Swift.print(
      "\(result.n) examples, \(result.perClass.count) classes; \(result.dimensionsOld) dimensions in \(old), "
        + "\(result.dimensionsNew) in \(new)")
    if result.queries < result.n { Swift.print("\(result.queries) of them, at random, are compared") }
    if result.leftOut > 0 {
      Swift.print("alone in their class, and left out of recall and mAP@R: \(result.leftOut)")
    }
    Console.printTable(
      ["measure", "old", "new", "difference", "95 % interval", "p", "p, all tests", "verdict", "examples needed"],
      result.measures.map { measure in
        [
          ComparisonFindings.title(measure.name), Console.percent(measure.old), Console.percent(measure.new),
          points(measure.difference), measure.low.map { "\(points($0)) to \(points(measure.high))" } ?? "-",
          Console.number(measure.p), Console.number(measure.pHolm), measure.verdict?.rawValue ?? "-",
          (measure.examplesNeeded.map(String.init) ?? "-") + (measure.isSettled ? ", settled" : ""),
        ]
      })
    for measure in result.measures {
      if let reason = measure.reason, measure.verdict == nil {
        Swift.print("\(ComparisonFindings.title(measure.name)): \(reason)")
      }
    }
    for (name, reason) in result.reasons.sorted(by: { $0.key < $1.key }) {
      Swift.print("\(ComparisonFindings.title(name)): \(reason)")
    }
    printDescriptions()
    printClasses()
  }

  /// Differences in points: hundredths of the share.
  private func points(_ share: Double?) -> String { share.map { String(format: "%+.2f", 100 * $0) } ?? "-" }

  private func printDescriptions() {
    Swift.print("")
    Console.printFields([
      (
        "R^2, debiased",
        "\(Console.number(result.separationOld)) to \(Console.number(result.separationNew)) "
          + "(class separation by cosine; more is not better: what raises it has been seen to transfer worse)"
      ),
      ("CKA, debiased", "\(Console.number(result.cka)) (1: the same up to a rotation and a factor)"),
    ])
  }

  /// Classes by how much they changed in mAP@R, the most first.
  private func printClasses() {
    let changed = result.perClass.filter { $0["map_at_r"]?.difference != nil }.sorted {
      let (a, b) = ($0["map_at_r"]?.difference ?? 0, $1["map_at_r"]?.difference ?? 0)
      return (-abs(a), $0.label) < (-abs(b), $1.label)
    }
    guard !changed.isEmpty else { return }
    func text(_ classes: some Sequence<ClassComparison>) -> String {
      classes.prefix(Self.classesShown).map { "\($0.label) (\(points($0["map_at_r"]?.difference)))" }
        .joined(separator: ", ")
    }
    let gained = changed.filter { ($0["map_at_r"]?.difference ?? 0) > 0 }
    let lost = changed.filter { ($0["map_at_r"]?.difference ?? 0) < 0 }
    let settled = changed.count { $0.measures.contains(where: \.isSettled) }
    Swift.print(
      "classes by mAP@R: \(gained.count) gained" + (gained.isEmpty ? "" : ", most \(text(gained))")
        + "; \(lost.count) lost" + (lost.isEmpty ? "" : ", most \(text(lost))")
        + "; \(settled) beyond chance in some measure")
    guard listsClasses else { return }
    let names = result.measures.map(\.name)
    Swift.print("\nby class, the most changed first: old, new, difference in points; * beyond chance among all classes")
    Console.printTable(
      ["class", "n"] + names.map(ComparisonFindings.title),
      changed.map { entry in
        [String(entry.label), String(entry.n)]
          + names.map { name in
            guard let measure = entry[name], let old = measure.old, let new = measure.new else { return "-" }
            return String(format: "%.1f %.1f ", 100 * old, 100 * new) + points(measure.difference)
              + (measure.isSettled ? "*" : " ")
          }
      })
  }
}
