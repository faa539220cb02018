import ArgumentParser
import Foundation
import Study

extension StudyCommand {
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Checks a study's store, and the files of every stage that is done.",
      discussion: "Exits with 1 when something is wrong.\nExample:\n  separatrix study check fashion")

    @Argument(help: "Folder of the study.") var directory: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      let check = try StudyCheck(directory: URL(typed: directory), catalog: Tool.catalog)
      if output.json {
        try Console.printJSON(check)
      } else {
        for problem in check.problems {
          print("\(problem.stage.map { "\($0): " } ?? "")\(Console.short(URL(typed: problem.file))): \(problem.reason)")
        }
        print("\(check.stages) stages done, \(check.files) files, \(Console.mebibytes(check.bytes))")
      }
      guard check.problems.isEmpty else { throw Outcome.failed("\(check.problems.count) problems") }
    }
  }

  struct Collect: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "gc",
      abstract: "Removes what a study's present specification no longer asks for.",
      discussion: """
        Folders of runs, features and results of stages, and rows of the store that the plan of the last `study run`
        does not refer to; no other files, and nothing while the study runs.
        Example:
          separatrix study gc fashion --dry-run
        """)

    @Argument(help: "Folder of the study.") var directory: String
    @Flag(help: "Only list it.") var dryRun = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      let directory = URL(typed: directory)
      let garbage =
        dryRun
        ? try StudyGarbage(directory: directory) : try StudyGarbage.remove(from: directory) { Console.complain($0) }
      if output.json {
        return try Console.printJSON(
          Collected(
            items: garbage.items, bytes: garbage.bytes, stages: garbage.stages, runs: garbage.runs, removed: !dryRun))
      }
      if !garbage.items.isEmpty {
        Console.printTable(["path", "size"], garbage.items.map { [$0.path, Console.mebibytes($0.bytes)] })
      }
      print(
        "\(dryRun ? "would remove" : "removed") \(garbage.items.count) folders and files, "
          + "\(Console.mebibytes(garbage.bytes)); \(garbage.stages) stages and \(garbage.runs) runs from the store")
    }

    private struct Collected: Encodable {
      let items: [StudyGarbage.Item]
      let bytes, stages, runs: Int
      let removed: Bool
    }
  }
}

extension Console {
  /// Bytes for people.
  static func mebibytes(_ bytes: Int) -> String { String(format: "%.1f MiB", Double(bytes) / 1_048_576) }
}
