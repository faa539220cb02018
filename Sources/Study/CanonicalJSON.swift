import Crypto
import Foundation

/// JSON whose bytes depend on the value alone: sorted keys, no white space, no escaped slashes.
enum CanonicalJSON {
  static func data(_ value: some Encodable) throws(StudyError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value)
    } catch {
      throw .damagedStore(file: "(JSON)", reason: "cannot encode \(type(of: value)): \(error)")
    }
  }

  static func text(_ value: some Encodable) throws(StudyError) -> String {
    String(decoding: try data(value), as: UTF8.self)
  }

  /// SHA-256 of the canonical JSON, in hexadecimal.
  static func digest(_ value: some Encodable) throws(StudyError) -> String {
    Hex.text(SHA256.hash(data: try data(value)))
  }
}
