import Crypto
import Foundation
import Networks
import Torch

/// Weights of a finished run, or of a state dictionary with torchvision's names, that another run begins with.
public struct InitialWeights: Codable, Hashable, Sendable {
  /// A weights file.
  public var path: String
  /// SHA-256 of the file, so that another file is another run.
  public var sha256: String
  /// True: what stands behind the features begins anew even where the file has it in the network's size; another task.
  public var hasNewHead: Bool?

  enum CodingKeys: String, CodingKey {
    case path, sha256
    case hasNewHead = "new_head"
  }

  /// The weights of a run folder or a file as they are now.
  public init(_ path: String) throws(TrainingError) {
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    self.path = exists && isFolder.boolValue ? path + "/weights.safetensors" : path
    sha256 = try Self.digest(self.path)
  }

  private static func digest(_ path: String) throws(TrainingError) -> String {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else {
      throw .badWeights(path: path, reason: "it cannot be read; give a run folder or a weights file")
    }
    return SHA256.hash(data: data).map { String(format: "%02x", $0) }.joined()
  }

  /// Puts the values into a fresh model. What stands behind the features stays fresh where the file has it in another
  /// size, or not at all: another task. So does Inception's auxiliary branch where the file has no part of it. Returns
  /// what does: "fc", "projector", "AuxLogits".
  func load(into model: Model) throws(TrainingError) -> [String] {
    guard try Self.digest(path) == sha256 else {
      throw .badWeights(path: path, reason: "the file has changed since the plan was made")
    }
    let dictionary: StateDictionary
    do throws(StateDictionaryError) {
      dictionary = try StateDictionary(URL(fileURLWithPath: path))
    } catch {
      throw .badWeights(path: path, reason: error.description)
    }
    var fresh: [String] = []
    let hasBranch = dictionary.entries.keys.contains { $0.hasPrefix("AuxLogits.") }
    for entry in model.parameters.entries {
      // What classifies: the heads, and the projector before one.
      let isHead =
        ["fc.", "projector.", "AuxLogits.fc."].contains { entry.name.hasPrefix($0) }
        || (!hasBranch && entry.name.hasPrefix("AuxLogits."))
      let value: Tensor?
      do throws(StateDictionaryError) {
        value = try dictionary.tensor(entry.name)
      } catch {
        throw .badWeights(path: path, reason: error.description)
      }
      guard let value, value.shape == entry.tensor.shape, !(isHead && hasNewHead == true) else {
        if isHead {
          let part = String(entry.name.prefix { $0 != "." })
          if !fresh.contains(part) { fresh.append(part) }
          continue
        }
        guard let value else {
          throw .badWeights(path: path, reason: "it lacks '\(entry.name)'; was it saved by another network?")
        }
        throw .badWeights(
          path: path, reason: "'\(entry.name)' has shape \(value.shape), the network needs \(entry.tensor.shape)")
      }
      try torch { () throws(TorchError) in try entry.tensor.assign(value) }
    }
    return fresh
  }
}
