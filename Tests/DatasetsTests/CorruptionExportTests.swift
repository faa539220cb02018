import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Writes corrupted photographs for `scripts/compare-corruptions`, with the time each took:
/// `SEPARATRIX_CORRUPTIONS_OUT=DIR scripts/test --filter CorruptionExportTests`.
@Suite struct CorruptionExportTests {
  struct Info: Encodable {
    var count: Int
    var side: Int
    var names: [String]
    /// Milliseconds an image: [corruption, severity].
    var milliseconds: [[Double]]
    /// Milliseconds to draw the sheets of ice, once.
    var sheets: Double
    /// Degrees of motion blur: [severity, image].
    var angles: [[Double]]
  }
  static let folder = ProcessInfo.processInfo.environment["SEPARATRIX_CORRUPTIONS_OUT"]
  static let side = 224

  @Test(.enabled(if: hasSharedFolder && folder != nil, "needs ../shared and SEPARATRIX_CORRUPTIONS_OUT"))
  func photographs() throws {
    let shared = try #require(sharedFolder)
    let folder = URL(fileURLWithPath: try #require(Self.folder))
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let source = shared.appendingPathComponent("data/imagenet-sample/images")
    let files = try FileManager.default.contentsOfDirectory(atPath: source.path).sorted()
    // Every eighth of the 200.
    let images = try stride(from: 0, to: files.count, by: 8).map {
      try Self.square(Bitmap(decoding: [UInt8](Data(contentsOf: source.appendingPathComponent(files[$0])))))
    }
    try write(images, to: folder.appendingPathComponent("clean.bin"))
    let clock = ContinuousClock()
    let sheets = try clock.measure { try write(FrostTexture.standard, to: folder.appendingPathComponent("ice.bin")) }
    var info = Info(
      count: images.count, side: Self.side, names: [], milliseconds: [], sheets: sheets / .milliseconds(1), angles: [])
    for corruption in Corruption.standard {
      info.names.append(corruption.name)
      var times: [Double] = []
      for severity in Corruption.severities {
        let start = clock.now
        let results = try images.enumerated().map {
          try corruption($0.element, severity: severity, seed: 1, sample: $0.offset)
        }
        let taken = clock.now - start
        times.append((taken / .milliseconds(1)) / Double(images.count))
        try write(results, to: folder.appendingPathComponent("\(corruption.name)-\(severity).bin"))
      }
      info.milliseconds.append(times)
    }
    info.angles = Corruption.severities.map { severity in
      images.indices.map {
        var random = Corruption.motionBlur.random(seed: 1, severity: severity, sample: $0)
        return random.uniform(-45, 45)
      }
    }
    try JSONEncoder().encode(info).write(to: folder.appendingPathComponent("info.json"))
  }

  /// The largest central square, bicubic to `side`, in colour.
  static func square(_ image: Bitmap) throws -> Bitmap {
    let size = min(image.width, image.height)
    let region = PixelRegion(x: (image.width - size) / 2, y: (image.height - size) / 2, width: size, height: size)
    return try ImageDecoder().resize(
      image.repeated(), ResizePlan(region, width: side, height: side, interpolation: .bicubic))
  }

  func write(_ images: [Bitmap], to file: URL) throws {
    var bytes = Data()
    for image in images { bytes.append(contentsOf: image.pixels) }
    try bytes.write(to: file)
  }
}
