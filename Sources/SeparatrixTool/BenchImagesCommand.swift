import ArgumentParser
import Datasets
import Foundation
import Training

extension BenchCommand {
  struct Images: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "images",
      abstract: "Images a second of train's own loader: random resized crop, flip, normalized f32 batches.",
      discussion: """
        Also of decoding alone, and of the loader from a pack of the same pictures. The set is repeated as often as needed.
        Example:
          separatrix bench images data/photographs
        """)

    @Argument(help: "A folder with one folder of pictures a class, or data such as shards:GLOB.") var folder: String
    @Option(help: "Images a batch.") var batch = 64
    @Option(help: "Images of each measurement.") var images = 4000
    @Option(help: "Threads.") var threads: Int?
    @Option(help: "The pack's shortest side.") var packSide = 256
    @OptionGroup var pictures: PictureOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      guard (1...4096).contains(batch), (1...100_000_000).contains(images), (1...1024).contains(threads ?? 1) else {
        throw Outcome.usage("--batch 1 to 4096, --images 1 to 100000000, --threads 1 to 1024")
      }
      var reference = try pictures.applied(to: DataReference(parsing: folder))
      if reference.size == nil { reference.size = [224] }
      let bench = ImageBenchmark(
        data: reference, batch: batch, images: images, threads: threads ?? HostMachine.cores,
        options: PackOptions(side: packSide))
      let line = ProgressLine()
      let result = try bench.run { line.show($0) }
      line.clear()
      if output.json { return try Console.printJSON(result) }
      func rate(_ value: Double) -> String { String(format: "%.0f images/s", value) }
      Console.printFields([
        ("training pipeline", rate(result.pipeline)), ("decoding alone", rate(result.decode)),
        ("pipeline from a pack", rate(result.pack)),
        ("measured on", "\(result.pictures) pictures, \(result.images) images each, \(result.threads) threads"),
      ])
    }
  }
}
