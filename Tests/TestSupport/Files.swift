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

/// Bytes of a `.npy` file (version 1, f64, C order) of these numbers.
public func npyBytes(_ values: [Double], shape: [Int]) -> Data {
  let sides = shape.map { "\($0)," }.joined(separator: " ")
  var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (\(sides)), }"
  header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
  var bytes = Data([0x93] + "NUMPY".utf8 + [1, 0, UInt8(header.utf8.count % 256), UInt8(header.utf8.count / 256)])
  bytes.append(Data(header.utf8))
  values.withUnsafeBufferPointer { bytes.append(Data(buffer: $0)) }
  return bytes
}
