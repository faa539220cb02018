import ArgumentParser
import Foundation
import Torch
import Training

extension BenchCommand {
  struct Matmul: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "matmul",
      abstract: "The rate of matrix products on this machine: what other figures are a share of.",
      discussion: """
        Both columns are GFLOP/s, the best of five (of fewer, where they take seconds). "LibTorch" is its own matmul, which takes MKL for f32; "here" is what
        this program takes: oneDNN for f32 where the processor has AVX-512 and is not Intel's.
        Example:
          separatrix bench matmul --threads 2
        """)

    @Option(help: "Threads.") var threads: Int?
    @OptionGroup var output: OutputOptions

    func run() throws {
      let threads = threads ?? HostMachine.cores
      try Machine.setThreads(threads)
      let shapes = [
        [2048, 2048, 2048], [4096, 4096, 4096], [512, 512, 2048], [2048, 256, 5120], [20_000, 10, 512],
      ]
      let rows = try shapes.flatMap { shape in
        try ["f32", "bf16", "f64"].map { type in
          Row(
            m: shape[0], n: shape[1], k: shape[2], type: type,
            here: try rate(shape, type) { try $0.matmul($1) },
            libtorch: try rate(shape, type) { try Tensor.call("aten::matmul", [.tensor($0), .tensor($1)])[0] })
        }
      }
      func best(_ type: String) -> Double { rows.filter { $0.type == type }.map(\.here).max() ?? 0 }
      if output.json {
        return try Console.printJSON(
          Result(threads: threads, f32: best("f32"), bf16: best("bf16"), f64: best("f64"), rows: rows))
      }
      Console.printTable(
        ["product", "type", "here", "LibTorch"],
        rows.map {
          [
            "\($0.m) x \($0.k) by \($0.k) x \($0.n)", $0.type, String(format: "%.0f", $0.here),
            String(format: "%.0f", $0.libtorch),
          ]
        })
      print(
        String(
          format: "best, %d threads: f32 %.0f, bf16 %.0f, f64 %.0f GFLOP/s", threads, best("f32"), best("bf16"),
          best("f64")))
    }

    /// GFLOP/s of a [m, k] by b [k, n], the best of some.
    private func rate(_ shape: [Int], _ type: String, _ product: (Tensor, Tensor) throws -> Tensor) throws -> Double {
      let element: ElementType = type == "bf16" ? .bf16 : type == "f64" ? .f64 : .f32
      let a = try Tensor.ones([shape[0], shape[2]]).to(element)
      let b = try Tensor.ones([shape[1], shape[2]]).to(element).t()
      let seconds = try bestSeconds { _ = try product(a, b) }
      return 2 * Double(shape.reduce(1, *)) / seconds * 1e-9
    }

    private struct Row: Encodable {
      let m, n, k: Int
      let type: String
      let here, libtorch: Double
      enum CodingKeys: String, CodingKey {
        case m, n, k, type
        case here = "gflops"
        case libtorch = "libtorch_gflops"
      }
    }

    private struct Result: Encodable {
      let threads: Int
      let f32, bf16, f64: Double
      let rows: [Row]
      enum CodingKeys: String, CodingKey {
        case threads, rows
        case f32 = "f32_gflops"
        case bf16 = "bf16_gflops"
        case f64 = "f64_gflops"
      }
    }
  }
}

/// The shortest of five runs of `body`, after one that is not timed; of fewer once they took a second together, as of bf16 where the
/// processor has nothing for it. A first that takes a second is the only one.
func bestSeconds(_ body: () throws -> Void) rethrows -> Double {
  func seconds() throws -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    try body()
    return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
  }
  let first = try seconds()
  guard first < 1 else { return first }
  var times: [Double] = []
  while times.count < 5 && times.reduce(first, +) < 1 { times.append(try seconds()) }
  return times.min() ?? first
}

/// The rate of a large matrix product in this precision: operations a second, the best of five.
func matrixProductRate(_ precision: Precision, _ device: Device = .cpu) throws -> Double {
  let n = device == .cpu ? 2048 : 8192
  // Where the processor does not multiply bf16, training does so in f32.
  let half = precision == .bf16 && (device != .cpu || Machine.hasNativeBF16)
  let a = try Tensor.ones([n, n]).to(half ? .bf16 : .f32).to(device)
  let seconds = try bestSeconds {
    _ = try a.matmul(a.t())
    try device.synchronize()
  }
  return 2 * Double(n * n * n) / seconds
}
