#if os(Linux)
  import Foundation
  import Torch

  /// Runs scenarios of a suite in processes of their own: this very test program, told by the environment which rank of
  /// which scenario it is.
  public enum Ranks {
    /// Names the scenario.
    public static let scenarioVariable = "SEPARATRIX_TEST_SCENARIO"
    /// The file for a rank's record.
    public static let outputVariable = "SEPARATRIX_TEST_OUTPUT"
    /// Seconds that a group waits.
    public static let timeoutVariable = "SEPARATRIX_TEST_TIMEOUT"
    /// The rank that is killed or stopped; -1: none.
    public static let victimVariable = "SEPARATRIX_TEST_VICTIM"

    /// What a rank wrote down, or nothing if it did not come to that.
    public struct Record: Codable {
      /// Numbers by name.
      public var values: [String: [Double]] = [:]
      /// Words by name.
      public var texts: [String: String] = [:]
      /// What the process complained of.
      public var standardError = ""

      /// Nothing yet.
      public init() {}
    }

    /// A port that was free a moment ago.
    public static func freePort() throws -> Int {
      let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(fd) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let code = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(fd, $0, length) == 0 ? getsockname(fd, $0, &length) : -1
        }
      }
      guard fd >= 0 && code == 0 else { throw CocoaError(.fileReadUnknown) }
      return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts the ranks of `places`, by default all on loopback, and waits for all but the `victim`, which is then
    /// killed, as is any other after `limit` seconds; its record is then empty.
    public static func run(
      _ scenario: String, of suite: String = "RankTests", size: Int, timeout: Double = 120, victim: Int? = nil,
      limit: Double = 240,
      places change: (inout [ProcessPlace]) -> Void = { _ in }
    ) async throws -> [Record] {
      let port = try freePort()
      var places = (0..<size).map {
        ProcessPlace(rank: $0, worldSize: size, localRank: $0, masterAddress: "127.0.0.1", masterPort: port)
      }
      change(&places)
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ranks-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: folder) }
      let processes = try places.map { place in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["--testing-library", "swift-testing", "--filter", suite]
        process.environment = ProcessInfo.processInfo.environment.merging(place.environment) { $1 }.merging([
          scenarioVariable: scenario, timeoutVariable: "\(timeout)", victimVariable: "\(victim ?? -1)",
          "OMP_NUM_THREADS": "1",
          outputVariable: folder.appendingPathComponent("\(place.rank)").path,
        ]) { $1 }
        let errors = folder.appendingPathComponent("\(place.rank).err")
        try Data().write(to: errors)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return process
      }
      let deadline = Date(timeIntervalSinceNow: limit)
      while zip(places, processes).contains(where: { $0.rank != victim && $1.isRunning }) && Date() < deadline {
        try await Task.sleep(nanoseconds: 20_000_000)
      }
      for process in processes where process.isRunning { kill(process.processIdentifier, SIGKILL) }
      for process in processes { process.waitUntilExit() }
      return try places.map { place in
        let file = folder.appendingPathComponent("\(place.rank)")
        var record = (try? JSONDecoder().decode(Record.self, from: Data(contentsOf: file))) ?? Record()
        record.standardError = try String(contentsOf: file.appendingPathExtension("err"), encoding: .utf8)
        return record
      }
    }
  }
#endif
