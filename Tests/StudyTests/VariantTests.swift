import Foundation
import Testing

@testable import Study

/// Several networks and several variants of augmentations in one study.
@Suite struct VariantTests {
  private let augment = "augment: [{ standard: [flip, shift] }, { mixup: [flip, mixup: { alpha: 0.4 }] }, { none: [] }]"

  private func plan(_ text: String) throws -> StudyPlan {
    var expansion = PlanExpansion(
      document: try document(text), directory: "/out", threads: 1, data: DataCatalog(loader: pretendData))
    return try expansion.plan()
  }

  private func networks(_ list: String) -> String {
    smallStudy.replacingOccurrences(of: "network: resnet8", with: "networks: \(list)")
  }

  @Test func everyObjectiveIsTrainedWithEach() throws {
    let text = networks("[resnet8, resnet14]") + "\n" + augment
    let study = try document(text).specification
    #expect(study.objectives.count == 2 * 3 * 3)
    #expect(
      study.objectives[..<4].map(\.label) == [
        "softmax, resnet8, standard", "cosine-softmax:temperature=0.05, resnet8, standard",
        "cosine-softmax:temperature=0.1, resnet8, standard", "softmax, resnet8, mixup",
      ])
    #expect(study.objectives[17].label == "cosine-softmax:temperature=0.1, resnet14, none")
    let plan = try plan(text)
    #expect(plan.runs.count == 36 && Set(plan.runs.map(\.record.digest)).count == 36)
    #expect(Set(plan.runs.map(\.record.network)) == ["resnet8", "resnet14"])
    #expect(plan.runs[6].plan.training.augment.map(\.description) == ["flip", "mixup:alpha=0.4"])
    #expect(plan.runs[35].plan.network.name == "resnet14" && plan.runs[35].plan.training.augment.isEmpty)
  }

  @Test func oneOfEachChangesNothing() throws {
    let plain = try plan(smallStudy)
    let one = try plan(networks("[resnet8]") + "\naugment: { plain: [] }")
    #expect(one.runs.map(\.record) == plain.runs.map(\.record))
    #expect(one.stages.map(\.record) == plain.stages.map(\.record))
    #expect(one.document.specification == plain.document.specification)
  }

  /// Runs are named by what decides them: a study of two networks contains those of each alone.
  @Test func runsAreThoseOfSingleStudies() throws {
    let both = try plan(networks("[{ name: resnet8, width: [4, 8] }]"))
    let alone = try plan(networks("[{ name: resnet8, width: 8 }]"))
    let old = try plan(
      smallStudy.replacingOccurrences(of: "network: resnet8", with: "network: { name: resnet8, width: 8 }"))
    #expect(alone.runs.map(\.record) == old.runs.map(\.record))
    #expect(both.runs[6...].map(\.record.digest) == old.runs.map(\.record.digest))
    #expect(both.runs[6].record.label == "softmax, resnet8 width=8" && both.runs[6].record.network == "resnet8 width=8")
    #expect(both.runs[6].plan.network == old.runs[0].plan.network)
  }

  @Test func variantsMayBeAMapping() throws {
    let list = try document(smallStudy + "\n" + augment).specification
    let mapping =
      smallStudy + "\naugment:\n  standard: [flip, shift]\n  mixup: [flip, { mixup: { alpha: 0.4 } }]\n  none: []"
    #expect(try document(mapping).specification == list)
    #expect(list.objectives[0].label == "softmax, standard" && list.objectives[0].network == nil)
  }

  @Test(arguments: [
    (
      "augment: [flip]",
      "study.yaml:12:11: augment: expected a named variant such as 'standard: [flip, shift]', found flip"
    ),
    ("augment: { a: [flip], b: [flip] }", "study.yaml:12:23: augment: 'b' does the same as 'a'"),
    ("augment: [{ a: [flip] }, { a: [] }]", "study.yaml:12:28: augment: 'a' is given twice"),
    ("augment: { a+b: [flip] }", "augment: 'a+b' becomes part of labels"), ("augment: {}", "the mapping is empty"),
    ("augment: { a: [flop] }", "flip"), ("augment: []", "the list is empty"),
    ("augment: { a: [flip, flip] }", "given twice"),
    ("networks: [resnet8]", "study.yaml:3:10: network: give either 'network' or 'networks'"),
  ])
  func refusesWrongVariants(line: String, message: String) {
    let found = refusal(smallStudy + "\n" + line)
    #expect(found.contains(message), "\(found)")
  }

  @Test(arguments: [
    ("[resnet8, resnet8]", "study.yaml:3:21: networks: 'resnet8' is given twice"),
    (
      "[resnet8, { name: resnet80 }]",
      "study.yaml:3:29: networks.name: 'resnet80' is not known; did you mean 'resnet20'?"
    ),
    ("[{ name: resnet8, widht: 3 }]", "did you mean 'width'?"), ("[]", "the list is empty"),
    ("[{ name: resnet8, width: { from: 8, to: 4 } }]", "the range is empty"),
  ])
  func refusesWrongNetworks(list: String, message: String) {
    let found = refusal(networks(list))
    #expect(found.contains(message), "\(found)")
  }

  @Test func refusesWhatCannotBeTold() {
    #expect(refusal(smallStudy.replacing("network: resnet8", with: "network: [resnet8]")).contains("'networks: ["))
    #expect(
      refusal(smallStudy.replacing("network: resnet8", with: "network: { name: resnet8, width: [4, 8] }"))
        .contains("network.width: one width"))
    let own =
      smallStudy.replacing("- softmax\n", with: "- softmax: { training: { augment: [flip] } }\n") + "\n" + augment
    #expect(refusal(own).contains("study.yaml:6:37: augment: the study has variants"), "\(refusal(own))")
    let focal = smallStudy.replacing("- softmax\n", with: "- focal\n") + "\n" + augment
    #expect(refusal(focal).contains("focal") && refusal(focal).contains("mixup"))
  }
}
