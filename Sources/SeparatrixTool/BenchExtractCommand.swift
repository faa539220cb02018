import ArgumentParser
import Foundation
import Networks
import Torch
import Training

extension BenchCommand {
  struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Images a second of extract's own pass on resident random data, in f32 (median, after four batches).",
      discussion: "Example:\n  separatrix bench extract --network resnet50 --batch 16 --size 224")

    @Option(help: "Network.") var network = "resnet50"
    @Option(help: "Channels of the network's first stage.") var width: Int?
    @Option(help: "Images at a time.") var batch = 16
    @Option(help: "Side of the images, in pixels.") var size = 224
    @Option(help: "Threads.") var threads: Int?
    @Option(help: "Batches that are timed.") var steps = 10
    @OptionGroup var output: OutputOptions

    func run() throws {
      let bench = ExtractionBenchmark(
        network: NetworkSpec(name: network, width: width), batch: batch, size: size,
        threads: threads ?? HostMachine.cores, steps: steps)
      let seconds = try bench.run(catalog: Tool.catalog).sorted()
      let rate = Double(batch) / seconds[seconds.count / 2]
      let share = rate * (try bench.flopsPerImage(catalog: Tool.catalog)) / (try matrixProductRate(.f32))
      let result = Result(
        network: network, batch: batch, size: size, threads: bench.threads, imagesPerSecond: rate, peakFlopsShare: share
      )
      if output.json { return try Console.printJSON(result) }
      print(
        String(
          format: "%@, batch %d, %d px, %d threads: %.1f images/s, %.1f %% of this machine's best matrix product",
          network, batch, size, bench.threads, rate, 100 * share))
    }

    private struct Result: Encodable {
      let network: String
      let batch, size, threads: Int
      let imagesPerSecond, peakFlopsShare: Double
      enum CodingKeys: String, CodingKey {
        case network, batch, size, threads
        case imagesPerSecond = "images_per_second"
        case peakFlopsShare = "peak_flops_share"
      }
    }
  }
}
