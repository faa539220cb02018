import Crypto
import Foundation

/// Writes a pack. Stopped in any way, the same call goes on: finished pictures lie in `FILE.partial`, and `FILE.journal`
/// tells which. The pack appears under its name only when it is whole.
public struct PackWriter {
  /// What was written.
  public struct Summary: Codable, Hashable, Sendable {
    /// Pictures in the pack.
    public var n: Int
    /// Bytes of the pack.
    public var bytes: Int
    /// Pictures that an earlier call had finished.
    public var resumed: Int
    /// Pictures that could not be decoded and were left out.
    public var skipped: [BadImage]
    /// SHA-256 at the pack's end.
    public var sha256: String
  }

  private let parts: [(split: Split, samples: Samples)]
  private let description: PackDescription
  private let path: String
  private let settings: String

  /// A pack of these splits of one set, to be written to `file`.
  public init(
    _ reference: DataReference, options: PackOptions, to file: URL,
    from list: [DatasetEntry] = DatasetEntry.standard
  ) throws(DatasetError) {
    try options.validate()
    let opened = try reference.open(from: list)
    var parts: [(split: Split, samples: Samples)] = []
    for split in opened.splits { parts.append((split, try reference.loadStored(split, opened))) }
    self.parts = parts
    path = file.path
    description = PackDescription(
      classNames: parts.first?.samples.classNames ?? [], source: reference.description, options: options, skipped: [])
    // What a half-written pack must agree with to be gone on with.
    var hash = SHA256()
    hash.update(data: Data("\(options)".utf8))
    for part in parts { hash.update(data: Data(part.samples.digest.utf8)) }
    settings = hash.finalize().hexadecimal
  }

  /// Pictures in all.
  public var count: Int { parts.reduce(0) { $0 + $1.samples.count } }

  /// Writes, or goes on. `progress` hears how many are done; `shouldStop` is asked after each picture, and a stop leaves what
  /// is needed to go on (nil is returned).
  public func write(
    progress: (Int) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws(DatasetError) -> Summary? {
    for part in parts where part.samples.onBadImage == .list { try part.samples.listBad() }
    let journal = try PackJournal(path: path, settings: settings)
    let first = journal.records.count
    let flat = parts.flatMap { part in (0..<part.samples.count).map { (part, $0) } }
    let starts = first
    let options = description.options
    let work = flat.dropFirst(starts).map { (samples: $0.0.samples, index: $0.1) }
    var failure: DatasetError?
    var stopped = false
    OrderedPool.run(count: work.count, window: 64) { reader, place -> Result<[UInt8], BadImage> in
      let (samples, index) = work[place]
      do throws(ImageFault) {
        return .success(try Self.packed(reader, samples, index, options))
      } catch {
        let name = samples.encoded?.name(index) ?? "image \(index)"
        return .failure(BadImage(file: name, reason: error.description))
      }
    } take: { place, result in
      let (part, index) = flat[starts + place]
      do throws(DatasetError) {
        switch result {
        case .success(let bytes):
          try journal.append(bytes, label: part.samples.labels[index], isTest: part.split == .test)
        case .failure(let bad):
          guard part.samples.encoded?.policy == .skip else { throw bad.error }
          try journal.skip(bad)
        }
      } catch {
        failure = error
        return false
      }
      progress(starts + place + 1)
      stopped = shouldStop()
      return !stopped
    }
    try journal.flush()
    if let failure { throw failure }
    if stopped && journal.records.count < flat.count { return nil }
    var description = description
    description.skipped = journal.skipped
    let names = flat.indices.filter { !journal.isSkipped($0) }.map { place -> String in
      let (part, index) = flat[place]
      return part.samples.encoded?.name(index) ?? "\(part.split.rawValue)/\(index)"
    }
    let (bytes, digest) = try journal.finish(names: names, description: description)
    return Summary(n: names.count, bytes: bytes, resumed: first, skipped: journal.skipped, sha256: digest)
  }

  /// A picture as it lies in the pack.
  private static func packed(
    _ reader: ImageReader, _ samples: Samples, _ index: Int, _ options: PackOptions
  ) throws(ImageFault) -> [UInt8] {
    var image: Bitmap
    if let encoded = samples.encoded {
      let header = try reader.header(encoded, index)
      let isKept = options.size(width: header.width, height: header.height) == (header.width, header.height)
      if options.quality != nil, isKept, header.format == .jpeg {
        // A picture that stays as it is loses nothing; that it can be decoded is made sure of.
        _ = try reader.decode(encoded, index)
        return try reader.bytes(encoded, index)
      }
      image = try reader.decode(encoded, index)
    } else {
      image = samples.bitmap(index).repeated()
    }
    let (width, height) = options.size(width: image.width, height: image.height)
    if (width, height) != (image.width, image.height) {
      let all = PixelRegion(x: 0, y: 0, width: image.width, height: image.height)
      image = try reader.resize(
        image, ResizePlan(all, width: width, height: height, interpolation: options.interpolation))
    }
    if let quality = options.quality { return try image.jpeg(quality: quality) }
    return Array("P6 \(width) \(height) 255\n".utf8) + image.pixels
  }
}
