import Foundation
import Testing

@testable import Study

/// The claims' evidence from what a store holds.
@Suite struct ClaimStoreTests {
  /// Two objectives, two seeds; what is measured is put in by tests.
  private func snapshot(
    _ specification: String = "{}", plan: String = "{\"training\":{\"augment\":[\"flip\",\"shift\"]}}",
    measured: [(String, String, String, Double)] = [], epochs: [Double?] = []
  ) throws -> (StudySnapshot, StudyStore) {
    let store = try StudyStore.inMemory()
    var runs: [RunRecord] = []
    var stages: [StageRecord] = []
    for (place, name) in ["softmax", "dropout"].enumerated() {
      for seed in 0..<2 {
        let run = RunRecord(
          digest: ExportedStudy.digest("\(name) \(seed)"), label: name, objective: name,
          objectiveJSON: "{\"parts\":[{\"name\":\"\(name)\",\"parameters\":{\"keep\":0.7}}]}", network: "resnet8",
          seed: seed, planJSON: plan, position: runs.count)
        runs.append(run)
        for (kind, target) in [(StageKind.evaluate, ""), (.evaluate, "shift"), (.knn, "b"), (.probe, "a")] {
          stages.append(
            StageRecord(
              digest: ExportedStudy.digest("\(place) \(seed) \(kind) \(target)"), runDigest: run.digest, kind: kind,
              target: target, position: stages.count))
        }
      }
    }
    try store.plan(
      study: StudyRecord(
        name: "s", specYAML: "", specJSON: specification, createdAt: "2026-01-01T00:00:00Z", programVersion: "1"),
      runs: runs, stages: stages)
    for run in runs {
      for (number, accuracy) in epochs.enumerated() {
        try store.record(
          epoch: EpochRecord(
            runDigest: run.digest, epoch: number + 1, loss: 1, trainAccuracy: nil, holdoutAccuracy: accuracy,
            learningRate: 0.1, imagesPerSecond: nil))
      }
      guard let stage = stages.first(where: { $0.runDigest == run.digest }) else { continue }
      try store.start(stage: stage.digest, host: "h", at: Date(timeIntervalSince1970: 0))
      try store.finish(
        stage: stage.digest, seconds: 1,
        measurements: measured.map {
          MeasurementRecord(
            runDigest: run.digest, stageDigest: stage.digest, name: $0.0, target: $0.1, split: $0.2, value: $0.3)
        }, at: Date(timeIntervalSince1970: 1))
    }
    return (try #require(try StudySnapshot(store)), store)
  }

  @Test func runsCarryWhatTheStoreHolds() throws {
    let (rows, _) = try snapshot(
      measured: [("top1", "", "test", 0.9), ("r2_cosine", "", "train", 0.5), ("top5", "", "test", .nan)],
      epochs: [0.8, 0.85, 0.7, nil])
    let evidence = ClaimEvidence(rows, facts: [:])
    let run = try #require(evidence.runs.first)
    #expect(evidence.runs.count == 4 && run.label == "softmax" && run.network == "resnet8")
    #expect(evidence.runs[2].objective == [.init("dropout", ["keep": 0.7])])
    #expect(run.values[ClaimMeasure.top1] == 0.9 && run.values[ClaimMeasure.separation] == 0.5)
    #expect(run.values[ClaimMeasure.holdout] == 0.7)
    #expect(run.values[.init("top5")] == nil)
    #expect(run.augmentation == "flip+shift" && evidence.standardAugmentation == nil)
    #expect(evidence.pairs.isEmpty && evidence.layers.isEmpty)
    let (patient, _) = try snapshot(plan: "{\"training\":{\"patience\":2}}", epochs: [0.8, 0.85, 0.7])
    let best = try #require(ClaimEvidence(patient, facts: [:]).runs.first)
    #expect(best.values[ClaimMeasure.holdout] == 0.85 && best.augmentation == "none")
  }

  @Test func targetsCarryTagsAndCounts() throws {
    let (rows, _) = try snapshot(
      """
      {"training":{"augment":["flip","shift"]},
      "transfer":[{"label":"a","tags":["fine_grained"],"data":{"dataset":"pets"}},{"label":"b","tags":[]}]}
      """)
    let evidence = ClaimEvidence(rows, facts: ["data/a/test/images": "300", "data/b/test/images": "?"])
    #expect(evidence.targets.map(\.label) == ["a", "b"])
    #expect(evidence.targets.map(\.tags) == [[.fineGrained], []])
    #expect(evidence.targets.map(\.testCount) == [300, nil] && evidence.targets.map(\.meanPerClass) == [true, false])
    #expect(evidence.standardAugmentation == "flip+shift")
    // Without a specification the stages name the targets, and nobody has said what they are like.
    let (bare, _) = try snapshot()
    let unsaid = ClaimEvidence(bare, facts: [:]).targets
    #expect(unsaid.map(\.label) == ["b", "a"] && unsaid.allSatisfy { $0.tags == nil && !$0.meanPerClass })
    let (broken, _) = try snapshot("{\"transfer\": 3, \"claims\": 4}")
    #expect(ClaimEvidence(broken, facts: [:]) == ClaimEvidence(bare, facts: [:]))
  }

  @Test func layersGoUpwards() throws {
    let names = ["features", "layer2.0", "layer10.0", "stem", "layer1.1", "norm", "layer1.0"]
    let (rows, _) = try snapshot(measured: names.map { ("nonzero_fraction", $0, "test", 0.5) })
    #expect(
      ClaimEvidence(rows, facts: [:]).layers == [
        "stem", "layer1.0", "layer1.1", "layer2.0", "layer10.0", "norm", "features",
      ])
    let pairs = [ClaimEvidence.Pair("a", "b", cka: ["features": 1, "layer1.0": 1])]
    #expect(ClaimEvidence.layers([], pairs) == ["layer1.0", "features"])
  }

  @Test func theStudysOwnClaimsAreChecked() throws {
    let claim = UserClaim(name: "mine", relation: .level(.init("top1"), of: "softmax", .above(0.5)))
    let text = try CanonicalJSON.text(["claims": [claim]])
    let (rows, store) = try snapshot(text, measured: [("top1", "", "test", 0.9)])
    let found = StudyClaims(rows, facts: try store.facts())
    #expect(found.study == "s" && found.claims.map(\.id) == Claims.published.map(\.id))
    #expect(found.own.map(\.id) == ["mine"] && found.own[0].value == 0.9)
    // Seeds that agree to the last digit.
    #expect(found.own[0].verdict == .undecided)
    let json = try CanonicalJSON.text(found)
    #expect(json.contains("\"bound\":{\"above\":0.5}") && json.contains("\"seeds_needed\":null"))
    #expect(try JSONDecoder().decode(StudyClaims.self, from: Data(json.utf8)) == found)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(ClaimBound.self, from: Data("{\"above\":1,\"below\":2}".utf8))
    }
  }

  @Test func aFolderWithoutAStudyIsNamed() throws {
    let folder = try TemporaryFolder()
    #expect(throws: StudyError.noStudy(directory: folder.url.path)) { try StudyClaims(directory: folder.url) }
  }
}
