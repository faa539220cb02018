import ArgumentParser
import Datasets
import Foundation
import Study

extension DataCommand {
  struct Pack: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Packs a set's pictures, resized, into one file that trains faster; the same line resumes it.",
      discussion: """
        Pictures never grow. The file holds all splits, labels, names, a check sum a picture and a digest; `data verify
        pack:FILE` checks them.
        Example:
          separatrix data pack folder:imagenet --side 256 --quality 90 --out imagenet-256.pack
          separatrix train --data pack:imagenet-256.pack ...
        """)

    @Argument(help: "Data, such as folder:DIR.") var data: String
    @Option(help: "The pack to write.") var out: String
    @Option(help: "Length of the side that --measure names, in pixels; 0 keeps sizes.") var side = 256
    @Option(help: "Which side becomes that long: shortest or longest.") var measure = "shortest"
    @Option(help: "JPEG quality, 1 to 100.") var quality = 90
    @Flag(help: "Keep pixels as they are instead of JPEG.") var raw = false
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      let reference = try pictures.applied(to: DataReference(parsing: data))
      let options = PackOptions(
        side: side == 0 ? nil : side, measure: try named(PackOptions.Measure.self, measure, "--measure"),
        quality: raw ? nil : quality, interpolation: reference.interpolation ?? .bicubic)
      do throws(DatasetError) { try options.validate() } catch { throw Outcome.usage("\(error)") }
      let writer = try PackWriter(reference, options: options, to: URL(typed: out))
      let trap = SignalTrap()
      let line = ProgressLine()
      let clock = WorkClock(total: writer.count)
      let summary = try writer.write { done in
        line.show("packed " + clock.text(done))
      } shouldStop: {
        trap.count > 0
      }
      line.clear()
      guard let summary else {
        throw Outcome.interrupted("interrupted; the same command line goes on from there")
      }
      if output.json { return try Console.printJSON(summary) }
      print("\(out): \(summary.n) pictures, \(summary.bytes / 1_000_000) MB")
      for image in summary.skipped { print("left out: \(image)") }
      print("next: separatrix train --data pack:\(out) ...")
    }
  }
}

/// How much of some work is done, how fast, and how long the rest takes.
struct WorkClock {
  let total: Int
  private let start = DispatchTime.now().uptimeNanoseconds
  private let first: Int

  init(total: Int, first: Int = 0) {
    self.total = total
    self.first = first
  }

  /// `1200 of 5000, 800/s, 5 s left`.
  func text(_ done: Int) -> String {
    let seconds = max(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9, 1e-9)
    let rate = Double(done - first) / seconds
    let left = rate > 0 ? Console.duration(Double(total - done) / rate) : "?"
    return "\(done) of \(total), \(Int(rate))/s, \(left) left"
  }
}
