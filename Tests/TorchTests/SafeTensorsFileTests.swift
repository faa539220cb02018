import Foundation
import Testing

@testable import Torch

@Suite struct SafeTensorsFileTests {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).safetensors")

  func file(header: String, data: Int = 0) throws -> URL {
    var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    bytes += Array(header.utf8) + Array(repeating: 0, count: data)
    try Data(bytes).write(to: url)
    return url
  }

  @Test func roundTrip() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let values: [Float] = [1, 2, 3, 4, 5, 6]
    try SafeTensorsFile.write(
      [
        .init(name: "flags", type: .u8, shape: [3], bytes: [7, 8, 9]),
        .init(name: "weight \"q\" é\u{1}", type: .f32, shape: [2, 3], numbers: values),
        .init(name: "labels", type: .i64, shape: [2], numbers: [-1, 5]),
        .init(name: "none", type: .f64, shape: [0, 4], bytes: []),
      ], metadata: ["b": "2\n", "a": "1"], to: url)
    let read = try SafeTensorsFile(url)
    #expect(read.metadata == ["a": "1", "b": "2\n"])
    #expect(Set(read.entries.map(\.name)) == ["labels", "none", "weight \"q\" é\u{1}", "flags"])
    let weight = try read.entry("weight \"q\" é\u{1}")
    #expect(weight.shape == [2, 3] && weight.type == .f32 && weight.range.lowerBound % 4 == 0)
    #expect(Array(read.bytes(weight).bindMemory(to: Float.self)) == values)
    #expect(Array(read.bytes(try read.entry("flags"))) == [7, 8, 9])
    #expect(throws: ArrayFileError.self) { try read.entry("missing") }
  }

  @Test func sameItemsGiveSameBytes() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    func write() throws -> Data {
      try SafeTensorsFile.write(
        [.init(name: "a", type: .u8, shape: [1], bytes: [1])], metadata: ["x": "y", "w": "z"], to: url)
      return try Data(contentsOf: url)
    }
    #expect(try write() == write())
  }

  @Test(arguments: [
    ("no JSON", 0), ("{\"a\":3}", 0), ("[]", 0), ("", 0),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 12),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8),
    (#"{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[0,-1],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 8),
    (#"{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,4]}}"#, 4),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
      3
    ),
    (#"{"__metadata__":{"a":1}}"#, 0),
  ])
  func refusesWhatTheFormatForbids(header: String, data: Int) throws {
    defer { try? FileManager.default.removeItem(at: url) }
    let url = try file(header: header, data: data)
    let error = try #require(throws: ArrayFileError.self) { try SafeTensorsFile(url) }
    #expect(error.description.contains(url.path))
  }

  @Test func refusesEveryTruncation() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    try SafeTensorsFile.write(
      [.init(name: "a", type: .f32, shape: [2], numbers: [1, 2] as [Float])], to: url)
    let whole = try Data(contentsOf: url)
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: url)
      #expect(throws: ArrayFileError.self) { try SafeTensorsFile(url) }
    }
    try (whole + [0]).write(to: url)
    #expect(throws: ArrayFileError.self) { try SafeTensorsFile(url) }
  }

  @Test func survivesEveryChangedByte() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    try SafeTensorsFile.write(
      [.init(name: "a", type: .f32, shape: [2], numbers: [1, 2] as [Float])], to: url)
    let whole = try Data(contentsOf: url)
    for position in 0..<whole.count - 8 {
      for value: UInt8 in [0, 1, 0x22, 0x2d, 0x39, 0x7b, 0x80, 0xff] {
        var changed = whole
        changed[position] = value
        try changed.write(to: url)
        _ = try? SafeTensorsFile(url)
      }
    }
  }

  @Test func failedWriteKeepsTheOldFile() throws {
    defer { try? FileManager.default.removeItem(at: url) }
    try Data([1, 2, 3]).write(to: url)
    #expect(throws: ArrayFileError.self) {
      try SafeTensorsFile.write([.init(name: "a", type: .f32, shape: [2], bytes: [0])], to: url)
    }
    #expect(try Data(contentsOf: url) == Data([1, 2, 3]))
    #expect(throws: ArrayFileError.self) {
      try SafeTensorsFile.write([], to: URL(fileURLWithPath: "/nowhere/at/all.safetensors"))
    }
    #expect(throws: ArrayFileError.self) { try SafeTensorsFile(URL(fileURLWithPath: "/tmp")) }
    #expect(throws: ArrayFileError.self) { try SafeTensorsFile(URL(fileURLWithPath: "/nowhere")) }
  }
}
