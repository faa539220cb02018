/// A claim of the study (Kornblith and others 2021, or a user's own) with the rule by which it is checked. The rules
/// stand in docs/claims.md; they were fixed before any study was judged by them.
public struct Claim: Sendable {
  /// Its letter, such as `1a`.
  public let id: String
  /// What is claimed.
  public let statement: String
  /// The measurements it needs.
  public let needs: [String]
  /// What is computed.
  public let statistic: String
  /// When it holds.
  public let threshold: String
  private let find: @Sendable (ClaimEvidence) -> ClaimFinding

  init(
    _ id: String, _ statement: String, needs: [String], statistic: String, threshold: String,
    find: @escaping @Sendable (ClaimEvidence) -> ClaimFinding
  ) {
    (self.id, self.statement, self.needs) = (id, statement, needs)
    (self.statistic, self.threshold, self.find) = (statistic, threshold, find)
  }

  /// What the evidence says of it. The same evidence gives the same result.
  public func check(_ evidence: ClaimEvidence) -> ClaimResult { find(evidence).result(of: self) }
}
