import Foundation
import TestSupport
import Testing

@testable import Datasets

/// The real images in `../shared/data` against the figures of its README.
@Suite(.enabled(if: hasSharedFolder, Comment(rawValue: sharedReason)))
struct SharedDataTests {
  let root = (sharedFolder ?? URL(fileURLWithPath: "/")).appendingPathComponent("data")

  func expect(_ samples: Samples, _ mean: [Double], _ deviation: [Double]) {
    let found = ImageStatistics(samples)
    #expect(zip(found.mean, mean).allSatisfy { abs($0 - $1) < 0.5001e-4 }, "\(found.mean)")
    #expect(zip(found.deviation, deviation).allSatisfy { abs($0 - $1) < 0.5001e-4 }, "\(found.deviation)")
    #expect(found.mean.count == mean.count)
  }

  func listed(_ name: String) throws -> DataReference {
    try DataReference(parsing: "\(name):\(root.appendingPathComponent(name).path)")
  }

  @Test func fashionMNIST() throws {
    let set = try listed("fashion-mnist")
    #expect(set.splits == [.train, .test])
    let train = try set.load(.train)
    #expect(train.shape == ImageShape(channels: 1, height: 28, width: 28))
    #expect(train.count == 60_000 && train.classNames.count == 10)
    expect(train, [0.2860], [0.3530])
    let test = try set.load(.test)
    expect(test, [0.2868], [0.3524])
    #expect((0..<10).allSatisfy { c in test.labels.count { $0 == c } == 1000 })
    #expect(test.labels.prefix(8) == [9, 2, 1, 1, 6, 1, 4, 6])
  }

  @Test func mnist() throws {
    let set = try listed("mnist")
    expect(try set.load(.train), [0.1307], [0.3081])
    let test = try set.load(.test)
    expect(test, [0.1325], [0.3105])
    #expect(test.labels.prefix(5) == [7, 2, 1, 0, 4])
  }

  @Test func notMNISTIsDivided() throws {
    let set = try listed("notmnist")
    #expect(set.splits == [.test])
    expect(try set.loadStored(.test), [0.4266], [0.4589])
    let train = try set.load(.train)
    let test = try set.load(.test)
    #expect(train.count == 8000 && test.count == 2000)
    #expect((0..<10).allSatisfy { c in test.labels.count { $0 == c } == 200 })
    #expect(throws: DatasetError.self) { try set.loadStored(.train) }
  }

  @Test func cifar10() throws {
    let set = try listed("cifar10")
    let train = try set.load(.train)
    #expect(train.count == 9000)
    expect(train.selecting(Array(0..<5000)), [0.4938, 0.4833, 0.4477], [0.2471, 0.2451, 0.2618])
    let lossless = train.selecting(Array(5000..<9000))
    expect(lossless, [0.4916, 0.4818, 0.4447], [0.2471, 0.2440, 0.2625])
    let counts = (0..<10).map { c in lossless.labels.count { $0 == c } }
    #expect(counts == [396, 366, 420, 384, 422, 393, 414, 385, 407, 413])
    expect(try set.load(.test), [0.4943, 0.4855, 0.4522], [0.2456, 0.2429, 0.2611])
  }

  @Test func trafficSignsByTrack() throws {
    let folder = root.appendingPathComponent("gtsrb32").path
    let set = DataReference(
      dataset: "cifar", train: [folder + "/gtsrb32-train4300.bin.gz"],
      test: [folder + "/gtsrb32-test1720.bin.gz"], groups: folder + "/gtsrb32-train4300.index.txt")
    let train = try set.load(.train)
    #expect(train.classCount == 43 && train.count == 4300)
    expect(train, [0.3416, 0.3171, 0.3274], [0.2722, 0.2633, 0.2712])
    let test = try set.load(.test)
    #expect(test.count == 1720 && test.groups == nil && test.classCount == 43)
    expect(test, [0.3410, 0.3158, 0.3301], [0.2735, 0.2661, 0.2809])
    // Labels agree with the folders of the index, and no track is on both sides of a holdout.
    let index = try TextLines.read(folder + "/gtsrb32-train4300.index.txt")
    #expect(zip(index, train.labels).allSatisfy { Int($0.prefix(5)) == $1 })
    let groups = try #require(train.groups)
    let parts = Holdout.split(labels: train.labels, groups: groups, fraction: 0.2, seed: 1)
    #expect(Set(parts.kept.map { groups[$0] }).isDisjoint(with: Set(parts.held.map { groups[$0] })))
    #expect(abs(parts.held.count - 860) < 130)
    #expect(Set(parts.kept.map { train.labels[$0] }).count == 43)
  }
}
