import Foundation

/// Tar archives: plain ones mapped, gzip ones unpacked into memory and kept there up to a limit.
///
/// An archive that was dropped to make room is unpacked again when one of its files is asked for. The stores of all splits
/// share one such object, for they share the archives.
final class ShardMemory: @unchecked Sendable {
  /// One archive.
  final class Shard: @unchecked Sendable {
    let path: String
    let index: TarIndex
    fileprivate let mapped: MappedBytes?
    /// The bytes of a gzip archive while they are in memory; once the archive was added, guarded by the lock.
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

    /// A member's bytes as a copy, for the small files beside pictures; before the archive is added.
    func contents(_ entry: Int) -> [UInt8] {
      if let mapped { return Array(index.data(entry, in: mapped.bytes)) }
      return unpacked?.withUnsafeBytes { Array(index.data(entry, in: $0)) } ?? []
    }
  }

  /// Unpacked archives may take this many bytes of memory together: 2 GiB.
  static let limit = 2 << 30

  private(set) var all: [Shard] = []
  private let lock = NSLock()
  /// Unpacked archives, the one used last at the end; guarded by `lock`.
  private var recent: [Int] = []
  private let limit: Int

  init(limit: Int = ShardMemory.limit) { self.limit = limit }

  /// Adds an archive; all are added before any store reads.
  func add(_ shard: Shard) {
    if shard.mapped == nil { recent.append(all.count) }
    all.append(shard)
    makeRoom(for: 0)
  }

  /// Whether not all gzip archives can be in memory at once.
  var isShort: Bool { all.reduce(0) { $0 + ($1.mapped == nil ? $1.size : 0) } > limit }

  /// Bytes of unpacked archives now in memory.
  var held: Int { lock.withLock { all.reduce(0) { $0 + ($1.unpacked?.count ?? 0) } } }

  /// Hands over the bytes of a file in an archive.
  func withBytes<Result>(
    _ number: Int, _ entry: Int, _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    let shard = all[number]
    if let mapped = shard.mapped {
      defer { withExtendedLifetime(mapped) {} }
      return try body(shard.index.data(entry, in: mapped.bytes))
    }
    let bytes = try unpacked(number)
    return try bytes.withRawBytes { (raw) throws(ImageFault) in try body(shard.index.data(entry, in: raw)) }
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

  /// Drops archives, the one used longest ago first. Called with the lock held, or before any store reads.
  private func makeRoom(for size: Int) {
    var held = recent.reduce(0) { $0 + (all[$1].unpacked?.count ?? 0) }
    for number in recent where held + size > limit {
      held -= all[number].unpacked?.count ?? 0
      all[number].unpacked = nil
    }
  }
}

/// Pictures inside tar archives; `shards` tells whoever shuffles to keep to one archive for a while where unpacking them
/// again and again would cost much.
final class TarStore: ImageStore {
  /// A picture: its archive and its number there.
  struct Member {
    var shard: Int32
    var entry: Int32
  }

  private let archives: ShardMemory
  private let members: [Member]
  /// What tells apart members of several archives that have one name; nil for one archive.
  private let prefixes: [String]?
  let shards: [Range<Int>]?

  init(_ archives: ShardMemory, members: [Member]) {
    self.archives = archives
    self.members = members
    let paths = archives.all.map(\.path)
    let names = paths.map { ($0 as NSString).lastPathComponent }
    prefixes = paths.count < 2 ? nil : Set(names).count == names.count ? names : paths
    guard archives.isShort else {
      shards = nil
      return
    }
    var runs: [Range<Int>] = []
    var start = 0
    for place in members.indices where place + 1 == members.count || members[place + 1].shard != members[place].shard {
      runs.append(start..<place + 1)
      start = place + 1
    }
    shards = runs
  }

  var count: Int { members.count }

  func name(_ place: Int) -> String {
    let number = Int(members[place].shard)
    let name = archives.all[number].index.name(Int(members[place].entry))
    return prefixes.map { $0[number] + ":" + name } ?? name
  }

  func size(_ place: Int) -> Int { archives.all[Int(members[place].shard)].index.size(Int(members[place].entry)) }

  func location(_ place: Int) -> String {
    let shard = archives.all[Int(members[place].shard)]
    return shard.path + ":" + shard.index.name(Int(members[place].entry))
  }

  func withBytes<Result>(
    _ place: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    try archives.withBytes(Int(members[place].shard), Int(members[place].entry), body)
  }
}
