import Foundation
import Torch

extension StateDictionary {
  /// Writes the weights of `model` by torchvision's names in f32 (f64 stays f64), with the counters of batches that
  /// PyTorch's batch norms expect (i64, 0: they matter only to a cumulative average, which nobody here uses).
  public static func write(
    _ model: Model, metadata: [String: String] = [:], to url: URL
  ) throws(StateDictionaryError) {
    var items: [SafeTensorsFile.Item] = []
    for entry in model.parameters.entries {
      let bytes: [UInt8]
      do throws(TorchError) { bytes = try entry.tensor.bytes() } catch { throw .network(.torch(error)) }
      let type: StoredType = entry.tensor.elementType == .f64 ? .f64 : .f32
      items.append(.init(name: entry.name, type: type, shape: entry.tensor.shape, bytes: bytes))
      if entry.name.hasSuffix("running_var") {
        let name = entry.name.dropLast("running_var".count) + counter
        items.append(.init(name: String(name), type: .i64, shape: [], numbers: [0]))
      }
    }
    do throws(ArrayFileError) {
      try SafeTensorsFile.write(items, metadata: metadata.merging(["format": "pt"]) { own, _ in own }, to: url)
    } catch {
      throw .file(error)
    }
  }
}
