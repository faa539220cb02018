import Foundation
import Testing

@testable import Report

/// The headline follows from the numbers by its rule, whatever they say.
@Suite struct FindingTests {
  /// Contents with one seed per objective, R^2 and one probe accuracy each.
  private func contents(_ pairs: [(Double, Double)]) -> StudyContents {
    let runs = pairs.enumerated().map { index, pair in
      StudyContents.Run(
        digest: "\(index)", label: index == 0 ? "softmax" : "objective-\(index)", objective: [],
        network: "plain",
        seed: 0, plan: "{}",
        stages: [.init(digest: "s\(index)", kind: "probe", target: "digits", state: "done", error: nil)],
        measurements: [
          .init(name: "r2_cosine", target: "", split: "train"): .init(value: pair.0, reason: nil),
          .init(name: "probe_accuracy", target: "digits", split: "test"): .init(value: pair.1, reason: nil),
          .init(name: "top1", target: "", split: "test"): .init(
            value: 0.9 + 0.001 * Double(index), reason: nil),
        ], epochs: [])
    }
    return StudyContents(
      name: "n", specification: "", programVersion: "0", facts: [], runs: runs,
      provenance: .init(createdAt: "", facts: [], stages: []))
  }

  @Test func worse() {
    let finding = Finding(
      Summary(contents([(0.3, 0.9), (0.4, 0.8), (0.5, 0.82), (0.6, 0.7), (0.7, 0.6), (0.8, 0.5)])))
    #expect(finding.headline == "Objectives that pulled the classes further apart transferred worse.")
    #expect(
      finding.sentences.contains { $0.contains("5 separate the classes further, and 5 transfer worse") })
  }

  @Test func better() {
    let finding = Finding(
      Summary(contents([(0.3, 0.5), (0.4, 0.6), (0.5, 0.58), (0.6, 0.7), (0.7, 0.8), (0.8, 0.9)])))
    #expect(finding.headline == "Objectives that pulled the classes further apart transferred better.")
  }

  @Test func unsettled() {
    let finding = Finding(Summary(contents([(0.3, 0.5), (0.4, 0.9), (0.5, 0.4), (0.6, 0.8), (0.7, 0.5)])))
    #expect(finding.headline.hasPrefix("This study does not settle"))
  }

  @Test func tooFew() {
    for count in 3...4 {
      let pairs = (0..<count).map { (Double($0), -Double($0)) }
      #expect(Finding(Summary(contents(pairs))).headline.hasPrefix("Too few objectives"))
    }
    #expect(Finding(Summary(contents([(0.3, 0.9)]))).headline.hasSuffix("(n = 1)."))
  }

  @Test func nothing() {
    #expect(Finding(Summary(contents([]))).headline == "Nothing has been measured yet.")
  }
}
