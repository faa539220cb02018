#if os(Linux)
  import Foundation
  import Testing

  extension Tool {
    /// A call of the program that goes on beside the test.
    final class Job {
      let process: Process
      private let out: URL
      private let err: URL

      /// Starts it in the tool's folder.
      init(_ tool: Tool, _ arguments: [String], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = Tool.executable
        process.arguments = arguments
        process.currentDirectoryURL = tool.folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let name = UUID().uuidString
        out = tool.folder.appendingPathComponent(".\(name).out")
        err = tool.folder.appendingPathComponent(".\(name).err")
        for file in [out, err] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: out)
        process.standardError = try FileHandle(forWritingTo: err)
        process.standardInput = FileHandle.nullDevice
        try process.run()
      }

      /// What came of it; killed, with an issue, if it is still at work after `limit` seconds.
      func wait(limit: Double = 300) throws -> Result {
        let deadline = Date(timeIntervalSinceNow: limit)
        while process.isRunning && Date() < deadline { usleep(10_000) }
        if process.isRunning {
          Issue.record("it does not end")
          kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        return Result(
          code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
          output: try String(contentsOf: out, encoding: .utf8), errors: try String(contentsOf: err, encoding: .utf8))
      }

      /// The process of a rank that this one has started.
      func rank(_ number: Int) throws -> pid_t {
        let tasks = "/proc/\(process.processIdentifier)/task"
        for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
          let children = try String(contentsOfFile: "\(tasks)/\(task)/children", encoding: .utf8)
          for child in children.split(separator: " ").compactMap({ pid_t($0) }) {
            let bytes = FileManager.default.contents(atPath: "/proc/\(child)/environ") ?? Data()
            if bytes.split(separator: 0).contains(where: { String(decoding: $0, as: UTF8.self) == "RANK=\(number)" }) {
              return child
            }
          }
        }
        return try #require(nil as pid_t?, "no process of rank \(number)")
      }

      /// Waits until a checkpoint of step `step` or later lies in a run's folder.
      func reach(_ step: Int, of run: URL, limit: Double = 200) throws {
        let folder = run.appendingPathComponent("checkpoints").path
        let deadline = Date(timeIntervalSinceNow: limit)
        while Date() < deadline && process.isRunning {
          let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
          let steps = names.compactMap { name in
            name.hasPrefix("step-") ? Int(name.dropFirst(5).prefix { $0 != "." }) : nil
          }
          if let last = steps.max(), last >= step { return }
          usleep(3_000)
        }
        Issue.record("no checkpoint of step \(step)")
      }
    }

    /// Whether a process is there, and not only what its parent has yet to ask for.
    static func isAlive(_ process: pid_t) -> Bool {
      guard let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
      // The state follows the name, which stands in parentheses.
      let state = line.split(separator: ")").last?.split(separator: " ").first
      return state != "Z" && state != "X"
    }

    /// The events of a run's log.
    func events(_ run: String, _ name: String) throws -> [[String: Any]] {
      try String(contentsOf: folder.appendingPathComponent("\(run)/log.jsonl"), encoding: .utf8).split(separator: "\n")
        .compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
        .filter { $0["event"] as? String == name }
    }

    /// The weights of a finished run.
    func weights(_ run: String) throws -> Data {
      try Data(contentsOf: folder.appendingPathComponent("\(run)/weights.safetensors"))
    }
  }
#endif
