import Datasets
import Foundation
import Testing

@testable import Study

/// The ready-made studies expand to the plans that they always had: what was trained once is not trained again because
/// the specification learned new keys.
@Suite struct DigestTests {
  static let known = [
    "demo": "06a7f0cc7f583c93bdfa6cd9e679034665b4d102cfc7b9c45154e223fb9c89e7",
    "fashion-mnist": "961842e1f3d52cf57d02f5a9591608b2fb8af29af3e2a2841f6af05f07942fb4",
    "cifar10": "ecb47f033d7fd2686f56410930e17fe744731b31378f0fc89efa6b856af4fdf2",
    "cifar10-half": "e26debfefda11867dae51f5e03db9056abc010a72cab9d76229496fb76583a22",
    "search/cifar-preset": "3cad2edb006a6f9e35dffc7baeb2d5d1f53e04f0711d3c20cefe48e044840e55",
    "search/cifar-rate": "3c50f5b513e033f088cdbbc0ace82e77e79c77cff2dd1ddf4fb413f32f591d79",
    "search/cifar-rate-30": "b0ccf30920b9cd59d7f511e573768b7e4b0d1aa159bea34d074ff90884afd464",
    "search/presets-10": "57cf590ee1575a03fe32ee17b8d246e78d1b5b6966dd9752472ccf28ae14d63c",
    "search/presets-100": "594eaff42999f71a6edbfc156ed47671b2c6943e6fa46784bee33bc65088d968",
  ]

  @Test(arguments: known.keys.sorted()) func readyMadeStudiesKeepTheirDigests(name: String) throws {
    let document = try StudyRunner.read(
      file: Package.folder.appendingPathComponent("studies/\(name).yaml"), dataRoot: "/data")
    var expansion = PlanExpansion(
      document: document, directory: "/out", threads: 1,
      data: DataCatalog { reference, split in
        SplitFacts(
          digest: "\(reference.dataset) \(reference.labels ?? "") \(reference.classes ?? []) \(split.rawValue)",
          count: 10_000, classes: reference.classes?.count ?? 10,
          shape: ImageShape(channels: 3, height: 32, width: 32), smallestClass: 5)
      })
    let plan = try expansion.plan()
    let lines = plan.runs.map { "\($0.record.digest) \($0.record.label)" } + plan.stages.map(\.record.digest)
    let digest = try CanonicalJSON.digest(lines)
    #expect(digest == Self.known[name])
  }
}

/// The folder of the package.
enum Package {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
}
