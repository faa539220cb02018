// One libFuzzer target for all readers; SEPARATRIX_FUZZ names the one to run. Compiled together with Sources/Datasets
// into one module, so that it sees what is internal. An error that a reader throws is a pass; a trap, a leak, a report
// of AddressSanitizer or more memory than the limit is a finding.
import CCodecs
import Foundation

/// The readers by name. `bytes` is the input; `file` is a file that holds it.
private let readers: [String: @Sendable (_ bytes: [UInt8], _ file: String) throws -> Void] = [
  "idx": { bytes, file in
    // Two files in one: the first byte, plus 8, is the length of the first.
    if bytes.count > 1 {
      let (images, labels) = (file + "-images", file + "-labels")
      let cut = min(bytes.count, 1 + Int(bytes[0]) + 8)
      defer { for made in [images, labels] { unlink(made) } }
      try Data(bytes[1..<cut]).write(to: URL(fileURLWithPath: images))
      try Data(bytes[cut...]).write(to: URL(fileURLWithPath: labels))
      _ = try? IDX.samples(images: images, labels: labels, classNames: ["a", "b"])
    }
    _ = try? IDX.labels(file)
    _ = try IDX.images(file)
  },
  "cifar": { _, file in
    _ = try? CIFAR.records([file], labelBytes: 2, labelPlace: 1).samples(classNames: (0..<100).map(String.init))
    _ = try CIFAR.records([file]).samples(classNames: (0..<10).map(String.init))
  },
  "gzip": { bytes, file in
    // Also by a name that promises gzip, at announced sizes around the true one, and what is no file.
    let named = file + ".gz"
    defer { unlink(named) }
    link(file, named)
    for path in [named, file + "-none", "/dev", file + String(repeating: "n", count: 300)] {
      _ = try? StoredFile(path, packing: .byName).contents()
    }
    let stored = try StoredFile(file, packing: .byNameOrMagic)
    _ = try? stored.prefix(100)
    for size in [0, Int(bytes[0]), bytes.count] { _ = try? stored.contents(size: size, what: "fuzz") }
    var buffer = cc_buffer()
    var consumed = 0
    _ = cc_gunzip(bytes, bytes.count, Int(bytes[bytes.count - 1]), &buffer, &consumed)
    let checksum = buffer.bytes.map { cc_crc32($0, buffer.count) }
    cc_free(buffer)
    let whole = try stored.contents()
    if let checksum, whole.count == buffer.count, cc_crc32(whole, whole.count) != checksum { abort() }
  },
  "jpeg": picture, "png": picture, "netpbm": picture,
  "tar": { bytes, _ in
    try bytes.withUnsafeBytes { raw in
      let index = try TarIndex(raw, file: "x.tar")
      for place in index.indices {
        _ = index[place]
        _ = index.data(place, in: raw).reduce(UInt8(0), ^)
      }
    }
  },
  "shards": { _, file in
    // Alone, and twice with no room to keep both unpacked.
    let other = file + "-other"
    defer { unlink(other) }
    link(file, other)
    for (files, limit) in [([file], ShardMemory.limit), ([file, other], 1)] {
      let memory = ShardMemory(limit: limit)
      let set = try ShardSet(files.map { ($0, .train) }, memory: memory)
      var scratch: [UInt8] = []
      for split in set.splits {
        let index = try set.index(split)
        for place in 0..<min(index.store.count, 100) {
          _ = (index.store.name(place), index.store.location(place), index.store.size(place), index.store.shards)
          _ = try? index.store.withBytes(place, &scratch) { $0.reduce(UInt8(0), ^) }
        }
      }
      if limit == 1, memory.held > memory.all.map(\.index.count).reduce(1 << 24, +) { abort() }
    }
  },
  "pack": { _, file in
    let pack = try PackFile(file)
    _ = (pack.digests(), pack.shards)
    for split in pack.splits { _ = try pack.index(split) }
    var scratch: [UInt8] = []
    for place in 0..<min(pack.count, 100) {
      _ = (pack.location(place), pack.size(place), pack.isIntact(place))
      _ = try? pack.withBytes(place, &scratch) { $0.reduce(UInt8(0), ^) }
    }
  },
  "manifest": { _, file in
    let manifest = try ManifestFile(file)
    for split in manifest.splits { _ = try manifest.index(split) }
  },
  "labels": { _, file in
    let samples = Samples(
      unchecked: [UInt8](repeating: 0, count: 12), labels: Array(0..<12),
      shape: ImageShape(channels: 1, height: 1, width: 1), classNames: (0..<12).map { "c\($0)" })
    _ = try? GroupFile.read(file, count: 12)
    _ = try LabelMap(file).applied(to: samples)
  },
  "npy": { bytes, file in
    _ = try NPYBytes(bytes, path: file).integers
    _ = try NPYBytes(file)
  },
  "mat": { bytes, file in
    var buffer = cc_buffer()
    var consumed = 0
    if let last = bytes.last { _ = cc_inflate(bytes, bytes.count, Int(last), &buffer, &consumed) }
    cc_free(buffer)
    let arrays = try MATFile.read(file)
    _ = try MATFile.read(bytes, path: file, names: ["n"])
    _ = try MATFile.array("n", in: arrays, of: file)
  },
  "archive": { bytes, file in
    let format = bytes.starts(with: Array("PK".utf8)) ? Archive.Format.zip : .tar
    let limits = Archive.Limits(bytes: 1 << 20, entries: 100, ratio: 100, ratioFloor: 1 << 16, depth: 6)
    let target = file + "-unpacked"
    defer { try? FileManager.default.removeItem(atPath: target) }
    for format in bytes.starts(with: [0x1f, 0x8b]) ? [.gzip, format] : [format] {
      try? FileManager.default.removeItem(atPath: target)
      _ = try? Archive.unpack(file, into: target, format: format, limits: limits)
    }
    if bytes.first == 0 { _ = try Archive.unpack(file, into: target) }  // The name tells no format.
  },
]

