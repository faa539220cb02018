import CCodecs
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `Fixtures/matlab.py` wrote.
struct MATLABFixtures: Decodable {
  struct Digits: Decodable {
    var pixels: Data
    var labels: [Int]
  }
  var mat: [String: Data]
  var npy: [String: Data]
  var svhn: Digits
  var planar: Data
  var zlib: Data
  var expected: [String: [Double]]

  static func load() throws -> MATLABFixtures { try fixture(MATLABFixtures.self, "matlab.json") }
}

@Suite struct MATFileTests {
  let fixtures: MATLABFixtures
  init() throws { fixtures = try MATLABFixtures.load() }

  func read(_ name: String) throws -> [String: MATArray] {
    try MATFile.read([UInt8](try #require(fixtures.mat[name])), path: name)
  }

  @Test(arguments: ["mixed", "mixed-compressed"]) func everyKind(_ name: String) throws {
    let arrays = try read(name)
    #expect(arrays.count == 12)
    for (name, values) in fixtures.expected { #expect(arrays[name]?.doubles == values, "\(name)") }
    #expect(arrays["bytes"]?.dimensions == [2, 3, 4] && arrays["doubles"]?.dimensions == [2, 3])
    #expect(arrays["wide"]?.integers == [-5, 1 << 40] && arrays["doubles"]?.integers == nil)
    #expect(arrays["text"]?.string == "Aston Martin V8 Vantage Coupé 2012" && arrays["text"]?.doubles == nil)
    #expect(arrays["nothing"]?.dimensions == [0, 0] && arrays["nothing"]?.doubles == [])
    #expect(arrays["cells"]?.strings == ["AM General Hummer SUV 2000", "", "Acura RL Sedan 2012"])
    let record = try #require(arrays["record"])
    #expect(record["name"]?.first?.string == "one" && record["value"]?.first?.integers == [7])
    #expect(record["inner"]?.first?["deep"]?.first?.content == .bytes([1, 2]) && record["none"] == nil)
  }

  @Test func records() throws {
    let annotations = try #require(try read("cars-train")["annotations"])
    #expect(annotations.dimensions == [1, 4])
    #expect(annotations["fname"]?.map(\.string) == ["00001.jpg", "00002.jpg", "00003.jpg", "00004.jpg"])
    #expect(annotations["class"]?.compactMap { $0.integers?.first } == [2, 1, 3, 2])
    #expect(annotations["bbox_x1"]?.compactMap { $0.integers?.first } == [10, 11, 12, 13])
  }

  @Test func wantedNamesOnly() throws {
    let bytes = [UInt8](try #require(fixtures.mat["mixed-compressed"]))
    #expect(try MATFile.read(bytes, path: "", names: ["text", "none"]).keys.sorted() == ["text"])
  }

  @Test func otherByteOrder() throws {
    #expect(try read("big-endian")["v"]?.integers == [-2, 259])
  }

  @Test func faults() throws {
    let whole = [UInt8](try #require(fixtures.mat["mixed"]))
    func kind(_ bytes: [UInt8]) -> DatasetError.Kind? {
      fault { () throws(DatasetError) in _ = try MATFile.read(bytes, path: "f.mat") }?.kind
    }
    #expect(kind([]) == .truncated && kind(Array(whole[..<127])) == .truncated)
    #expect(kind(Array(whole[..<200])) == .truncated && kind(Array(whole[..<(whole.count - 9)])) == .truncated)
    var changed = whole
    changed[126] = 0
    #expect(kind(changed) == .wrongMagic)
    changed = whole
    changed[125] = 2
    let newer = fault { () throws(DatasetError) in _ = try MATFile.read(changed, path: "f.mat") }
    #expect(newer?.found.contains("HDF5") == true && newer?.description.contains("-v7") == true)
    changed = [UInt8](try #require(fixtures.mat["mixed-compressed"]))
    changed[180] ^= 0xff
    #expect(kind(changed) == .badGzip)
    #expect(try MATFile.read(Array(whole[..<128]), path: "").isEmpty)
    let missing = fault { () throws(DatasetError) in _ = try MATFile.array("x", in: [:], of: "f.mat") }
    #expect(missing?.kind == .missing)
  }

  @Test func zlibStreams() throws {
    let packed = [UInt8](fixtures.zlib)
    func inflate(_ bytes: [UInt8], limit: Int) -> (status: cc_status, output: [UInt8], consumed: Int) {
      var output = cc_buffer()
      var consumed = 0
      let status = cc_inflate(bytes, bytes.count, limit, &output, &consumed)
      defer { cc_free(output) }
      return (status, Array(UnsafeBufferPointer(start: output.bytes, count: output.count)), consumed)
    }
    let whole = [UInt8](String(repeating: "abc", count: 1000).utf8)
    for limit in [3000, 3001, 1 << 30] {
      let found = inflate(packed, limit: limit)
      #expect(found.status == CC_OK && found.output == whole && found.consumed == packed.count)
    }
    for limit in [0, 1, 2999] {
      let found = inflate(packed, limit: limit)
      #expect(found.status == CC_LIMIT && found.output == Array(whole[..<limit]))
    }
    #expect(inflate(packed + [1], limit: 5000).status == CC_TRAILING)
    for count in 0..<packed.count { #expect(inflate(Array(packed[..<count]), limit: 5000).status == CC_ENDS_EARLY) }
    #expect(inflate(packed.dropLast() + [0], limit: 5000).status == CC_CORRUPT)
  }

  /// Arrays inside arrays beyond the limit are refused before the stack is.
  @Test func nesting() throws {
    func little(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    func element(_ type: Int, _ data: [UInt8]) -> [UInt8] {
      little(type) + little(data.count) + data + [UInt8](repeating: 0, count: (8 - data.count % 8) % 8)
    }
    func cell(_ inner: [UInt8]) -> [UInt8] {
      element(
        14, element(6, little(1) + little(0)) + element(5, little(1) + little(1)) + element(1, []) + inner)
    }
    var nest = element(14, [])
    let header = Array("MATLAB 5.0 MAT-file".utf8)
    let head = header + [UInt8](repeating: 32, count: 124 - header.count) + [0, 1] + Array("IM".utf8)
    for depth in 1...200 {
      nest = cell(nest)
      let error = fault { () throws(DatasetError) in _ = try MATFile.read(head + nest, path: "") }
      #expect(
        (error == nil) == (depth <= MATReader.depthLimit), "\(depth): \(error.map(String.init(describing:)) ?? "")")
    }
  }

  /// No bytes make the reader trap, hang or take much memory.
  @Test func damagedFiles() throws {
    var random = CounterGenerator(seed: 5, purpose: .bench)
    for name in fixtures.mat.keys.sorted() where name != "svhn" {
      let whole = [UInt8](try #require(fixtures.mat[name]))
      var faults = 0
      for _ in 0..<1500 {
        var bytes = whole
        for _ in 0...random.below(4) {
          let place = random.below(3) == 0 ? random.below(bytes.count) : 128 + random.below(bytes.count - 128)
          switch random.below(5) {
          case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
          case 1: bytes[place] ^= 1 << UInt8(random.below(8))
          case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff][random.below(5)]
          case 3: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(9)))
          default: bytes.insert(contentsOf: [UInt8](repeating: 0, count: 1 + random.below(9)), at: place)
          }
          if bytes.count < 140 { bytes = whole }
        }
        if fault({ () throws(DatasetError) in _ = try MATFile.read(bytes, path: "") }) != nil { faults += 1 }
      }
      #expect(faults > 500, "\(name)")
    }
  }
}

@Suite struct NPYBytesTests {
  let fixtures: MATLABFixtures
  init() throws { fixtures = try MATLABFixtures.load() }

  func read(_ name: String) throws -> NPYBytes {
    try NPYBytes([UInt8](try #require(fixtures.npy[name])), path: name)
  }

  @Test func numbers() throws {
    #expect(try read("int64").integers == [3, -1, 1 << 40])
    #expect(try read("int32").integers == [7, 0])
    let images = try read("bytes")
    #expect(images.shape == [2, 32, 32, 3] && images.width == 1 && images.data.count == 6144)
    #expect(Samples.planar(images.data, channels: 3, plane: 1024) == [UInt8](fixtures.planar))
  }

  @Test func faults() throws {
    for name in ["fortran", "double"] {
      #expect(
        fault { () throws(DatasetError) in
          _ = try NPYBytes([UInt8](fixtures.npy[name] ?? Data()), path: name)
        }?.kind == .wrongMagic, "\(name)")
    }
    let whole = [UInt8](try #require(fixtures.npy["bytes"]))
    func kind(_ bytes: [UInt8]) -> DatasetError.Kind? {
      fault { () throws(DatasetError) in _ = try NPYBytes(bytes, path: "") }?.kind
    }
    #expect(kind(Array(whole.dropLast())) == .truncated && kind(whole + [0]) == .oversized)
    #expect(kind(Array(whole[..<40])) == .truncated && kind([1, 2, 3]) == .wrongMagic)
    var random = CounterGenerator(seed: 6, purpose: .bench)
    for _ in 0..<20_000 {
      var bytes = Array(whole[..<160])
      for _ in 0...random.below(3) { bytes[random.below(130)] = UInt8(truncatingIfNeeded: random.next()) }
      #expect(kind(bytes) != nil)
    }
  }
}
