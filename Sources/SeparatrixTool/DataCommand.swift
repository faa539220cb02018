import ArgumentParser
import Datasets
import Foundation

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data",
    abstract: "Data sets: what there is, what is in it, whether it is sound; packed for speed, looked at.",
    subcommands: [List.self, Fetch.self, Info.self, Verify.self, Pack.self, Preview.self])

  struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Counts, classes, mean, deviation and SHA-256 of a set; a contact sheet with --sheet.",
      discussion: "Example:\n  separatrix data info fashion-mnist:data/fashion-mnist --sheet sheet.png")

    @Argument(help: "Data: \(DataReference.grammar).") var name: String?
    @Option(help: "The same as the argument.") var data: String?
    @Option(help: "Split whose figures stand at the top: train or test.") var split: String?
    @Option(help: "Write a contact sheet to this PNG file.") var sheet: String?
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard let text = name ?? data else {
        throw Outcome.usage("which data set? For example: separatrix data info glyphs")
      }
      let reference = try pictures.applied(to: DataReference(parsing: text))
      let chosen = try split.map { try named(Split.self, $0, "--split") }
      let line = ProgressLine()
      let info = try DatasetInfo(reference, split: chosen) { done, total in line.show("measured \(done) of \(total)") }
      line.clear()
      if let sheet { try ContactSheet.write(try reference.loadStored(info.split), to: URL(typed: sheet)) }
      if output.json { return try Console.printJSON(info) }
      print(info.dataset)
      for (split, part) in info.splits.sorted(by: { $0.key.rawValue > $1.key.rawValue }) {
        print("\n\(split.rawValue)")
        Console.printFields([
          (
            "  images", "\(part.n) of \(part.shape.map(String.init).joined(separator: " x ")) (channels, height, width)"
          ),
          ("  mean", part.mean.map { String(format: "%.4f", $0) }.joined(separator: " ")),
          ("  deviation", part.deviation.map { String(format: "%.4f", $0) }.joined(separator: " ")),
          ("  SHA-256", part.sha256),
          ("  classes", String(part.classes)),
        ])
        for image in part.skipped ?? [] { print("    left out: \(image)") }
        if let passed = part.passedOver, passed.count > 0 { print("    passed over: \(passed)") }
        Console.printFields(zip(part.classNames, part.perClass).map { ("    \($0)", String($1)) })
      }
      if let sheet { print("\ncontact sheet: \(sheet)") }
    }
  }
}
