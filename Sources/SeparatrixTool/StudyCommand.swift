import ArgumentParser
import Foundation
import Report
import Study
import Torch
import Training

struct StudyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Whole studies: objectives x seeds, trained, measured, compared, reported.",
    subcommands: [
      Run.self, Status.self, ReportAgain.self, ClaimsOf.self, Export.self, Schema.self, List.self, Check.self,
      Collect.self,
    ])

  struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Runs or resumes a study, then writes its report.",
      discussion: """
        What is done is never done again: stop it in any way, and the same line goes on. Several processes, also on
        several machines, may be given the same line: they share the work.
        Examples:
          separatrix study run studies/fashion-mnist.yaml --data-root data --out fashion
          separatrix study run studies/demo.yaml --out demo --shard 1/8
        """)

    @Argument(help: "Specification in YAML.") var specification: String
    @Option(help: "Folder of the study. Default: studies/out/NAME.") var out: String?
    @Option(help: "Worker processes. Default: one for each core.") var workers: Int?
    @Option(help: "Threads of each worker (part of every run's plan).") var threads = 1
    @OptionGroup var place: DeviceOptions
    @Option(help: "Do one part only, as 2/8: every eighth run from the second on.") var shard: String?
    @Option(help: "Further attempts at a stage that fails or whose worker dies.") var retries = 1
    @Option(help: "Folder of another study: what it has done is taken over; may be repeated.") var reuse: [String] = []
    @Option(help: "Folder below which the specification's files lie.") var dataRoot: String?
    @Option(name: .customLong("set"), help: "Change a key, as training.epochs=5; may be repeated.") var set: [String] =
      []
    @Flag(help: "Show the plan: runs, stages, estimated time and disk; do nothing.") var dryRun = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      if let workers, !(1...1024).contains(workers) { throw Outcome.usage("--workers \(workers): expected 1 to 1024") }
      guard (1...1024).contains(threads) else { throw Outcome.usage("--threads \(threads): expected 1 to 1024") }
      guard (0...1000).contains(retries) else { throw Outcome.usage("--retries \(retries): expected 0 to 1000") }
      let part = try shard.map { text in
        guard let part = Shard(text) else { throw Outcome.usage("--shard \(text): expected I/N with I from 1 to N") }
        return part
      }
      let document = try StudyRunner.read(
        file: URL(typed: specification), named: specification, overrides: set, dataRoot: dataRoot, catalog: Tool.catalog
      )
      var runner = StudyRunner(
        document: document, directory: out.map(URL.init(typed:)), workers: workers, threads: threads,
        device: try place.chosen(), catalog: Tool.catalog, programVersion: programVersion)
      runner.facts = [
        "libtorch": Machine.version, "instruction_set": Machine.instructionSet,
        "native_bf16": Machine.hasNativeBF16 ? "yes" : "no",
      ]
      runner.retries = retries
      runner.shard = part
      runner.reuse = reuse.map(URL.init(typed:))
      if dryRun { return try show(runner) }
      let start = DispatchTime.now().uptimeNanoseconds
      let progress = StudyProgress(output: .standardError)
      let result = try runner.run(progress: progress)
      progress.end()
      if result.wasInterrupted {
        throw Outcome.interrupted(
          "interrupted: \(result.done) of \(result.total) stages are done; the same command line goes on")
      }
      let path = try writeReport(runner.directory)
      let store = try StudyStore(existing: runner.directory.appendingPathComponent("study.sqlite"))
      if output.json {
        try Console.printJSON(
          Summary(
            name: document.specification.name, directory: runner.directory.path, report: path.path,
            stages: result.total,
            done: result.done, failed: result.failed, leftElsewhere: result.leftElsewhere))
      } else {
        print(try Report.table(store: store))
        print("")
        for line in try Report.finding(store: store) { print(line) }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
        print(
          "\nreport: \(Console.short(path))  (\(result.done) of \(result.total) stages done, \(Console.duration(seconds)))"
        )
      }
      if result.leftElsewhere > 0 {
        Console.complain(
          "shard \(shard ?? ""): nothing is left to do; \(result.leftElsewhere) stages of other shards are not done")
      }
      if result.failed > 0 {
        throw Outcome.failed(
          "\(result.failed) of \(result.total) stages failed; the report lists them with their errors")
      }
    }

    private struct Summary: Encodable {
      let name, directory, report: String
      let stages, done, failed, leftElsewhere: Int
      enum CodingKeys: String, CodingKey {
        case name, directory, report, stages, done, failed
        case leftElsewhere = "left_elsewhere"
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The studies below a folder.", discussion: "Example:\n  separatrix study list studies/out")

    @Argument(help: "Folder to look in. Default: studies/out.") var root = "studies/out"
    @OptionGroup var output: OutputOptions

    func run() throws {
      let studies = StudyList.studies(below: URL(typed: root))
      if output.json {
        return try Console.printJSON([
          "studies": studies.map {
            Item(
              name: $0.status.name, directory: $0.directory.path, runs: $0.status.runs.count, done: $0.status.done,
              failed: $0.status.failed)
          }
        ])
      }
      guard !studies.isEmpty else { return print("no studies below \(root)") }
      Console.printTable(
        ["study", "runs", "done", "failed", "folder"],
        studies.map {
          [
            $0.status.name, String($0.status.runs.count), String($0.status.done), String($0.status.failed),
            $0.directory.path,
          ]
        })
    }

    private struct Item: Encodable {
      let name, directory: String
      let runs, done, failed: Int
    }
  }
}

/// What studies start as worker processes; not for people.
struct WorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker", abstract: "Works for a study (started by `study run`).", shouldDisplay: false)

  @Option(help: "Threads of each operation.") var threads = 1
  @OptionGroup var place: DeviceOptions

  func run() throws {
    try Machine.setThreads(threads)
    let stages = StageExecution(catalog: Tool.catalog, device: try place.ready())
    Worker.run { try stages.perform($0, $1) }
  }
}
