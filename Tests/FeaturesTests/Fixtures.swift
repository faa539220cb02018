import Foundation

/// The file called `name` that generate.py wrote.
func fixture(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)").path
}

/// A folder of the test's own, removed when the object goes.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("features-\(UUID())")
  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }
  func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
