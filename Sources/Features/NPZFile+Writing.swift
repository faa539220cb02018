import Foundation
import Torch

extension NPYFile {
  /// `tensor` as the bytes of a .npy file, version 1. bf16, which NumPy lacks, becomes f32.
  static func bytes(of tensor: Tensor) throws(TorchError) -> [UInt8] {
    let tensor = tensor.elementType == .bf16 ? try tensor.to(.f32) : tensor
    let descr =
      switch tensor.elementType {
      case .u8: "|u1"
      case .bool: "|b1"
      case .i64: "<i8"
      case .f16: "<f2"
      case .f64: "<f8"
      case .f32, .bf16: "<f4"
      }
    let sides = tensor.shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sides)), }"
    header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
    let length = header.utf8.count
    let head = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8 & 0xff)]
    return head + Array(header.utf8) + (try tensor.bytes())
  }
}

extension NPZFile {
  /// Writes members `name`.npy into a zip archive without compression, in one step. Up to 4 GiB.
  static func write(_ members: [(name: String, bytes: [UInt8])], to url: URL) throws(ArrayFileError) {
    let total = members.reduce(0) { $0 + $1.bytes.count + 2 * $1.name.utf8.count + 200 }
    guard total < Int(UInt32.max), members.count < Int(UInt16.max) else {
      throw ArrayFileError(
        .unwritable, file: url.path, field: "size", found: "\(total) bytes", expected: "less than 4 GiB")
    }
    func little(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in
      var directory: [UInt8] = []
      for (name, bytes) in members {
        let file = Array("\(name).npy".utf8)
        // Version, flags, method, time, date (1980-01-01), check sum, sizes, lengths of name and extra field.
        let common = little(20, 2) + little(0, 2) + little(0, 2) + little(0, 2) + little(0x21, 2)
        let sizes = little(Int(crc32(bytes)), 4) + little(bytes.count, 4) + little(bytes.count, 4)
        let lengths = little(file.count, 2) + little(0, 2)
        directory += little(0x0201_4b50, 4) + little(20, 2) + common + sizes + lengths
        directory += little(0, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(sink.count, 4) + file
        try sink.write(little(0x0403_4b50, 4) + common + sizes + lengths + file)
        try sink.write(bytes)
      }
      let start = sink.count
      try sink.write(directory)
      let count = little(members.count, 2)
      try sink.write(
        little(0x0605_4b50, 4) + little(0, 4) + count + count + little(directory.count, 4) + little(start, 4)
          + little(0, 2))
    }
  }

  /// The check sum of zip and gzip (CRC-32, polynomial 0xEDB88320).
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    let table = (0..<256).map { (number: UInt32) in
      (0..<8).reduce(number) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }
    return ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
  }
}
