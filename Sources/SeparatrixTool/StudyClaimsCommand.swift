import ArgumentParser
import Foundation
import Study

extension StudyCommand {
  struct ClaimsOf: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "claims", abstract: "What a study says of the published claims, and of its author's own.",
      discussion: """
        By the rules of docs/claims.md; also while the study runs. Exits with 0 whatever the answers are.
        Example:
          separatrix study claims fashion
        """)

    @Argument(help: "Folder of the study.") var directory: String
    @OptionGroup var output: OutputOptions

    func run() throws {
      let found: StudyClaims
      do {
        found = try StudyClaims(directory: URL(typed: directory))
      } catch {
        throw Outcome.badInput(error.description)
      }
      if output.json { return try Console.printJSON(found) }
      print("\(found.study): the published claims")
      Self.show(found.claims) { "\($0.id). \($0.statement)" }
      guard !found.own.isEmpty else { return }
      print("\nThe study's own claims")
      Self.show(found.own) { $0.id }
    }

    /// One claim a line, its columns aligned to the left.
    private static func show(_ results: [ClaimResult], name: (ClaimResult) -> String) {
      let rows =
        [["claim", "verdict", "statistic", "value", "interval", "n", "missing"]]
        + results.map { result in
          [
            shortened(name(result), to: 52), result.verdict.rawValue, result.deciding?.name ?? "-",
            result.valueText ?? "-", result.intervalText ?? "-", result.countText ?? "-",
            result.missing.joined(separator: "; "),
          ]
        }
      let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
      for row in rows {
        let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        var line = cells.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        print(line)
      }
    }

    private static func shortened(_ text: String, to limit: Int) -> String {
      text.count > limit ? text.prefix(limit - 1) + "\u{2026}" : text
    }
  }
}
