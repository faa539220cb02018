import Datasets
import Foundation
import TestSupport
import Testing
import Torch

@testable import Training

/// How a batch is cut over processes, and that each makes the same images as one process would.
@Suite struct TeamTests {
  @Test func sharesCoverABatchOnce() {
    for count in 0...40 {
      for size in 1...9 {
        let shares = (0..<size).map { Team.share(of: 5..<5 + count, rank: $0, size: size) }
        #expect(shares.flatMap { Array($0) } == Array(5..<5 + count))
        let counts = shares.map(\.count)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
      }
    }
  }

  /// Over an epoch, parts of batches and processes: each sample of the order once, but those that fill no last batch.
  @Test(arguments: [(103, 10, 1), (103, 11, 3), (64, 16, 2), (7, 7, 1)])
  func anEpochHasEachSampleOnce(samples: Int, batch: Int, parts: Int) throws {
    let order = CounterGenerator.permutation(count: samples, seed: 3, purpose: .order, 1)
    let steps = samples / batch
    for size in 1...5 {
      var seen: [Int] = []
      for step in 0..<steps {
        let indices = Array(order[step * batch..<(step + 1) * batch])
        let whole = TrainingStep.parts(of: batch, into: parts)
        for (number, part) in whole.enumerated() {
          let together = (0..<size).flatMap { rank in
            Array(Team.shares(of: batch, parts: parts, rank: rank, size: size)[number])
          }
          #expect(together == Array(part))
          seen += together.map { indices[$0] }
        }
      }
      #expect(seen == Array(order[..<(steps * batch)]))
      #expect(Set(seen).count == steps * batch)
    }
  }

  /// The rows of a batch: image, label, partner's label.
  private struct Row: Equatable {
    let index, label: Int
    let partner: Int?
    let pixels: [Float]
  }

  private func rows(_ batch: Batch) throws -> [Row] {
    let values = try batch.images.contiguous().floats()
    let size = values.count / max(batch.indices.count, 1)
    let labels = try batch.labels.ints()
    let partners = try batch.partners?.ints()
    #expect(batch.images.shape[0] == batch.indices.count && labels.count == batch.indices.count)
    return batch.indices.indices.map {
      Row(
        index: batch.indices[$0], label: labels[$0], partner: partners?[$0],
        pixels: Array(values[$0 * size..<($0 + 1) * size]))
    }
  }

  /// All processes' rows, in the order of the batch, against those of one process.
  private func compare(_ batches: Batches, _ indices: [Int], step: Int, known: Bool = true) throws {
    let request = BatchRequest(indices: indices, epoch: 2, step: step)
    let expected = try #require(try BatchLoader(batches, threads: 1) { $0 == 0 ? request : nil }.next())
    for (size, parts) in [(1, 1), (2, 1), (3, 1), (5, 1), (2, 2), (3, 3)] {
      var found: [[Row]] = Array(repeating: [], count: parts)
      var skipped: [BadImage] = []
      for rank in 0..<size {
        var own = request
        own.shares = Team.shares(of: indices.count, parts: parts, rank: rank, size: size)
        let batch = try #require(try BatchLoader(batches, threads: 2) { $0 == 0 ? own : nil }.next())
        let share = try #require(batch.share)
        #expect(share.total == (known ? indices.count : nil) && batch.mixing == expected.mixing)
        let all = try rows(batch)
        #expect(share.parts.flatMap { Array($0) } == Array(all.indices))
        for (part, range) in share.parts.enumerated() { found[part] += all[range] }
        skipped += batch.skipped
      }
      let whole = try rows(expected)
      #expect(found.flatMap { $0 } == whole, "\(size) processes, \(parts) parts")
      #expect(Set(skipped) == Set(expected.skipped) && skipped.count == expected.skipped.count)
    }
  }

  @Test(arguments: ["none", "flip+shift", "flip+mixup:alpha=1", "cutmix", "mixup+cutmix"])
  func sharesAreTheSameImages(augment: String) throws {
    let samples = try quadrants(40)
    let batches = try Batches(
      samples, normalization: Normalization(of: samples), augment: AugmentationSpec.list(parsing: augment), seed: 4)
    for step in 0..<3 {
      try compare(batches, (0..<17).map { ($0 * 7 + step) % 40 }, step: step)
    }
  }

  /// Bad pictures at the edges of shares: the partner is then the nearest before that is whole, round the end.
  @Test(
    arguments: ["crop+flip", "crop+flip+mixup:alpha=1", "crop+cutmix"],
    [[], [4], [0, 16], [7, 8, 9], [5, 6, 13, 16]])
  func sharesAreTheSamePictures(augment: String, bad: [Int]) throws {
    let folder = try ScratchFolder()
    let fixtures = PictureBatchesTests()
    var reference = try fixtures.pictures(24, in: folder)
    reference.onBadImage = .skip
    let names = try fixtures.loaded(reference)
    let indices = (0..<17).map { ($0 * 5 + 3) % 24 }
    for place in bad {
      let name = try #require(names.encoded?.name(indices[place]))
      try Data("no picture".utf8).write(to: folder.url.appendingPathComponent(name))
    }
    let samples = try fixtures.loaded(reference)
    let normalization = Normalization(mean: [0, 0, 0], deviation: [1, 1, 1])
    let batches = try Batches(
      samples, normalization: normalization, augment: AugmentationSpec.list(parsing: augment), seed: 4)
    try compare(batches, indices, step: 1, known: false)
  }

  /// The number of processes is no part of a plan; whether statistics are joined is, in one form.
  @Test func synchronizedIsTheOnlyFormOfTheDefault() throws {
    func plan(_ text: String) throws -> Plan {
      try TrainingRun.plan(
        yaml: """
          data: { dataset: glyphs }
          network: { name: resnet8 }
          objective: { parts: [{ name: softmax, parameters: {} }] }
          training: { \(text) }
          """, path: "p")
    }
    let usual = try plan("epochs: 3")
    #expect(try plan("epochs: 3, sync_batch_norm: true").digest() == usual.digest())
    #expect(try !usual.yaml().contains("sync"))
    let own = try plan("epochs: 3, sync_batch_norm: false")
    #expect(try own.training.syncBatchNorm == false && own.digest() != usual.digest())
    #expect(try TrainingRun.plan(yaml: own.yaml(), path: "p") == own)
  }
}
