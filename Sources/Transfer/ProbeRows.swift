import Features
import Foundation
import Torch

#if canImport(Glibc)
  import Glibc
#endif

/// Rows of a source, each changed in the same way, block by block.
struct ChangedRows: RowSource {
  let source: any RowSource
  let change: (Tensor) throws -> Tensor
  var count: Int { source.count }
  var dimensions: Int { source.dimensions }
  var files: [String] { source.files }

  func rows(_ range: Range<Int>) throws -> Tensor { try change(source.rows(range)) }
}

/// Some rows of a source that follow one another.
struct NarrowedRows: RowSource {
  let source: any RowSource
  let range: Range<Int>
  var count: Int { range.count }
  var dimensions: Int { source.dimensions }
  var files: [String] { source.files }

  func rows(_ own: Range<Int>) throws -> Tensor {
    try source.rows(range.lowerBound + own.lowerBound..<range.lowerBound + own.upperBound)
  }
}

/// The rows of one source, then those of another of the same width.
struct JoinedRows: RowSource {
  let first, second: any RowSource
  var count: Int { first.count + second.count }
  var dimensions: Int { first.dimensions }
  var files: [String] { first.files + second.files }

  func rows(_ range: Range<Int>) throws -> Tensor {
    let own = range.clamped(to: 0..<first.count)
    let rest = range.clamped(to: first.count..<count)
    if rest.isEmpty { return try first.rows(own) }
    let behind = try second.rows(rest.lowerBound - first.count..<rest.upperBound - first.count)
    return own.isEmpty ? behind : try Tensor.concat([first.rows(own).to(.f64), behind.to(.f64)])
  }
}

/// Rows in f32 that are not to stay in memory: a file without a name, whose pages the system reads as they are needed and which is gone
/// with the process, however that ends.
final class ScratchRows {
  private let handle: FileHandle
  private let file: MappedFile
  private let count, size: Int

  /// Writes what `body` makes of each range of `count` rows: [range.count, size] f32.
  init(count: Int, size: Int, _ body: (Range<Int>) throws -> Tensor) throws {
    (self.count, self.size) = (count, size)
    let folder = FileManager.default.temporaryDirectory
    let url = folder.appendingPathComponent("separatrix-\(UUID().uuidString).rows")
    func failed(_ reason: String) -> TransferError {
      TransferError(
        "memory", found: "\(reason) in \(folder.path)",
        expected: "room for \(count * size * 4) bytes there (TMPDIR), or more memory (--memory)")
    }
    guard FileManager.default.createFile(atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let opened = FileHandle(forUpdatingAtPath: url.path)
    else { throw failed("no file can be made") }
    try? FileManager.default.removeItem(at: url)
    handle = opened
    for range in Self.ranges(count: count, size: size) {
      let bytes = try body(range).to(.f32).contiguous().bytes()
      do { try handle.write(contentsOf: Data(bytes)) } catch { throw failed(error.localizedDescription) }
    }
    file = try MappedFile(URL(fileURLWithPath: "/dev/fd/\(handle.fileDescriptor)"), inParts: true)
  }

  /// Ranges of some 64 MB.
  static func ranges(count: Int, size: Int) -> [Range<Int>] {
    let rows = max(1, (1 << 24) / size)
    return stride(from: 0, to: count, by: rows).map { $0..<min(count, $0 + rows) }
  }

  /// Rows [range.count, size], mapped while the tensor lives.
  func rows(_ range: Range<Int>) throws(TorchError) -> Tensor {
    do {
      let part = try file.part(range.lowerBound * size * 4..<range.upperBound * size * 4)
      return try Tensor(mapping: part, type: .f32, shape: [range.count, size])
    } catch let error as TorchError {
      throw error
    } catch {
      throw TorchError(operation: "rows", message: "\(error)")
    }
  }
}

/// How much memory a program may use.
enum Memory {
  /// A quarter of what this machine has, of what its control group may use, or of the address space where that is limited.
  static var budget: Int {
    var least = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let group = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
    if let limit = group.flatMap({ Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }) {
      least = min(least, limit)
    }
    #if canImport(Glibc)
      var space = rlimit()
      if getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &space) == 0 {
        least = min(least, Int(clamping: space.rlim_cur))
      }
    #endif
    return least / 4
  }
}
