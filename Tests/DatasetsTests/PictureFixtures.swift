import Crypto
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/pictures.py` wrote.
struct PictureFixtures: Decodable {
  /// An archive by Python's tarfile, and what must be found in it.
  struct Shard: Decodable, CustomTestStringConvertible {
    struct Picture: Decodable {
      var name: String
      var split: Split?
      var `class`: String
      var sha256: String
    }
    var name: String
    var archive: Data
    var ignored: Int
    var pictures: [Picture]

    var testDescription: String { name }
    /// The archive, unpacked.
    func plain() throws -> [UInt8] {
      let folder = try TemporaryFolder()
      return try StoredFile(folder.write("a.gz", archive), packing: .byName).contents()
    }
    /// The pictures of a split, an archive without splits being all train.
    func pictures(_ split: Split) -> [Picture] { pictures.filter { ($0.split ?? .train) == split } }
  }
  /// What Pillow makes of noise.
  struct Pixels: Decodable, CustomTestStringConvertible {
    var stream: UInt64
    var size: [Int]
    var fit: String
    var interpolation: Interpolation
    var target: [Int]
    var sha256: String

    var testDescription: String { "\(fit) \(interpolation), \(size) to \(target)" }
  }

  var shards: [Shard]
  /// [width, height, side, crop, resized width, resized height, left, top].
  var sizes: [[Int]]
  var pixels: [Pixels]

  /// Read once; the tests that run over its parts fail where it cannot be read.
  static let shared = try? fixture(PictureFixtures.self, "pictures.json")
  static let shards = shared?.shards ?? []
  static let pixels = shared?.pixels ?? []

  static func shard(_ name: String) throws -> Shard { try #require(shards.first { $0.name == name }) }
}

/// A picture that differs from those of other streams to the eye, not in noise only.
func scene(_ stream: UInt64, width: Int = 24, height: Int = 18, channels: Int = 3) throws -> Bitmap {
  let values = (0..<36 * channels).map { UInt8(counterUniform(stream, $0) * 256) }
  return try Bitmap(unchecked: values, width: 6, height: 6, channels: channels).resized(width: width, height: height)
}

/// The bytes of such a picture as a JPEG file.
func photo(_ stream: UInt64, width: Int = 24, height: Int = 18) throws -> [UInt8] {
  try scene(stream, width: width, height: height).jpeg(quality: 90)
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String { SHA256.hash(data: Data(bytes)).hexadecimal }

extension TemporaryFolder {
  var path: String { url.path }

  /// A folder with nothing in it.
  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: url.appendingPathComponent(name), withIntermediateDirectories: true)
  }

  func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: path + "/" + name, withDestinationPath: target)
  }

  /// Two splits of two classes with three pictures each; every file another picture.
  func writeSet(_ root: String = "") throws {
    var stream: UInt64 = 100
    for split in ["train", "test"] {
      for label in ["cat", "dog"] {
        for number in 0..<3 {
          try write("\(root)\(split)/\(label)/\(number).jpg", photo(stream))
          stream += 1
        }
      }
    }
  }
}

extension Samples {
  /// The names of pictures not decoded yet.
  var names: [String] { encoded.map { images in (0..<images.count).map { images.name($0) } } ?? [] }

  /// The class of each image, by name.
  var labelNames: [String] { labels.map { classNames[$0] } }

  /// The bytes of a picture as stored.
  func bytes(_ index: Int) throws -> [UInt8] { try ImageReader().bytes(#require(encoded), index) }
}

extension ImageIndex {
  var names: [String] { (places ?? (0..<Int32(store.count)).map { $0 }).map { store.name(Int($0)) } }
}
