import ArgumentParser
import Foundation
import Networks
import Torch
import Training

struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "The program's own speed on this machine.",
    subcommands: [Train.self, Extract.self, Images.self, Matmul.self])

  struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Images a second of train's own step on resident random data (median, after four steps).",
      discussion: "Example:\n  separatrix bench train --network resnet20 --batch 128 --size 32 --precision bf16")

    @Option(help: "Network.") var network = "resnet20"
    @Option(help: "Channels of the network's first stage.") var width: Int?
    @Option(help: "Samples a step.") var batch = 128
    @Option(help: "Side of the images, in pixels.") var size = 32
    @Option(help: "Channels of the images.") var channels = 3
    @Option(help: "Classes.") var classes = 10
    @Option(help: "Type of activations: f32 or bf16.") var precision = "f32"
    @Option(help: "Threads.") var threads: Int?
    @Option(help: "Steps that are timed.") var steps = 20
    @OptionGroup var place: DeviceOptions
    @Flag(help: "On CUDA, launch steps one operation at a time instead of as a recorded whole.") var noGraph = false
    @Flag(help: "On CUDA, the same bits each time.") var deterministic = false
    @OptionGroup var output: OutputOptions

    func run() throws {
      let type = try named(Precision.self, precision, "--precision")
      let device = try place.chosen()
      let bench = StepBenchmark(
        network: NetworkSpec(name: network, width: width), batch: batch, size: size, channels: channels,
        classes: classes, precision: type,
        threads: threads ?? HostMachine.cores, steps: steps, device: device, captures: !noGraph,
        deterministic: deterministic)
      var reason: String?
      let measured = try bench.run(catalog: Tool.catalog) { reason = $0 }
      let seconds = measured.seconds.sorted()
      if let reason { Console.complain(reason) }
      let peak = try matrixProductRate(type, device)
      let rate = Double(batch) / seconds[seconds.count / 2]
      let flops = try bench.flopsPerImage(catalog: Tool.catalog)
      let result = Result(
        network: network, batch: batch, size: size, precision: type.rawValue, threads: bench.threads,
        device: "\(device)", recorded: device.kind == "cuda" && !noGraph && reason == nil, reason: reason,
        imagesPerSecond: rate, peakFlopsShare: rate * flops / peak, flopsPerImage: flops, peakFlops: peak,
        peakMemory: measured.peakMemory)
      if output.json { return try Console.printJSON(result) }
      print(
        String(
          format: "%@, batch %d, %d px, %@, %@: %.1f images/s, %.1f %% of this machine's best matrix product",
          network, batch, size, type.rawValue, device == .cpu ? "\(bench.threads) threads" : "\(device)", rate,
          100 * result.peakFlopsShare))
    }

    private struct Result: Encodable {
      let network: String
      let batch, size: Int
      let precision: String
      let threads: Int
      let device: String
      /// Whether steps were recorded and launched as a whole, and why not where that was wanted.
      let recorded: Bool
      let reason: String?
      let imagesPerSecond, peakFlopsShare, flopsPerImage, peakFlops: Double
      /// Bytes before the first timed step and after the last.
      let peakMemory: [Int]
      enum CodingKeys: String, CodingKey {
        case network, batch, size, precision, threads, device, recorded, reason
        case imagesPerSecond = "images_per_second"
        case peakFlopsShare = "peak_flops_share"
        case flopsPerImage = "flops_per_image"
        case peakFlops = "peak_flops"
        case peakMemory = "peak_memory_bytes"
      }
    }
  }
}
