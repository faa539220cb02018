import CCodecs
import Foundation
import Torch

/// NumPy's .npz: a zip archive of .npy files, stored (`numpy.savez`) or deflated (`numpy.savez_compressed`). The
/// central directory is read when the file is opened; an array only when it is asked for.
struct NPZFile: Sendable {
  private struct Member {
    var method: Int
    var crc: UInt32
    var packed: Int
    var size: Int
    var header: Int
  }

  let file: MappedFile
  /// The arrays' names, in the order of the archive.
  let names: [String]
  private let members: [String: Member]

  init(_ url: URL) throws(ArrayFileError) {
    let file = try MappedFile(url)
    func malformed(_ field: String, _ found: String, _ expected: String) -> ArrayFileError {
      ArrayFileError(.malformed, file: file.path, field: field, found: found, expected: expected)
    }
    guard let (count, directory) = Self.directory(of: file) else {
      throw malformed("zip directory", "none", "a .npz file as numpy.savez writes; it may be cut short")
    }
    var names: [String] = []
    var members: [String: Member] = [:]
    var place = directory
    for number in 0..<count {
      guard file.integer(at: place, as: UInt32.self) == 0x0201_4b50, place <= file.count - 46,
        let method = file.integer(at: place + 10, as: UInt16.self),
        let crc = file.integer(at: place + 16, as: UInt32.self),
        let packed = file.integer(at: place + 20, as: UInt32.self),
        let size = file.integer(at: place + 24, as: UInt32.self),
        let nameLength = file.integer(at: place + 28, as: UInt16.self),
        let extraLength = file.integer(at: place + 30, as: UInt16.self),
        let commentLength = file.integer(at: place + 32, as: UInt16.self),
        let header = file.integer(at: place + 42, as: UInt32.self),
        place + 46 + Int(nameLength) + Int(extraLength) <= file.count
      else {
        throw malformed("zip directory entry \(number)", "bytes that are none", "an entry at byte \(place)")
      }
      let name = String(decoding: file.bytes[(place + 46)..<(place + 46 + Int(nameLength))], as: UTF8.self)
      var member = Member(
        method: Int(method), crc: crc, packed: Int(packed), size: Int(size), header: Int(header))
      let extra = place + 46 + Int(nameLength)
      guard Self.readWideSizes(file, extra..<extra + Int(extraLength), into: &member) else {
        throw malformed("\(name): sizes", "a wrong zip64 field", "sizes within the file")
      }
      place = extra + Int(extraLength) + Int(commentLength)
      guard name.hasSuffix(".npy") else { continue }
      let short = String(name.dropLast(4))
      guard members.updateValue(member, forKey: short) == nil else {
        throw malformed(short, "the name twice", "a name of its own for every array")
      }
      names.append(short)
    }
    self.file = file
    self.names = names
    self.members = members
  }

  /// The array called `name`.
  func array(_ name: String) throws(ArrayFileError) -> StoredArray {
    func malformed(_ field: String, _ found: String, _ expected: String) -> ArrayFileError {
      ArrayFileError(
        .malformed, file: file.path, field: "\(name): \(field)", found: found, expected: expected)
    }
    guard let member = members[name] else {
      throw malformed("name", "no such array", "one of \(names.joined(separator: ", "))")
    }
    guard file.integer(at: member.header, as: UInt32.self) == 0x0403_4b50,
      let nameLength = file.integer(at: member.header + 26, as: UInt16.self),
      let extraLength = file.integer(at: member.header + 28, as: UInt16.self)
    else { throw malformed("local header", "none at byte \(member.header)", "PK\\3\\4") }
    let start = member.header + 30 + Int(nameLength) + Int(extraLength)
    guard start <= file.count, member.packed <= file.count - start else {
      throw malformed(
        "data", "\(file.count - start) bytes", "\(member.packed) bytes; the file may be cut short")
    }
    let range = start..<start + member.packed
    switch member.method {
    case 0:
      guard member.packed == member.size else {
        throw malformed("size", "\(member.packed) stored for \(member.size)", "equal sizes")
      }
      return try NPYFile.read(file, range: range, name: name)
    case 8:
      // Deflate cannot do better than 1032 to 1, so a size beyond it is a lie, found before memory is asked for.
      guard member.size / 1040 <= member.packed, let bytes = inflated(member, range) else {
        throw malformed(
          "data", "a broken deflate stream", "\(member.size) bytes with the directory's check sum")
      }
      return try NPYFile.read(bytes, path: file.path, name: name)
    default:
      throw ArrayFileError(
        .unsupported, file: file.path, field: "\(name): compression", found: "method \(member.method)",
        expected: "0 (stored) or 8 (deflated)")
    }
  }

  /// Unpacks by dressing the raw stream as a gzip member, whose trailer carries the check sum and the size.
  private func inflated(_ member: Member, _ range: Range<Int>) -> [UInt8]? {
    var stream: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]
    file.withBytes { stream += $0[range] }
    for value in [member.crc, UInt32(truncatingIfNeeded: member.size)] {
      stream += (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var output = cc_buffer()
    var consumed = 0
    let status = cc_gunzip(stream, stream.count, member.size + 1, &output, &consumed)
    defer { cc_free(output) }
    guard status == CC_OK, output.count == member.size, let bytes = output.bytes else { return nil }
    return Array(UnsafeBufferPointer(start: bytes, count: output.count))
  }

  /// The number of entries and the place of the central directory.
  private static func directory(of file: MappedFile) -> (count: Int, place: Int)? {
    var place = file.count - 22
    let last = max(0, file.count - 22 - 65_535)
    while place >= last, place >= 0 {
      if file.integer(at: place, as: UInt32.self) == 0x0605_4b50 { break }
      place -= 1
    }
    guard place >= last, let count = file.integer(at: place + 10, as: UInt16.self),
      let start = file.integer(at: place + 16, as: UInt32.self)
    else { return nil }
    if count != .max, start != .max { return (Int(count), Int(start)) }
    guard file.integer(at: place - 20, as: UInt32.self) == 0x0706_4b50,
      let wide = file.integer(at: place - 12, as: UInt64.self), wide < UInt64(file.count),
      file.integer(at: Int(wide), as: UInt32.self) == 0x0606_4b50,
      let wideCount = file.integer(at: Int(wide) + 32, as: UInt64.self), wideCount <= UInt64(file.count),
      let wideStart = file.integer(at: Int(wide) + 48, as: UInt64.self), wideStart <= UInt64(file.count)
    else { return nil }
    return (Int(wideCount), Int(wideStart))
  }

  /// Takes the sizes that do not fit 32 bits from the zip64 field. False when they are wrong.
  private static func readWideSizes(_ file: MappedFile, _ extra: Range<Int>, into member: inout Member)
    -> Bool
  {
    let marker = Int(UInt32.max)
    guard member.size == marker || member.packed == marker || member.header == marker else { return true }
    var place = extra.lowerBound
    while place + 4 <= extra.upperBound, let tag = file.integer(at: place, as: UInt16.self),
      let length = file.integer(at: place + 2, as: UInt16.self)
    {
      if tag == 1 {
        var field = place + 4
        func next() -> Int? {
          guard field + 8 <= extra.upperBound, let value = file.integer(at: field, as: UInt64.self),
            value <= UInt64(Int.max / 2)
          else { return nil }
          field += 8
          return Int(value)
        }
        for key in [\Member.size, \Member.packed, \Member.header] where member[keyPath: key] == marker {
          guard let value = next() else { return false }
          member[keyPath: key] = value
        }
        return member.header < file.count
      }
      place += 4 + Int(length)
    }
    return false
  }
}
