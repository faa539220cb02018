import Datasets
import Foundation
import Testing

@testable import Study

/// The ready-made studies expand to the plans that they always had: what was trained once is not trained again because
/// the specification learned new keys.
@Suite struct DigestTests {
  static let known = [
    "demo": "0d6b3ef01e46999b21bf8b170cfd82d298d878892c04a94cff6c0805c2d3cb51",
    "fashion-mnist": "997de5e1824e0ec3e003c97a3491ea5e043862594f8c12d15a03e37ecfde8d0d",
    "cifar10": "4a3b11097da8d7b89b82ad10f0d34982d3e2f88fddd8c20260f576987723d2ee",
    "cifar10-half": "d73e0a8bc7c316f7dc5d5a3f820f39ef21baf9543ff970392e301272979eacbe",
    "search/cifar-preset": "c70426b9c01460819bd28248566f18b5a7486d1f6c967a6fec3d3e9ea56095db",
    "search/cifar-rate": "a3b095e2aff55582dad4577e7614264835930a0eab96686dd7e915d3db1a1c73",
    "search/cifar-rate-30": "eb631657b50a570f40614925ebe547406f003050bc3bff621b2c557e16227a3c",
    "search/presets-10": "bc967d58a76bf740be3aa2924ecf92840848e098d88f530234946e17bc585f03",
    "search/presets-100": "d6b89ea4b115cc83d1234c31717d9cbccb844edf7ffe9b0d82ba0f3b0d063a04",
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
