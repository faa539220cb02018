import Foundation

/// Pictures inside tar archives: plain ones mapped, gzip ones unpacked into memory and kept there up to a limit.
///
/// An archive that was dropped to make room is unpacked again when one of its pictures is asked for; `shards` tells whoever
/// shuffles to keep to one archive for a while.
final class TarStore: ImageStore, @unchecked Sendable {
  /// One archive.
  final class Shard: @unchecked Sendable {
    let path: String
    let index: TarIndex
    fileprivate let mapped: MappedBytes?
    /// The bytes of a gzip archive once unpacked; guarded by the store's lock.
    fileprivate var unpacked: [UInt8]?
    fileprivate let size: Int

    init(_ path: String) throws(DatasetError) {
      self.path = path
      let file = try StoredFile(path, packing: .byNameOrMagic)
      if file.isGzip {
        let bytes = try file.contents()
        mapped = nil
        unpacked = bytes
        size = bytes.count
        index = try Self.index(bytes, path)
      } else {
        let map = try MappedBytes(path)
        mapped = map
        size = map.bytes.count
        index = try TarIndex(map.bytes, file: path)
      }
    }

    private static func index(_ bytes: [UInt8], _ path: String) throws(DatasetError) -> TarIndex {
      try bytes.withRawBytes { (raw) throws(DatasetError) in try TarIndex(raw, file: path) }
    }

    /// A member's bytes as a copy, for the small files beside pictures.
    func contents(_ entry: Int) -> [UInt8] {
      if let mapped { return Array(index.data(entry, in: mapped.bytes)) }
      return unpacked?.withUnsafeBytes { Array(index.data(entry, in: $0)) } ?? []
    }
  }

  /// A picture: its archive and its number there.
  struct Member {
    var shard: Int32
    var entry: Int32
  }

  /// Unpacked archives may take this many bytes of memory together.
  static let memory = 2 << 30

  private let all: [Shard]
  private let members: [Member]
  private let lock = NSLock()
  /// Unpacked archives, the one used last at the end; guarded by `lock`.
  private var recent: [Int] = []
  private let limit: Int
  let shards: [Range<Int>]?

  init(_ shards: [Shard], members: [Member], limit: Int = TarStore.memory) {
    all = shards
    self.members = members
    self.limit = limit
    let packed = shards.indices.filter { shards[$0].mapped == nil }
    recent = packed
    guard packed.reduce(0, { $0 + shards[$1].size }) > limit else {
      self.shards = nil
      return
    }
    var runs: [Range<Int>] = []
    var start = 0
    for place in members.indices where place + 1 == members.count || members[place + 1].shard != members[place].shard {
      runs.append(start..<place + 1)
      start = place + 1
    }
    self.shards = runs
    makeRoom(for: 0)
  }

  var count: Int { members.count }

  func name(_ place: Int) -> String {
    all[Int(members[place].shard)].index.name(Int(members[place].entry))
  }

  func size(_ place: Int) -> Int { all[Int(members[place].shard)].index.size(Int(members[place].entry)) }

  func location(_ place: Int) -> String { all[Int(members[place].shard)].path + ":" + name(place) }

  func withBytes<Result>(
    _ place: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    let member = members[place]
    let shard = all[Int(member.shard)]
    if let mapped = shard.mapped {
      defer { withExtendedLifetime(mapped) {} }
      return try body(shard.index.data(Int(member.entry), in: mapped.bytes))
    }
    let bytes = try unpacked(Int(member.shard))
    return try bytes.withRawBytes { (raw) throws(ImageFault) in
      try body(shard.index.data(Int(member.entry), in: raw))
    }
  }

  private func unpacked(_ number: Int) throws(ImageFault) -> [UInt8] {
    lock.lock()
    defer { lock.unlock() }
    if recent.last != number {
      recent.removeAll { $0 == number }
      recent.append(number)
    }
    let shard = all[number]
    if let bytes = shard.unpacked { return bytes }
    makeRoom(for: shard.size)
    do throws(DatasetError) {
      let bytes = try StoredFile(shard.path, packing: .byNameOrMagic).contents()
      guard bytes.count == shard.size else {
        throw DatasetError(.countMismatch, expected: "\(shard.size) unpacked bytes, as before", found: "\(bytes.count)")
      }
      shard.unpacked = bytes
      return bytes
    } catch {
      throw ImageFault(.unreadable, error.description)
    }
  }

  /// Drops archives, the one used longest ago first. Called with the lock held, or before anyone else knows the store.
  private func makeRoom(for size: Int) {
    var held = recent.reduce(0) { $0 + (all[$1].unpacked?.count ?? 0) }
    for number in recent where held + size > limit {
      held -= all[number].unpacked?.count ?? 0
      all[number].unpacked = nil
    }
  }
}
