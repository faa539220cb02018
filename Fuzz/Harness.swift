// One libFuzzer target for all readers; SEPARATRIX_FUZZ names the one to run. Compiled together with Sources/Datasets
// into one module, so that it sees what is internal. An error that a reader throws is a pass; a trap, a leak, a report
// of AddressSanitizer or more memory than the limit is a finding.
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
  "gzip": { _, file in
    let stored = try StoredFile(file, packing: .byNameOrMagic)
    _ = try? stored.prefix(100)
    _ = try stored.contents()
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
  "pack": { _, file in
    let pack = try PackFile(file)
    _ = pack.digests()
    for split in pack.splits { _ = try pack.index(split) }
    var scratch: [UInt8] = []
    for place in 0..<min(pack.count, 100) {
      _ = pack.name(place)
      _ = pack.isIntact(place)
      _ = try? pack.withBytes(place, &scratch) { $0.reduce(UInt8(0), ^) }
    }
  },
  "manifest": { _, file in
    let manifest = try ManifestFile(file)
    for split in Split.allCases { _ = try? manifest.index(split) }
  },
  "labels": { _, file in
    let samples = Samples(
      unchecked: [UInt8](repeating: 0, count: 12), labels: Array(0..<12),
      shape: ImageShape(channels: 1, height: 1, width: 1), classNames: (0..<12).map { "c\($0)" })
    _ = try? GroupFile.read(file, count: 12)
    _ = try LabelMap(file).applied(to: samples)
  },
  "npy": { bytes, file in _ = try NPYBytes(bytes, path: file) },
  "mat": { bytes, file in _ = try MATFile.read(bytes, path: file) },
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
