import Foundation

/// What a study says of the published claims and of its author's own: what `study claims --json` prints.
public struct StudyClaims: Codable, Hashable, Sendable {
  /// Name of the study.
  public var study: String
  /// The published claims, in order.
  public var claims: [ClaimResult]
  /// The author's, in the order of the specification.
  public var own: [ClaimResult]

  /// Checks the claims by what the store holds.
  public init(_ snapshot: StudySnapshot, facts: [String: String]) {
    let evidence = ClaimEvidence(snapshot, facts: facts)
    study = snapshot.study.name
    claims = Claims.check(evidence)
    own = Claims.check(evidence, UserClaim.all(of: snapshot.study).map(\.claim))
  }

  /// Checks the claims of the study in a folder; may be called while the study runs.
  public init(directory: URL) throws(StudyError) {
    let store = try StudyStore(existing: directory.appendingPathComponent("study.sqlite"))
    guard let snapshot = try StudySnapshot(store) else { throw .noStudy(directory: directory.path) }
    self.init(snapshot, facts: try store.facts())
  }
}

extension UserClaim {
  /// The claims that a study's author wrote down, in order.
  public static func all(of study: StudyRecord) -> [UserClaim] { StudyTerms(json: study.specJSON).claims }
}
