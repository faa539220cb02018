import Datasets
import Foundation
import Testing

@testable import Study

/// A specification that tests start from.
let smallStudy = """
  name: small
  source: { dataset: fashion-mnist, holdout: 0.1 }
  network: resnet8
  training: { epochs: 2, batch: 32, learning_rate: 0.1, warmup: 1 }
  objectives:
    - softmax
    - cosine-softmax: { temperature: [0.05, 0.1] }
  seeds: 2
  transfer:
    - { dataset: mnist, protocols: [probe, knn] }
    - { dataset: notmnist, protocols: [knn] }
  """

func document(
  _ text: String = smallStudy, overrides: [String] = [], dataRoot: String? = nil
) throws -> StudyDocument {
  try SpecificationReader.read(text: text, file: "study.yaml", overrides: overrides, dataRoot: dataRoot)
}

/// The error that reading `text` ends with.
func refusal(_ text: String, overrides: [String] = []) -> String {
  do {
    _ = try SpecificationReader.read(text: text, file: "study.yaml", overrides: overrides)
    return "accepted"
  } catch {
    return error.description
  }
}

/// Data that need no files: 100 training and 50 test images of 10 classes.
let pretendData: DataCatalog.Loader = { reference, split in
  SplitFacts(
    digest: "\(reference.dataset) \(reference.classes ?? []) \(split.rawValue)",
    count: split == .train ? 100 : 50,
    classes: reference.classes?.count ?? 10, shape: ImageShape(channels: 1, height: 28, width: 28),
    smallestClass: 5)
}

/// A folder that goes away with the test.
final class TemporaryFolder: Sendable {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("separatrix-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: url.appendingPathComponent(name))
  }

  func lines(of name: String) -> [String] {
    let text = (try? String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }
}
