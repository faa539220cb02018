import Foundation

/// Runs the built program as a user does.
struct Tool {
  /// What came of one call.
  struct Result {
    var code: Int32
    var output: String
    var errors: String

    /// Standard output as one JSON object; empty when it is none.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]) ?? [:]
    }
  }

  /// A folder of its own, removed by `remove`.
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("separatrix-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// A path in the folder.
  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// The program, built beside the tests.
  static let executable: URL = {
    var place = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
    while place.path != "/" {
      let candidate = place.appendingPathComponent("separatrix")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      place = place.deletingLastPathComponent()
    }
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return package.appendingPathComponent(".build/release/separatrix")
  }()

  /// Runs the program in the folder with these arguments.
  func run(_ arguments: String...) throws -> Result { try run(arguments) }

  /// The same with the arguments in a list.
  func run(_ arguments: [String]) throws -> Result {
    let process = Process()
    process.executableURL = Self.executable
    process.arguments = arguments
    process.currentDirectoryURL = folder
    // Files rather than pipes: any amount may come from either side.
    let (out, err) = (folder.appendingPathComponent(".out"), folder.appendingPathComponent(".err"))
    for file in [out, err] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return Result(
      code: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try String(contentsOf: out, encoding: .utf8), errors: try String(contentsOf: err, encoding: .utf8))
  }
}
