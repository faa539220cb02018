import Foundation
import TestSupport

@testable import Datasets

/// What `Fixtures/generate.py` wrote.
struct Fixtures: Decodable {
  struct Resize: Decodable {
    var from: [Int]
    var to: [Int]
    var pixels: Data
    var expected: Data
  }
  struct Philox: Decodable {
    var key: [String]
    var counter: [String]
    var expected: [String]
  }
  struct Statistics: Decodable {
    var shape: [Int]
    var pixels: Data
    var mean: [Double]
    var deviation: [Double]
  }
  var resize: [Resize]
  var philox: [Philox]
  var gzip: [String: Data]
  var digest: String
  var statistics: Statistics

  static func load() throws -> Fixtures {
    try fixture(Fixtures.self, "fixtures.json")
  }
}

/// A folder that goes away with its test.
final class TemporaryFolder {
  let url: URL
  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("datasets-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(at: url) }

  /// Writes a file and gives its path.
  @discardableResult func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    let file = url.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path
  }
}

/// Bytes of an IDX file.
func idx(_ sizes: [Int], _ content: [UInt8], magic: [UInt8]? = nil) -> [UInt8] {
  var bytes = magic ?? [0, 0, 8, UInt8(sizes.count)]
  for size in sizes { bytes += (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } }
  return bytes + content
}

/// Bytes of CIFAR records with these label bytes; pixels tell the record and the plane.
func cifar(_ labels: [[UInt8]]) -> [UInt8] {
  labels.enumerated().flatMap { record, label in
    label
      + (0..<3).flatMap { plane in
        [UInt8](repeating: UInt8(truncatingIfNeeded: record * 3 + plane), count: 1024)
      }
  }
}

/// Samples of one pixel each, for tests of labels.
func dots(_ labels: [Int], classes: Int, groups: [Int]? = nil) throws -> Samples {
  try Samples(
    pixels: labels.indices.map { UInt8(truncatingIfNeeded: $0) }, labels: labels,
    shape: ImageShape(channels: 1, height: 1, width: 1), classNames: (0..<classes).map { "c\($0)" },
    groups: groups)
}

/// The error that the body throws; nil if it throws none.
func fault(_ body: () throws(DatasetError) -> Void) -> DatasetError? {
  do {
    try body()
    return nil
  } catch { return error }
}
