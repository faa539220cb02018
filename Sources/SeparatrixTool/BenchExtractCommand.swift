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

/// The rate of a large matrix product in this precision: operations a second, the best of five.
func matrixProductRate(_ precision: Precision, _ device: Device = .cpu) throws -> Double {
  let n = device == .cpu ? 2048 : 8192
  // Where the processor does not multiply bf16, training does so in f32.
  let half = precision == .bf16 && (device != .cpu || Machine.hasNativeBF16)
  let a = try Tensor.ones([n, n]).to(half ? .bf16 : .f32).to(device)
  var best = Double.infinity
  for _ in 0..<5 {
    let start = DispatchTime.now().uptimeNanoseconds
    _ = try a.matmul(a)
    try device.synchronize()
    best = min(best, Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  }
  return 2 * Double(n * n * n) / best
}
