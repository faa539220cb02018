import Datasets
import Foundation

/// A listed set whose files are not there, in a plan that is made without them.
public struct MissingData: Codable, Hashable, Sendable {
  /// The set's name in the list.
  public var dataset: String
  /// Where its files were looked for.
  public var directory: String
  /// What was expected there and what was found.
  public var reason: String
  /// What the study calls the data that come of it: the source, targets.
  public var usedBy: [String]
  /// Training and test images that the plan counts on, of the first use.
  public var train, test: Int
  /// Classes that the plan counts on, of the first use.
  public var classes: Int

  enum CodingKeys: String, CodingKey {
    case dataset, directory, reason, train, test, classes
    case usedBy = "used_by"
  }
}

extension DatasetError {
  /// Whether a file or folder is not there; not whether one that is there lacks something.
  var isOfMissingFile: Bool {
    guard kind == .missing, let file else { return false }
    var isFolder: ObjCBool = false
    return !FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) || isFolder.boolValue
  }
}

extension SplitFacts {
  /// Facts as published, with digests that stand for no bytes: for a plan that is shown, never for one that runs. Nil
  /// where nothing is published of the set.
  init?(expectedOf reference: DataReference, _ split: Split) throws {
    guard let expected = try reference.expected(split) else { return nil }
    var images = reference
    images.labels = nil
    images.groups = nil
    self.init(
      digest: "expected \(split.rawValue) \(try CanonicalJSON.text(reference))",
      pixelDigest: "expected \(split.rawValue) \(try CanonicalJSON.text(images))",
      groupsDigest: reference.groups, count: expected.count, classes: expected.classes, shape: expected.shape,
      smallestClass: expected.count / max(1, expected.classes))
  }
}
