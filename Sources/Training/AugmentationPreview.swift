import Datasets
import Torch

/// What training makes of images: for looking at.
public enum AugmentationPreview {
  /// For each of `count` samples, chosen by seed: the image as evaluation sees it, then `views` augmented ones, those of the
  /// epochs 0, 1, ... of a run with this seed. One after another, `views + 1` a sample, to be laid out in rows.
  public static func samples(
    _ samples: Samples, augment: [AugmentationSpec], count: Int, views: Int, seed: UInt64
  ) throws(TrainingError) -> Samples {
    let chosen = CounterGenerator.permutation(
      count: samples.count, seed: seed, purpose: .order
    ).prefix(count).sorted()
    guard !chosen.isEmpty else { throw .tooFewSamples(found: 0, needed: 1) }
    let shape = samples.shape
    // Without a mean to take off, normalized values are shares of white.
    let plain = Normalization(
      mean: [Double](repeating: 0, count: shape.channels), deviation: [Double](repeating: 1, count: shape.channels))
    let batches = try wrapping { try Batches(samples, normalization: plain, augment: augment, seed: seed) }
    let loader = BatchLoader(batches, threads: 1) { number in
      number <= views ? BatchRequest(indices: chosen, epoch: number == 0 ? nil : number - 1) : nil
    }
    let size = shape.count
    var pixels = [UInt8](repeating: 0, count: chosen.count * (views + 1) * size)
    var labels: [Int] = []
    for view in 0...views {
      guard let batch = try loader.next() else { break }
      guard batch.skipped.isEmpty else { throw .data(batch.skipped[0].error) }
      let values = try torch { () throws(TorchError) in try batch.images.contiguous().floats() }
      for image in 0..<chosen.count {
        let start = (image * (views + 1) + view) * size
        for place in 0..<size {
          pixels[start + place] = UInt8(max(0, min(255, (values[image * size + place] * 255).rounded())))
        }
      }
    }
    for image in chosen { labels += [Int](repeating: samples.labels[image], count: views + 1) }
    return try wrapping {
      try Samples(pixels: pixels, labels: labels, shape: shape, classNames: samples.classNames)
    }
  }
}
