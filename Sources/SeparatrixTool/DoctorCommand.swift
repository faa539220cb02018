import ArgumentParser
import Foundation
import Report
import Torch
import Training

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Versions, threads, libraries, devices, and what is missing.",
    discussion: "Example:\n  separatrix doctor")

  @OptionGroup var output: OutputOptions

  func run() throws {
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
    if !Machine.hasNativeBF16 { missing.append("native bf16: --precision bf16 works but is slow on this processor") }
    if !Machine.hasCUDA { missing.append("CUDA: this LibTorch is a CPU build") }
    let facts = Facts(
      separatrix: programVersion, swift: swiftVersion, libtorch: Machine.version,
      operatingSystem: ProcessInfo.processInfo.operatingSystemVersionString, processor: processor(),
      cores: HostMachine.cores, threads: Machine.threads,
      memoryGiB: (Double(ProcessInfo.processInfo.physicalMemory) / 1_073_741_824 * 10).rounded() / 10,
      instructionSet: Machine.instructionSet, nativeBF16: Machine.hasNativeBF16, blas: blas(configuration),
      oneDNN: line("Intel(R) MKL-DNN"), openMP: line("OpenMP"), cuda: Machine.hasCUDA, mps: Machine.hasMPS,
      cache: cache, cacheExists: FileManager.default.fileExists(atPath: cache), plotly: plotly?.path, missing: missing)
    if output.json { return try Console.printJSON(facts) }
    Console.printFields([
      ("separatrix", facts.separatrix), ("Swift", facts.swift), ("LibTorch", facts.libtorch),
      ("system", facts.operatingSystem), ("processor", "\(facts.processor), \(facts.cores) cores"),
      ("memory", "\(facts.memoryGiB) GiB"),
      ("threads", "\(facts.threads) for each operation unless --threads says otherwise"),
      ("instructions", facts.instructionSet + (facts.nativeBF16 ? ", native bf16" : "")), ("BLAS", facts.blas),
      ("oneDNN", facts.oneDNN), ("OpenMP", facts.openMP),
      ("devices", "cpu" + (facts.cuda ? ", cuda" : "") + (facts.mps ? ", mps" : "")),
      ("cache", cache + (facts.cacheExists ? "" : " (does not exist yet)")), ("charts", facts.plotly ?? "not found"),
    ])
    print(missing.isEmpty ? "\nnothing is missing" : "\nmissing:\n" + missing.map { "  \($0)" }.joined(separator: "\n"))
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
    let cuda, mps: Bool
    let cache: String
    let cacheExists: Bool
    let plotly: String?
    let missing: [String]
    enum CodingKeys: String, CodingKey {
      case separatrix, swift, libtorch, processor, cores, threads, blas, cuda, mps, cache, plotly, missing
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
