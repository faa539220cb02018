/// A name from an archive, known to lead nowhere but down: no root, no `..`, no backslash, no empty part.
struct ArchivePath: Hashable {
  /// Why a name is refused.
  struct Fault: Error {
    var expected: String
    var found: String
  }

  /// The names of the folders and of the entry, bytes as stored.
  var parts: [[UInt8]] = []

  /// A path from a stored name. `.` and doubled slashes are passed over; the result has no parts for `./`.
  init(_ name: [UInt8]) throws(Fault) {
    guard !name.isEmpty else { throw Fault(expected: "a name", found: "an empty one") }
    guard name.first != UInt8(ascii: "/") else {
      throw Fault(expected: "a name below the folder", found: "the absolute name \(Self.shown(name))")
    }
    guard !name.contains(UInt8(ascii: "\\")) else {
      throw Fault(expected: "slashes between the parts of a name", found: "a backslash in \(Self.shown(name))")
    }
    guard !name.contains(0) else {
      throw Fault(expected: "a name without null bytes", found: Self.shown(name))
    }
    for part in name.split(separator: UInt8(ascii: "/")) where part != [UInt8(ascii: ".")] {
      guard part != [UInt8(ascii: "."), UInt8(ascii: ".")] else {
        throw Fault(expected: "a name below the folder", found: "\"..\" in \(Self.shown(name))")
      }
      guard part.count <= 255 else {
        throw Fault(expected: "names of at most 255 bytes", found: "one of \(part.count) in \(Self.shown(name))")
      }
      parts.append(Array(part))
    }
  }

  /// Checks the target of a symbolic link that lies `depth` folders deep.
  ///
  /// `..` may stand at its beginning only, at most `depth` times. As no file or folder is ever written through a
  /// link, the folders above are what they seem, and by induction every chain of such links stays inside.
  static func check(target: [UInt8], depth: Int) throws(Fault) {
    guard !target.isEmpty, !target.contains(0), target.first != UInt8(ascii: "/"),
      !target.contains(UInt8(ascii: "\\"))
    else {
      throw Fault(expected: "a link to a relative name", found: "one to \(shown(target))")
    }
    var ups = 0
    var isBelow = false
    for part in target.split(separator: UInt8(ascii: "/")) where part != [UInt8(ascii: ".")] {
      if part == [UInt8(ascii: "."), UInt8(ascii: ".")] {
        ups += 1
        guard !isBelow, ups <= depth else {
          throw Fault(expected: "a link that stays below the folder", found: "one to \(shown(target))")
        }
      } else {
        isBelow = true
      }
    }
  }

  /// The name for an error: quoted, at most 200 bytes, control characters replaced.
  static func shown(_ name: [UInt8]) -> String {
    let few = name.prefix(200).map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
    return "\"" + String(decoding: few, as: UTF8.self) + (few.count < name.count ? "...\"" : "\"")
  }

  /// The path for an error.
  var description: String { Self.shown(Array(parts.joined(separator: [UInt8(ascii: "/")]))) }
}
