import Foundation
import Torch

/// Where a run stands, with the sums of the epoch it is in.
struct Position: Codable, Equatable {
  /// Steps done.
  var step = 0
  /// Over the steps of the current epoch: sum of losses, right answers, samples seen.
  var lossSum = 0.0
  var correct = 0
  var seen = 0
  /// The last losses, newest last, to tell of when one is not finite.
  var recent: [Double] = []
  /// The best epoch on the holdout so far, where one is looked for.
  var best: Best?

  /// An epoch and its accuracy on the holdout.
  struct Best: Codable, Equatable {
    /// From 1.
    var epoch: Int
    var accuracy: Double
  }
}

/// The checkpoints of a run: `checkpoints/step-N.safetensors`, the two newest kept.
struct Checkpoints {
  let folder: URL
  let planDigest: String

  /// Writes the tensors after `position.step` steps, then removes all but this one and the one before. Those of later
  /// steps go too: they were damaged, or this run would have gone on from there.
  func write(_ tensors: [(name: String, tensor: Tensor)], _ position: Position) throws(TrainingError) {
    try wrapping {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let text = String(decoding: try JSONEncoder().encode(position), as: UTF8.self)
      try TensorFile.write(
        tensors, metadata: ["plan_digest": planDigest, "position": text], to: url(step: position.step))
      let kept = try steps().filter { $0 <= position.step }.prefix(2)
      for old in try steps() where !kept.contains(old) { try FileManager.default.removeItem(at: url(step: old)) }
    }
  }

  /// The newest checkpoint that is whole; `warn` hears of those that are not.
  func newest(warn: (String) -> Void) throws(TrainingError) -> (tensors: [String: Tensor], position: Position)? {
    for step in try steps() {
      do {
        let (tensors, metadata) = try TensorFile.read(url(step: step), requiresDigest: true)
        guard metadata["plan_digest"] == planDigest, let text = metadata["position"] else {
          throw TrainingError.badWeights(path: url(step: step).path, reason: "it belongs to another plan")
        }
        let position = try JSONDecoder().decode(Position.self, from: Data(text.utf8))
        return (tensors, position)
      } catch {
        warn("checkpoint skipped: \(error)")
      }
    }
    return nil
  }

  /// Removes all, once the run is finished.
  func removeAll() { try? FileManager.default.removeItem(at: folder) }

  /// Steps with a checkpoint, newest first, by number (not by name).
  private func steps() throws(TrainingError) -> [Int] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return [] }
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
      return Int(name.dropFirst(5).dropLast(12))
    }.sorted(by: >)
  }

  private func url(step: Int) -> URL { folder.appendingPathComponent("step-\(step).safetensors") }
}
