import Testing

@testable import Study

@Suite struct PairEvidenceTests {
  @Test func rowsBecomePairs() {
    func row(_ name: String, _ second: String, _ layers: (String, String), _ value: Double?) -> PairRecord {
      PairRecord(stageDigest: "s", name: name, firstRun: "a", secondRun: second, layers: layers, value: value)
    }
    let pairs = ClaimEvidence.pairs(of: [
      row("agreement", "b", ("", ""), 0.9), row("ensemble_top1", "b", ("", ""), 0.95), row("cka", "a", ("x", "x"), 1),
      row("cka", "b", ("x", "x"), 0.8), row("cka", "b", ("x", "y"), 0.3), row("cka", "b", ("y", "y"), nil),
      row("agreement", "c", ("", ""), 0.7),
    ])
    #expect(
      pairs == [
        ClaimEvidence.Pair("a", "b", agreement: 0.9, ensembleTop1: 0.95, cka: ["x": 0.8]),
        ClaimEvidence.Pair("a", "c", agreement: 0.7),
      ])
  }

  @Test func layersKeepTheirOrder() {
    let names = ["stem", "block 10", "block 9", "features"]
    let facts = StudyLayers.fact("resnet8", names)
    #expect(StudyLayers.names(in: facts) == names)
    let both = facts.merging(StudyLayers.fact("convnet", ["conv1", "features"])) { $1 }
    #expect(StudyLayers.names(in: both) == ["conv1", "stem", "block 10", "block 9", "features"])
    #expect(StudyLayers.names(in: both, of: "convnet") == ["conv1", "features"])
    #expect(StudyLayers.names(in: [:]).isEmpty)
  }
}
