import Datasets
import Foundation

/// As much of a stored specification as the claims need. Lenient: a store may have been written by another version.
struct StudyTerms {
  struct Target: Decodable {
    struct Reference: Decodable { var dataset: String? }

    var label: String
    var tags: [ClaimEvidence.Tag]?
    var data: Reference?

    /// Whether results on the set are quoted as the mean of the classes' accuracies.
    var isQuotedByClass: Bool {
      DatasetFacts.standard.first { $0.name == data?.dataset }?.metric == .meanPerClass
    }
  }

  var targets: [Target]
  /// The augmentation of every objective that does not set its own.
  var augmentation: String?
  /// The author's own claims.
  var claims: [UserClaim]

  /// Reads what `StudyRecord.specJSON` holds; each part that cannot be read is missing.
  init(json: String) {
    struct Transfer: Decodable { var transfer: [Target] }
    struct Own: Decodable { var claims: [UserClaim] }
    let data = Data(json.utf8)
    targets = (try? JSONDecoder().decode(Transfer.self, from: data))?.transfer ?? []
    claims = (try? JSONDecoder().decode(Own.self, from: data))?.claims ?? []
    augmentation = RunTerms(json: json).augmentation
  }
}

/// As much of a run's plan as the claims need. A specification has its common training in the same place.
struct RunTerms {
  /// As text, such as `flip+shift`.
  var augmentation: String?
  /// Whether the weights kept are those of the best epoch on the holdout, not the last.
  var keepsBest: Bool

  /// Reads what `RunRecord.planJSON` holds.
  init(json: String) {
    struct Plan: Decodable {
      struct Training: Decodable {
        var augment: [AugmentationSpec]?
        var patience: Int?
      }
      var training: Training?
    }
    let training = (try? JSONDecoder().decode(Plan.self, from: Data(json.utf8)))?.training
    augmentation = training.map { AugmentationSpec.text(of: $0.augment ?? []) }
    keepsBest = training?.patience != nil
  }
}
