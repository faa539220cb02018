import ArgumentParser
import Datasets
import Foundation
import Study

extension DataCommand {
  struct Fetch: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Downloads a listed set, verifies and unpacks it; the same line resumes it.",
      discussion: """
        Only addresses that were seen at their source are known; `data list NAME` says where, and what needs a form. What \
        comes is checked against size and check sum where they are known, and the folder appears when all is there.
        Example:
          separatrix data fetch fashion-mnist --out data/fashion-mnist
        """)

    @Argument(help: "Name of a listed set.") var name: String
    @Option(help: "The folder to be. Default: data/NAME.") var out: String?
    @Flag(help: "Keep archives beside what came out of them.") var keepArchives = false
    @Flag(help: "Say what would be fetched, and stop.") var dryRun = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      let facts = try DatasetFacts.find(name)
      guard facts.isFetchable else {
        throw Outcome.badInput(
          "\(name): " + (facts.needsForm ?? "no address of its files is known") + "; see separatrix data list \(name)")
      }
      let folder = URL(typed: out ?? "data/\(name)")
      let files = facts.downloads.compactMap { file in
        file.url.map {
          DatasetFetch.File(
            url: $0, name: file.file, bytes: file.bytes, sha256: file.sha256, md5: file.md5,
            // A packed single file is read as it is.
            unpacks: ![nil, .gzip].contains(Archive.Format(name: file.file)))
        }
      }
      if dryRun {
        if output.json { return try Console.printJSON(["files": files]) }
        for file in files {
          let sum = file.sha256.map { "SHA-256 \($0)" } ?? file.md5.map { "MD5 \($0)" } ?? "no check sum known"
          print("\(file.url)\n    \(file.bytes.map { "\($0) bytes, " } ?? "")\(sum)")
        }
        return
      }
      let line = ProgressLine()
      let trap = SignalTrap()
      let receipt: DatasetFetch.Receipt
      do throws(DatasetError) {
        receipt = try DatasetFetch(files, into: folder.path, keepsArchives: keepArchives).run(
          progress: { file, step in line.show(Self.words(file, step)) }, isCancelled: { trap.count > 0 })
      } catch {
        line.clear()
        if trap.count > 0 { throw Outcome.interrupted("interrupted; the same command line goes on from there") }
        throw error
      }
      line.clear()
      if output.json { return try Console.printJSON(receipt) }
      print("\(Console.short(folder)): \(receipt.files.count) files of \(facts.title)")
      print("next: separatrix data verify \(name):\(Console.short(folder))")
    }

    private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1e6) }

    private static func left(_ bytes: Int, _ rate: Double) -> String {
      rate > 0 ? Console.duration(Double(bytes) / rate) : "?"
    }

    private static func words(_ file: DatasetFetch.File, _ step: DatasetFetch.Step) -> String {
      switch step {
      case .download(let progress):
        "\(file.name): \(megabytes(progress.received))\(progress.total.map { " of \(megabytes($0))" } ?? "") MB, "
          + "\(megabytes(Int(progress.rate))) MB/s"
          + (progress.total.map { ", \(left($0 - progress.received, progress.rate)) left" } ?? "")
          + (progress.failures > 0 ? ", after \(progress.failures) failed attempts" : "")
      case .unpacking(let progress):
        "\(file.name): unpacked \(progress.entries) files, \(megabytes(progress.unpacked)) MB"
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the data sets, formats and how to name them; with a name, all that is known of a set.",
      discussion: "Example:\n  separatrix data list\n  separatrix data list flowers102")

    @Argument(help: "A set.") var name: String?
    @OptionGroup var output: OutputOptions

    func run() throws {
      if let name {
        // A format or the built-in set has an entry only.
        guard let facts = DatasetFacts.standard.first(where: { $0.name == name }) else {
          let entry = try DatasetEntry.find(name)
          if output.json { return try Console.printJSON(Item(entry)) }
          return show(entry)
        }
        if output.json { return try Console.printJSON(facts) }
        return print(facts.details.joined(separator: "\n"))
      }
      let entries = DatasetEntry.standard
      if output.json {
        return try Console.printJSON(Listing(datasets: entries.map(Item.init), facts: DatasetFacts.standard))
      }
      let listed = Set(DatasetFacts.standard.map(\.name))
      print("formats and the built-in set\n")
      for entry in entries where !listed.contains(entry.name) { show(entry) }
      print("\nlisted sets, written NAME:DIR; separatrix data list NAME tells more\n")
      print(DatasetFacts.table().joined(separator: "\n"))
    }

    private func show(_ entry: DatasetEntry) {
      print("--data \(entry.usage)\n    \(entry.summary)")
      if !entry.factors.isEmpty { print("    labels: \(entry.factors.joined(separator: ", "))") }
    }

    private struct Listing: Encodable {
      let datasets: [Item]
      let facts: [DatasetFacts]
    }

    private struct Item: Encodable {
      let name, summary, usage: String
      let factors: [String]

      init(_ entry: DatasetEntry) {
        name = entry.name
        summary = entry.summary
        usage = entry.usage
        factors = entry.factors
      }
    }
  }
}
