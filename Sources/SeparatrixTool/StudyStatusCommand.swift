import ArgumentParser
import Foundation
import Study

extension StudyCommand {
  struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "What of a study is done, running and failed.",
      discussion: """
        Examples:
          separatrix study status fashion
          separatrix study status fashion --watch --every 10
        """)

    @Argument(help: "Folder of the study.") var directory: String
    @Flag(help: "Show it again and again until the study is finished; Ctrl-C leaves.") var watch = false
    @Option(help: "Seconds between two looks of --watch.") var every = 2.0
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard (0.1...86_400).contains(every) else { throw Outcome.usage("--every \(every): expected 0.1 to 86400") }
      if watch {
        if output.json { throw Outcome.usage("--watch and --json: take one of the two") }
        let trap = SignalTrap()
        try StudyWatch(directory: URL(typed: directory), every: every).run { trap.count > 0 }
        return
      }
      let status = try StudyStatus(directory: URL(typed: directory))
      if output.json { return try Console.printJSON(status) }
      print(status.summary)
      if let holder = status.holder { print("being run by \(holder)") }
      if let left = status.remainingSeconds, left > 0 { print("about \(Console.duration(left)) left") }
      Console.printTable(
        ["objective", "seed", "stage", "state", "time"],
        status.runs.map { [$0.objective, String($0.seed), $0.stage, $0.state.rawValue, Console.duration($0.seconds)] })
      for run in status.runs { if let error = run.error { print("\(run.objective), seed \(run.seed): \(error)") } }
    }
  }
}
