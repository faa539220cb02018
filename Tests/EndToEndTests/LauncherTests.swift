import Foundation
import TestSupport
import Testing

/// The start of a bundle for CUDA on the machine where it runs: `scripts/gpu/launcher` beside a stand-in for the program.
@Suite struct LauncherTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    var package = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { package.deleteLastPathComponent() }
    try write(
      "bundle/separatrix",
      String(contentsOf: package.appendingPathComponent("scripts/gpu/launcher"), encoding: .utf8), executable: true)
    try write("bundle/VERSION", "separatrix=0.1.0\ncommit=abc\ntorch=2.11.0\n")
    try write(
      "bundle/lib/separatrix",
      "#!/bin/sh\necho \"$LD_LIBRARY_PATH\"\necho \"$SEPARATRIX_RESOURCES\"\nfor a in \"$@\"; do echo \"[$a]\"; done\nexit 7\n",
      executable: true)
  }

  private func write(_ name: String, _ text: String, executable: Bool = false) throws {
    let url = folder.url.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
    if executable { try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path) }
  }

  /// A torch package of a version as an interpreter would find it below `site`.
  private func torch(_ version: String, in site: String, cuda: Bool = true) throws {
    try write("\(site)/torch/__init__.py", "raise SystemExit('must not be imported')\n")
    try write("\(site)/torch/version.py", "from typing import Optional\n__version__ = '\(version)'\ndebug = False\n")
    if cuda { try write("\(site)/torch/lib/libtorch_cuda.so", "") }
  }

  private func launch(
    _ arguments: [String] = [], site: String? = nil, environment: [String: String] = [:],
    from name: String = "bundle/separatrix"
  ) throws -> (code: Int32, output: String, errors: String) {
    let process = Process()
    process.executableURL = folder.url.appendingPathComponent(name)
    process.arguments = arguments
    var all = ["PATH": "/usr/bin:/bin:/usr/local/bin"]
    if let site { all["PYTHONPATH"] = folder.url.appendingPathComponent(site).path }
    process.environment = all.merging(environment) { $1 }
    let (out, err) = (folder.url.appendingPathComponent(".out"), folder.url.appendingPathComponent(".err"))
    for file in [out, err] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationStatus, try String(contentsOf: out, encoding: .utf8),
      try String(contentsOf: err, encoding: .utf8)
    )
  }

  @Test(arguments: ["2.11.0+cu130", "2.11.1", "2.11.0"]) func startsWithATorchOfTheSameMinorVersion(version: String)
    throws
  {
    try torch(version, in: "site")
    let result = try launch(["train", "a b", ""], site: "site")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let bundle = folder.url.resolvingSymlinksInPath().appendingPathComponent("bundle").path
    #expect(result.code == 7 && result.errors.isEmpty, "\(result)")
    #expect(lines.first?.contains("site/torch/lib:\(bundle)/lib") == true && lines[1] == "\(bundle)/lib")
    #expect(lines.dropFirst(2).prefix(3) == ["[train]", "[a b]", "[]"])
  }

  @Test func isFoundThroughALinkAndKeepsThePath() throws {
    try torch("2.11.0", in: "site")
    let link = folder.url.appendingPathComponent("link")
    try FileManager.default.createSymbolicLink(
      at: link, withDestinationURL: folder.url.appendingPathComponent("bundle/separatrix"))
    let result = try launch(site: "site", environment: ["LD_LIBRARY_PATH": "/mine"], from: "link")
    #expect(result.code == 7 && result.output.split(separator: "\n").first?.hasSuffix(":/mine") == true)
  }

  @Test(arguments: ["2.13.0+cu130", "2.1.0", "2.110.0", "3.11.0"]) func refusesAnotherByName(version: String) throws {
    try torch(version, in: "site")
    let result = try launch(site: "site")
    #expect(result.code == 1 && result.output.isEmpty)
    #expect(result.errors.contains("built for torch 2.11") && result.errors.contains("is torch \(version)"))
    #expect(result.errors.contains("pip install 'torch==2.11.*'"))
  }

  @Test func refusesABuildWithoutCUDA() throws {
    try torch("2.11.0+cpu", in: "site", cuda: false)
    let result = try launch(site: "site")
    #expect(result.code == 1 && result.errors.contains("2.11.0+cpu without CUDA"))
  }

  @Test func saysWhatItLooksFor() throws {
    let none = try launch(environment: [
      "PYTHONPATH": "/nowhere", "PYTHONNOUSERSITE": "1", "SEPARATRIX_PYTHON": "no-such-python",
    ])
    #expect(none.code == 1 && none.errors.contains("no Python is found"))
    let wrong = try launch(environment: ["SEPARATRIX_TORCH": folder.url.path])
    #expect(wrong.code == 1 && wrong.errors.contains("no version.py"))
    try torch("2.11.3", in: "other")
    let named = try launch(environment: ["SEPARATRIX_TORCH": folder.url.appendingPathComponent("other/torch").path])
    #expect(named.code == 7)
  }
}
