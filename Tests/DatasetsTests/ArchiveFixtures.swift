import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/archives.py` wrote.
struct ArchiveFixtures: Decodable {
  struct Node: Decodable {
    var name: String
    var content: Data?
  }
  struct Indexed: Decodable {
    struct Entry: Decodable, Equatable {
      var name: String
      var offset: Int
      var size: Int
      var kind: String
    }
    var archive: Data
    var entries: [Entry]
  }
  var tree: [Node]
  var indexed: [String: Indexed]
  var sound: [String: Data]
  var hostile: [String: Data]
  var sparse: [String: Data]

  static func load() throws -> ArchiveFixtures { try fixture(ArchiveFixtures.self, "archives.json") }
}

extension TemporaryFolder {
  /// Writes a file in the folder itself without waiting for the disk, as `write` does: for tests with many.
  func put(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = url.path + "/" + name
    unlink(path)  // Some file systems wait for the disk where a file is overwritten.
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    return path
  }
}

/// A ustar entry: header, data, padding. `size` overrides the size field, `type` is its character.
func tarEntry(
  _ name: String, _ data: [UInt8] = [], type: Character = "0", size: [UInt8]? = nil, link: String = "",
  magic: String = "ustar\u{0}00"
) -> [UInt8] {
  var header = [UInt8](repeating: 0, count: 512)
  func put(_ text: [UInt8], at place: Int) { header.replaceSubrange(place..<place + text.count, with: text) }
  func octal(_ value: Int, _ digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
  }
  put(Array(name.utf8.prefix(100)), at: 0)
  put(octal(0o644, 7), at: 100)
  put(octal(0, 7), at: 108)
  put(octal(0, 7), at: 116)
  put(size ?? octal(data.count, 11), at: 124)
  put(octal(0, 11), at: 136)
  put(Array(String(type).utf8), at: 156)
  put(Array(link.utf8.prefix(100)), at: 157)
  put(Array(magic.utf8), at: 257)
  signTar(&header)
  return header + data + [UInt8](repeating: 0, count: (512 - data.count % 512) % 512)
}

/// Writes the check sum into the header that begins at `place`.
func signTar(_ bytes: inout [UInt8], at place: Int = 0) {
  bytes.replaceSubrange(place + 148..<place + 156, with: [UInt8](repeating: 32, count: 8))
  let sum = String(bytes[place..<place + 512].reduce(0) { $0 + Int($1) }, radix: 8)
  let text = String(repeating: "0", count: 6 - sum.count) + sum
  bytes.replaceSubrange(place + 148..<place + 156, with: Array(text.utf8) + [0, 32])
}

/// The two blocks at an archive's end.
let tarEnd = [UInt8](repeating: 0, count: 1024)

/// A record of a pax header.
func paxRecord(_ key: String, _ value: String) -> [UInt8] {
  let rest = " \(key)=\(value)\n".utf8.count
  var length = rest + 1
  while String(length).utf8.count + rest != length { length += 1 }
  return Array("\(length) \(key)=\(value)\n".utf8)
}
