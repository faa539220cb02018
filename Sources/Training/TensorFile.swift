import Crypto
import Foundation
import Torch

/// Named tensors in a .safetensors file with a digest of everything in it, verified on reading.
enum TensorFile {
  /// Writes `tensors` and `metadata` in one step: temporary file, fsync, rename, fsync of the folder. The metadata
  /// gains "digest".
  static func write(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String], to url: URL) throws {
    var items: [SafeTensorsFile.Item] = []
    var contents: [(name: String, type: String, shape: [Int], bytes: [UInt8])] = []
    for (name, tensor) in tensors {
      let type = tensor.elementType == .f64 ? StoredType.f64 : StoredType.f32
      let bytes = try tensor.to(type == .f64 ? .f64 : .f32).bytes()
      contents.append((name, type.rawValue, tensor.shape, bytes))
      items.append(SafeTensorsFile.Item(name: name, type: type, shape: tensor.shape, bytes: bytes))
    }
    var metadata = metadata
    metadata["digest"] = digest(
      metadata,
      contents.map { content in (content.name, content.type, content.shape, { content.bytes.withUnsafeBytes($0) }) })
    try SafeTensorsFile.write(items, metadata: metadata, to: url)
  }

  /// Reads a file of this kind. A file without "digest" (from elsewhere) is read as it is unless `requiresDigest`.
  static func read(_ url: URL, requiresDigest: Bool) throws(TrainingError) -> (
    tensors: [String: Tensor], metadata: [String: String]
  ) {
    try wrapping {
      let file = try SafeTensorsFile(url)
      var metadata = file.metadata
      if let expected = metadata.removeValue(forKey: "digest") {
        let found = digest(
          metadata,
          file.entries.map { entry in (entry.name, entry.type.rawValue, entry.shape, { $0(file.bytes(entry)) }) })
        guard found == expected else {
          throw TrainingError.badWeights(
            path: url.path, reason: "its contents do not match their digest; it is damaged")
        }
      } else if requiresDigest {
        throw TrainingError.badWeights(path: url.path, reason: "it has no digest; it was not written by this program")
      }
      var tensors: [String: Tensor] = [:]
      for entry in file.entries {
        guard let type = ElementType(rawValue: entry.type.rawValue.lowercased()) else {
          throw TrainingError.badWeights(
            path: url.path, reason: "'\(entry.name)' has type \(entry.type.rawValue); expected F64, F32, F16 or BF16")
        }
        tensors[entry.name] = try Tensor(bytes: file.bytes(entry), type: type, shape: entry.shape)
      }
      return (tensors, file.metadata)
    }
  }

  private typealias Content = (
    name: String, type: String, shape: [Int], bytes: ((UnsafeRawBufferPointer) -> Void) -> Void
  )

  private static func digest(_ metadata: [String: String], _ contents: [Content]) -> String {
    var hash = SHA256()
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { hash.update(data: Data("\(key)=\(value)\n".utf8)) }
    for content in contents.sorted(by: { $0.name < $1.name }) {
      hash.update(data: Data("\(content.name) \(content.type) \(content.shape)\n".utf8))
      content.bytes { hash.update(bufferPointer: $0) }
    }
    return hash.finalize().map { String(format: "%02x", $0) }.joined()
  }
}
