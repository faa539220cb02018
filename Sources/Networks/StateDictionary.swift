import Foundation
import Torch

/// The named weights of a network in a .safetensors file, by the names that torchvision and timm use (those of timm's
/// resnet, wide_resnet and inception_v3 are torchvision's). Reading fills a network only when every name and shape fits;
/// writing gives what `torchvision_model.load_state_dict(safetensors.torch.load_file(f))` takes strictly.
///
/// Files of `torch.save` (.pth, .pt) hold programs of Python's pickle; they are refused by name, never run.
public struct StateDictionary: Sendable {
  /// The file.
  public let file: SafeTensorsFile
  /// What wrappers (DataParallel, torch.compile) put before every name: "module.", "_orig_mod.", both, or nothing.
  public let prefix: String
  /// The arrays by name without the prefix; counters of batches, which say nothing about a network, are left out.
  public let entries: [String: SafeTensorsFile.Entry]

  static let counter = "num_batches_tracked"
  private static let wrappers = ["module.", "_orig_mod."]

  /// Opens `url`; reads names and shapes, not yet the values.
  public init(_ url: URL) throws(StateDictionaryError) {
    let mapped: MappedFile
    do throws(ArrayFileError) { mapped = try MappedFile(url) } catch { throw .file(error) }
    if Self.isPickled(mapped) { throw .pickled(file: url.path) }
    do throws(ArrayFileError) { file = try SafeTensorsFile(url) } catch { throw .file(error) }
    var prefix = ""
    let names = file.entries.map(\.name)
    while let next = Self.wrappers.first(where: { wrapper in
      !names.isEmpty && names.allSatisfy { $0.hasPrefix(prefix + wrapper) }
    }) {
      prefix += next
    }
    self.prefix = prefix
    entries = file.entries.reduce(into: [:]) { result, entry in
      let name = String(entry.name.dropFirst(prefix.count))
      if name != Self.counter && !name.hasSuffix("." + Self.counter) { result[name] = entry }
    }
  }

  /// A zip archive, a tar archive of the oldest PyTorch, or a bare pickle (protocol 2 and later).
  private static func isPickled(_ file: MappedFile) -> Bool {
    file.withBytes { bytes in
      let start = Array(bytes.prefix(4))
      let isTar = bytes.count >= 262 && Array(bytes[257..<262]) == Array("ustar".utf8)
      let isPickle = start.count >= 2 && start[0] == 0x80 && (2...5).contains(start[1]) && bytes.count > 8
      // The length of a .safetensors header may begin with these bytes as well; then its brace is the ninth.
      let isHeader = bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
      return start == [0x50, 0x4B, 0x03, 0x04] || isTar || (isPickle && !isHeader)
    }
  }

  /// The values of the array called `name` in f32. Nil when there is none of that name.
  public func tensor(_ name: String) throws(StateDictionaryError) -> Tensor? {
    guard let entry = entries[name] else { return nil }
    guard let type = entry.type.element else { throw .notNumbers(file: file.file.path, names: [name]) }
    do throws(TorchError) {
      return try file.withBytes(of: entry) { (bytes: UnsafeRawBufferPointer) throws(TorchError) in
        try Tensor(bytes: bytes, type: type, shape: entry.shape).to(.f32)
      }
    } catch {
      throw .network(.torch(error))
    }
  }
}

extension StoredType {
  /// The type of a tensor of these numbers, if weights may be of it.
  var element: ElementType? {
    switch self {
    case .f16: .f16
    case .bf16: .bf16
    case .f32: .f32
    case .f64: .f64
    default: nil
    }
  }
}
