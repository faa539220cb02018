import Foundation
import TestSupport
import Testing

@testable import Study

/// Bytes against those of TensorBoard's own writer (`Fixtures/generate_tensorboard.py`).
@Suite struct TensorBoardBytesTests {
  struct Expected: Decodable {
    struct Checksum: Decodable {
      var bytes: String
      var crc: UInt32
      var masked: UInt32
    }
    struct Record: Decodable {
      var bytes: String
      var record: String
    }
    var checksums: [Checksum]
    var records: [Record]
    var events: [String: String]
    var file: String
  }

  let expected: Expected

  init() throws { expected = try fixture(Expected.self, "tensorboard.json") }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { $0 < 58 ? $0 - 48 : $0 - 87 }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test func checksums() {
    #expect(expected.checksums.count == 7)
    for one in expected.checksums {
      #expect(CRC32C.checksum(Self.bytes(one.bytes)) == one.crc)
      #expect(CRC32C.masked(Self.bytes(one.bytes)) == one.masked)
    }
    // RFC 3720, B.4: 32 ascending bytes, which TensorBoard's writer has no part in.
    #expect(CRC32C.checksum(0..<32 as Range<UInt8>) == 0x46DD_794E)
  }

  @Test func records() {
    for one in expected.records { #expect(Hex.text(TFRecord.record(Self.bytes(one.bytes))) == one.record) }
  }

  @Test func integersOfEveryLength() {
    func written(_ value: Int64) -> [UInt8] { ProtobufMessage { $0.put(1, integer: value) }.bytes }
    #expect(written(0) == [8, 0])
    #expect(written(127) == [8, 127])
    #expect(written(128) == [8, 128, 1])
    #expect(written(300) == [8, 172, 2])
    #expect(written(.max) == [8] + [UInt8](repeating: 255, count: 8) + [127])
    #expect(written(-1) == [8] + [UInt8](repeating: 255, count: 9) + [1])
    #expect(ProtobufMessage { $0.put(16, bool: true) }.bytes == [128, 1, 1])
  }

  static let start = HyperparameterSummary.Start(
    hyperparameters: [
      "objective": .text("label-smoothing"), "learning_rate": .number(0.1), "seed": .number(0), "nesterov": .bool(true),
      "plain": .bool(false),
    ], group: "run 1", time: 1_767_225_601.25)

  static let experiment = HyperparameterSummary.Experiment(
    name: "small", created: 1_767_225_600,
    hyperparameters: [
      .init(name: "learning_rate", values: [.number(0.1), .number(0.2)]),
      .init(name: "nesterov", values: [.bool(false), .bool(true)]),
      .init(name: "objective", values: [.text("label-smoothing"), .text("softmax")]),
    ],
    metrics: [.init(tag: "evaluate/top1/test", title: "accuracy", description: "Top-1.")])

  static let events: [String: TensorBoardEvent] = [
    "version": TensorBoardEvent(wallTime: 1_767_225_600, content: .version),
    "scalar": TensorBoardEvent(wallTime: 1_767_225_600.5, step: 3, content: .scalar(tag: "train/loss", value: 0.1)),
    "zero": TensorBoardEvent(wallTime: 0, content: .scalar(tag: "holdout/accuracy", value: 0)),
    "long": TensorBoardEvent(
      wallTime: 1_767_225_600, step: 1 << 40,
      content: .scalar(tag: String(repeating: "\u{DF}", count: 100), value: -1e30)),
    "negative": TensorBoardEvent(wallTime: -1.5, step: -1, content: .scalar(tag: "t", value: 1.5)),
    "experiment": TensorBoardEvent(wallTime: 1_767_225_600, content: .hyperparameters(.experiment(experiment))),
    "start": TensorBoardEvent(wallTime: 1_767_225_601.25, content: .hyperparameters(.start(start))),
    "end": TensorBoardEvent(
      wallTime: 1_767_225_700, content: .hyperparameters(.end(.failure, time: 1_767_225_700))),
    "running": TensorBoardEvent(wallTime: 0, content: .hyperparameters(.end(.running, time: nil))),
  ]

  @Test(arguments: events.keys.sorted()) func event(_ name: String) throws {
    #expect(Hex.text(try #require(Self.events[name]).bytes) == expected.events[name])
  }

  @Test func everyFixtureIsCompared() { #expect(Set(expected.events.keys) == Set(Self.events.keys)) }

  @Test func aWholeFile() throws {
    let events = try ["start", "scalar", "end"].map { try #require(Self.events[$0]) }
    #expect(Hex.text(TensorBoardEvent.file(events, wallTime: 1_767_225_600)) == expected.file)
  }
}
