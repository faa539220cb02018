import Foundation
import Study
import Testing

@testable import Report

@Suite struct SummaryTests {
  let summary: Summary

  init() throws { summary = Summary(try SyntheticStudy.contents()) }

  private func row(_ label: String) throws -> Summary.Row {
    try #require(summary.rows.first { $0.label == label })
  }

  private func column(_ id: String) throws -> Column { try #require(summary.columns.first { $0.id == id }) }

  @Test func rowsKeepTheOrderOfThePlan() {
    #expect(summary.rows.map(\.label) == SyntheticStudy.objectives.map(\.label) + [SyntheticStudy.long.label])
    #expect(summary.contents.targets == SyntheticStudy.targets)
  }

  @Test func columnsCoverEveryTargetOfEveryProtocol() {
    let ids = summary.columns.map(\.id)
    let fixed = ["top1", "top5", "nll", "nll_scaled", "ece", "ece_scaled", "r2_cosine", "r2_cosine_test"]
    let transfer = ["probe_accuracy", "knn_accuracy"].flatMap { name in
      SyntheticStudy.targets.map { "\(name):\($0)" } + ["\(name)_mean"]
    }
    #expect(ids == fixed + transfer)
    #expect(summary.columns.allSatisfy { !$0.definition.isEmpty && !$0.title.isEmpty })
  }

  @Test func whatTheStudyDidNotAskForHasNoColumn() throws {
    var contents = try SyntheticStudy.contents()
    for index in contents.runs.indices {
      contents.runs[index].measurements = contents.runs[index].measurements.filter {
        !$0.key.name.hasPrefix("nll") && !$0.key.name.hasPrefix("ece")
      }
    }
    #expect(!Summary(contents).columns.contains { $0.group == .calibration })
    #expect(
      Summary(contents).columns.contains { $0.id == "top5" }, "asked for, with a reason why it is blank")
  }

  @Test func estimatesAreMeansOverSeedsWithTheirError() throws {
    let runs = summary.contents.runs.filter { $0.label == "softmax" }
    let values = runs.compactMap { $0.measurement("top1", split: "test").value }
    let estimate = try row("softmax").estimate(.top1)
    let mean = (values[0] + values[1] + values[2]) / 3
    let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 2
    #expect(abs(try #require(estimate.mean) - mean) < 1e-15)
    #expect(abs(try #require(estimate.standardError) - (variance / 3).squareRoot()) < 1e-15)
    #expect(estimate.n == 3 && estimate.planned == 3 && estimate.reasons.isEmpty)
  }

  @Test func oneSeedHasNoError() throws {
    let estimate = try row("sigmoid").estimate(.top1)
    #expect(estimate.n == 1 && estimate.mean != nil && estimate.standardError == nil)
  }

  @Test func whatIsMissingSaysWhy() throws {
    #expect(try row("softmax").estimate(column("top5")).reasons == ["only 5 classes"])
    #expect(try row("squared-error").estimate(.top1).n == 2)
    #expect(try row("squared-error").estimate(.top1).reasons == ["the run failed"])
    #expect(try row("dropout").estimate(column("probe_accuracy:hue")).n == 2)
    let mean = try row("dropout").estimate(column("probe_accuracy_mean"))
    #expect(mean.n == 2 && mean.reasons == ["hue: the run failed"])
  }

  @Test func rawCalibrationOfSquaredErrorIsBlank() throws {
    for id in ["nll", "ece"] {
      let estimate = try row("squared-error").estimate(column(id))
      #expect(estimate.mean == nil && estimate.reasons.contains { $0.contains("no logits") })
      #expect(try row("squared-error").estimate(column(id + "_scaled")).mean != nil)
    }
  }

  @Test func namesComeApartFromParameters() throws {
    #expect(try row("cosine-softmax:temperature=0.05").fullName == "cosine-softmax, temperature 0.05")
    #expect(try row("softmax").fullName == "softmax")
    let long = try row(SyntheticStudy.long.label)
    #expect(long.name == "label-smoothing + final-layer-l2 + logit-penalty")
    #expect(long.detail == "rescaled 1, smoothing 0.05; strength 0.0008; strength 0.0006")
  }

  @Test func standingsNameOneBestAndTestTheOthers() throws {
    let column = try column("probe_accuracy_mean")
    let standings = summary.standings(column)
    #expect(standings[0] == .best && standings.count { $0 == .best } == 1)
    let sigmoid = try #require(summary.rows.firstIndex { $0.label == "sigmoid" })
    #expect(standings[sigmoid] == .unknown, "one seed allows no test")
    #expect(standings.contains(.worse))
    #expect(summary.standings(.separationOnTrain).allSatisfy { $0 == .unknown }, "R^2 has no good direction")
  }

  @Test func lowerIsBetterForCalibration() throws {
    let column = try column("nll")
    let best = try #require(summary.standings(column).firstIndex(of: .best))
    let least = summary.rows.compactMap { $0.estimate(column).mean }.min()
    #expect(summary.rows[best].estimate(column).mean == least)
  }

  @Test func onlyTheSweptParameterIsASweep() {
    let sweeps = SweepFigure.sweeps(summary)
    #expect(sweeps.count == 1)
    #expect(sweeps.first?.objective == "cosine-softmax" && sweeps.first?.parameter == "temperature")
    #expect(sweeps.first?.points.map(\.value) == [0.02, 0.05, 0.1])
  }

  @Test func marksDoNotRepeat() {
    let marks = (0..<35).map { Mark($0) }
    #expect(Set(marks.map { $0.color + $0.dash }).count == 35)
    #expect(Set(marks.prefix(14).map(\.symbol)).count == 14)
    #expect(Mark(1).faded(0.5) == "var(--mark-1) 0.5")
  }
}
