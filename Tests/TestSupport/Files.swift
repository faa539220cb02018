import Foundation

/// A folder that goes away with its test.
public final class ScratchFolder {
  /// Where it is.
  public let url: URL

  /// Makes it.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("separatrix-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

/// Decodes `Fixtures/NAME` beside the calling test file.
public func fixture<Value: Decodable>(
  _ type: Value.Type, _ name: String, beside file: String = #filePath
) throws -> Value {
  let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Fixtures")
  return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
}
