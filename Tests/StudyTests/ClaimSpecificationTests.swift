import Foundation
import Testing

@testable import Study

/// `claims` and `tags` in a specification.
@Suite struct ClaimSpecificationTests {
  private func claims(_ lines: String) throws -> [UserClaim] {
    try document(smallStudy + "\nclaims:\n" + lines).specification.claims
  }

  @Test func readsEveryRelation() throws {
    let found = try claims(
      """
        - name: cosine probes worse
          statement: Cosine softmax makes worse probes.
          difference: { measure: probe_accuracy, target: "*", of: cosine-softmax, over: softmax, below: -0.01 }
        - { name: level, level: { measure: r2_cosine, split: train, of: "cosine-softmax:temperature=0.1", above: 0.5 } }
        - name: related
          correlation: { measure: top1, with: { measure: knn_accuracy, target: notmnist }, within: 0.3 }
      """)
    #expect(
      found == [
        UserClaim(
          name: "cosine probes worse", statement: "Cosine softmax makes worse probes.",
          relation: .difference(
            .init("probe_accuracy", target: "*"), of: "cosine-softmax", over: "softmax", .below(-0.01))),
        UserClaim(
          name: "level",
          relation: .level(.init("r2_cosine", split: "train"), of: "cosine-softmax:temperature=0.1", .above(0.5))),
        UserClaim(
          name: "related",
          relation: .correlation(.init("top1"), with: .init("knn_accuracy", target: "notmnist"), .within(0.3))),
      ])
    #expect(try document().specification.claims.isEmpty && claims("  []").isEmpty)
  }

  /// `smallStudy` ends in line 11.
  @Test(arguments: [
    ("- { level: { measure: top1, of: softmax, above: 0 } }", "study.yaml:13:5: key 'name' is missing"),
    ("- { name: a }", "study.yaml:13:5: claims: 'a' needs one of difference, level and correlation, found none"),
    (
      "- { name: a, levl: { measure: top1, of: softmax, above: 0 } }",
      "study.yaml:13:16: claims: unknown key 'levl'; did you mean 'level'?"
    ),
    (
      "- { name: a, level: { mesure: top1, of: softmax, above: 0 } }",
      "study.yaml:13:25: claims.level: unknown key 'mesure'; did you mean 'measure'?"
    ),
    (
      "- { name: a, level: { measure: top1, of: sofmax, above: 0 } }",
      "study.yaml:13:44: claims.level.of: 'sofmax' is not known; did you mean 'softmax'?"
    ),
    ("- { name: a, level: { measure: top1, above: 0 } }", "study.yaml:13:23: key 'of' is missing"),
    (
      "- { name: a, level: { measure: top1, of: softmax } }",
      "study.yaml:13:23: claims.level: give one of above, below and within, found none"
    ),
    (
      "- { name: a, level: { measure: top1, of: softmax, above: 0, below: 1 } }",
      "give one of above, below and within, found above and below"
    ),
    (
      "- { name: a, level: { measure: top1, of: softmax, above: much } }",
      "study.yaml:13:60: above: expected a number, found much"
    ),
    ("- { name: a, level: { measure: top1, of: softmax, within: 0 } }", "within: must be above 0"),
    (
      "- { name: a, level: { measure: knn_accuracy, target: mnits, of: softmax, above: 0 } }",
      "study.yaml:13:56: target: 'mnits' is not known; did you mean 'mnist'?"
    ),
    (
      "- { name: a, level: { measure: top1, split: tset, of: softmax, above: 0 } }",
      "split: 'tset' is not known; did you mean 'test'?"
    ),
    (
      "- { name: a, difference: { measure: top1, of: softmax, above: 0 } }",
      "key 'over' is missing; add for example 'over: softmax'"
    ),
    ("- { name: a, correlation: { measure: top1, below: 0 } }", "key 'with' is missing"),
    (
      "- { name: a, correlation: { measure: top1, with: { measure: top5, of: softmax }, below: 0 } }",
      "claims.correlation.with: unknown key 'of'"
    ),
    ("- { name: 1a, level: { measure: top1, of: softmax, above: 0 } }", "'1a' is the name of a published claim"),
    (
      "- { name: a, level: { measure: top1, of: softmax, above: 0 } }\n"
        + "  - { name: a, level: { measure: top1, of: softmax, above: 0 } }",
      "study.yaml:14:5: claims: 'a' is given twice"
    ),
    ("- top1", "claims: expected a mapping"),
    ("name: a", "claims: expected a list"),
  ])
  func refusesWrongClaims(entry: String, message: String) {
    let found = refusal(smallStudy + "\nclaims:\n  \(entry)\n")
    #expect(found.contains(message), "\(found)")
  }

  @Test func tagsAreOfTargets() throws {
    let text = smallStudy.replacingOccurrences(
      of: "{ dataset: notmnist,", with: "{ dataset: notmnist, tags: [fine_grained, overlaps_source],")
    #expect(text != smallStudy)
    let targets = try document(text).specification.transfer
    #expect(targets[0].tags == nil && targets[1].tags == [.fineGrained, .overlapsSource])
    let empty = smallStudy.replacingOccurrences(of: "{ dataset: notmnist,", with: "{ dataset: notmnist, tags: [],")
    #expect(try document(empty).specification.transfer[1].tags == [])
  }

  /// Words about a study change nothing that was computed.
  @Test func digestsStayTheSame() throws {
    func digests(_ text: String) throws -> [String] {
      var expansion = PlanExpansion(
        document: try document(text), directory: "/study", threads: 1, data: DataCatalog(loader: pretendData))
      let plan = try expansion.plan()
      return plan.runs.map(\.record.digest) + plan.stages.map(\.record.digest)
    }
    let text =
      smallStudy.replacingOccurrences(of: "{ dataset: mnist,", with: "{ dataset: mnist, tags: [fine_grained],")
      + "\nclaims: [{ name: a, level: { measure: top1, of: softmax, above: 0 } }]"
    #expect(try digests(text) == digests(smallStudy))
  }
}