private let picture: @Sendable ([UInt8], String) throws -> Void = { bytes, _ in
  let decoder = ImageDecoder()
  try bytes.withUnsafeBytes { raw in
    _ = try decoder.header(raw, pixelLimit: 1 << 18)
    // Scaled decoding of a window, then the whole picture.
    _ = try? decoder.decode(raw, pixelLimit: 1 << 18) { header in
      ResizePlan(
        PixelRegion(
          x: header.width / 4, y: header.height / 4, width: max(header.width / 2, 1),
          height: max(header.height / 2, 1)),
        width: 16, height: 16, isScaled: true)
    }
    var values = [Float](repeating: 0, count: 5 * 3 * 3)
    values.withUnsafeMutableBufferPointer { out in
      guard let out = out.baseAddress else { return }
      let normalization = PixelNormalization(scale: [1, 1, 1], offset: [0, 0, 0])
      try? decoder.decode(raw, pixelLimit: 1 << 18, into: out, normalization: normalization) { header in
        let whole = PixelRegion(x: 0, y: 0, width: header.width, height: header.height)
        return (ResizePlan(whole, width: 5, height: 3, interpolation: .bilinear), isMirrored: header.width % 2 == 0)
      }
    }
    _ = try decoder.decode(raw, pixelLimit: 1 << 18)
  }
}

private let reader = ProcessInfo.processInfo.environment["SEPARATRIX_FUZZ"] ?? ""
private let path = "/dev/shm/separatrix-fuzz-\(getpid())"

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let run = readers[reader] else {
    print("SEPARATRIX_FUZZ must be one of \(readers.keys.sorted().joined(separator: " "))")
    exit(2)
  }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
  guard descriptor >= 0, bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == count else {
    exit(3)
  }
  close(descriptor)
  defer { unlink(path) }
  try? run(bytes, path)
  return 0
}
