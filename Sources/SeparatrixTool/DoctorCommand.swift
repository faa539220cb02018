import ArgumentParser
import Foundation
import Report
import Torch
import Training

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Versions, threads, libraries, devices, and what is missing.",
    discussion: """
      With --self-test every operation, objective, network and optimizer is compared with the processor in f64, forward and
      gradient; exit code 1 if one differs by more than its tolerance.
      Example:
        separatrix doctor
        separatrix doctor --device cuda --self-test
      """)

  @OptionGroup var place: DeviceOptions
  @Flag(help: "Compare the device with the processor.") var selfTest = false
  @OptionGroup var output: OutputOptions

  func run() throws {
    let device = try place.chosen()
    if selfTest { return try test(device) }
    let configuration = try Machine.configuration()
    func line(_ start: String) -> String {
      configuration.split(separator: "\n").map { $0.trimmingCharacters(in: .init(charactersIn: " -")) }
        .first { $0.hasPrefix(start) } ?? "not found"
    }
    let plotly = try? Report.chartLibrary()
    let cache =
      ProcessInfo.processInfo.environment["SEPARATRIX_CACHE"]
      ?? NSString(string: "~/.cache/separatrix").expandingTildeInPath
    var missing: [String] = []
    if plotly == nil { missing.append("the chart library: run scripts/setup") }
    if !Machine.hasNativeBF16 {
      missing.append("native bf16: --precision bf16 saves memory but hardly time on this processor")
    }
    if !Machine.isBuiltWithCUDA {
      missing.append("CUDA: this program is built for the processor; `make gpu-bundle` builds one for CUDA")
    } else if !Machine.hasCUDA {
      missing.append("a GPU: \(DeviceError.absent(name: "cuda"))")
    }
    let facts = Facts(
      separatrix: programVersion, swift: swiftVersion, libtorch: Machine.version,
      operatingSystem: ProcessInfo.processInfo.operatingSystemVersionString, processor: processor(),
      cores: HostMachine.cores, threads: Machine.threads,
      memoryGiB: (Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824 * 10).rounded() / 10,
      instructionSet: Machine.instructionSet, nativeBF16: Machine.hasNativeBF16, blas: blas(configuration),
      oneDNN: line("Intel(R) MKL-DNN"), openMP: line("OpenMP"), cudaBuild: Machine.isBuiltWithCUDA,
      cuda: Machine.hasCUDA, gpus: try gpus(), mps: Machine.hasMPS,
      cache: cache, cacheExists: FileManager.default.fileExists(atPath: cache), plotly: plotly?.path, missing: missing)
    if output.json { return try Console.printJSON(facts) }
    Console.printFields([
      ("separatrix", facts.separatrix), ("Swift", facts.swift), ("LibTorch", facts.libtorch),
      ("system", facts.operatingSystem), ("processor", "\(facts.processor), \(facts.cores) cores"),
      ("memory", "\(facts.memoryGiB) GiB"),
      ("threads", "\(facts.threads) for each operation unless --threads says otherwise"),
      ("instructions", facts.instructionSet + (facts.nativeBF16 ? ", native bf16" : "")), ("BLAS", facts.blas),
      ("oneDNN", facts.oneDNN), ("OpenMP", facts.openMP),
      ("devices", (["cpu"] + facts.gpus + (facts.mps ? ["mps"] : [])).joined(separator: ", ")),
      ("cache", cache + (facts.cacheExists ? "" : " (does not exist yet)")), ("charts", facts.plotly ?? "not found"),
    ])
    print(missing.isEmpty ? "\nnothing is missing" : "\nmissing:\n" + missing.map { "  \($0)" }.joined(separator: "\n"))
  }

  /// Each GPU with its memory.
  private func gpus() throws -> [String] {
    try (0..<Machine.devices(like: .cuda())).map { index in
      let memory = try Device.cuda(index).memory()
      return "cuda:\(index)" + (memory.map { " (\($0.total >> 30) GiB)" } ?? "")
    }
  }

  private func test(_ device: Device) throws {
    let line = ProgressLine()
    var done = 0
    let rows = try SelfTest(device, catalog: Tool.catalog).run { row in
      done += 1
      line.show("\(done) done: \(row.kind) \(row.name)")
    }
    line.clear()
    let failed = rows.filter { !$0.passed }
    if output.json {
      try Console.printJSON(
        Tested(device: "\(device)", libtorch: Machine.version, passed: failed.isEmpty, failed: failed.count, rows: rows)
      )
    } else {
      Console.printTable(
        ["compared", "type", "difference", "at most", ""],
        rows.map { row in
          [
            "\(row.kind) \(row.name)", row.type, row.difference.map { String(format: "%.1e", $0) } ?? "-",
            String(format: "%.0e", row.tolerance), row.passed ? "" : "FAILED",
          ]
        })
      for row in failed { if let reason = row.reason { print("\(row.kind) \(row.name): \(reason)") } }
      print("\n\(rows.count - failed.count) of \(rows.count) on \(device) agree with the processor")
    }
    if !failed.isEmpty { throw Outcome.failed("the self-test of \(device) failed: \(failed.count) of \(rows.count)") }
  }

  private struct Tested: Encodable {
    let device, libtorch: String
    let passed: Bool
    let failed: Int
    let rows: [SelfTest.Row]
  }

  private var swiftVersion: String {
    #if swift(>=6.3)
      "6.3 or later"
    #elseif swift(>=6.2)
      "6.2"
    #else
      "6.1"
    #endif
  }

  private func processor() -> String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
  }

  private func blas(_ configuration: String) -> String {
    for part in configuration.split(whereSeparator: { ", \n".contains($0) }) where part.hasPrefix("BLAS_INFO=") {
      return String(part.dropFirst(10))
    }
    return "not found"
  }

  private struct Facts: Encodable {
    let separatrix, swift, libtorch, operatingSystem, processor: String
    let cores, threads: Int
    let memoryGiB: Double
    let instructionSet: String
    let nativeBF16: Bool
    let blas, oneDNN, openMP: String
    /// Whether the program is built for CUDA; whether a GPU is seen.
    let cudaBuild, cuda: Bool
    let gpus: [String]
    let mps: Bool
    let cache: String
    let cacheExists: Bool
    let plotly: String?
    let missing: [String]
    enum CodingKeys: String, CodingKey {
      case separatrix, swift, libtorch, processor, cores, threads, blas, cuda, gpus, mps, cache, plotly, missing
      case cudaBuild = "cuda_build"
      case operatingSystem = "operating_system"
      case memoryGiB = "memory_gib"
      case instructionSet = "instruction_set"
      case nativeBF16 = "native_bf16"
      case oneDNN = "onednn"
      case openMP = "openmp"
      case cacheExists = "cache_exists"
    }
  }
}
