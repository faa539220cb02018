import Datasets
import Torch

/// Batches that several processes share.
extension BatchLoader {
  /// How the images of a training batch are mixed.
  func mixing(_ request: BatchRequest) -> Mixing? {
    guard let epoch = request.epoch, batches.pipeline.mixes else { return nil }
    let shape = batches.samples.shape
    var random = CounterGenerator(seed: batches.seed, purpose: .mixing, UInt64(epoch), UInt64(request.step))
    return batches.pipeline.mixing(width: shape.width, height: shape.height, random: &random)
  }

  /// The samples to make for a request: all, or of each share those in it, after the partner of the first where images
  /// are mixed.
  func rows(_ request: BatchRequest) -> [Int] {
    guard let shares = request.shares else { return request.indices }
    let all = request.indices
    let mixes = all.count > 1 && mixing(request) != nil
    return shares.flatMap { share in
      let partner = mixes && !share.isEmpty ? [all[Mixing.partner(of: share.lowerBound, count: all.count)]] : []
      return partner + all[share]
    }
  }

  /// The share of a batch that this process makes: the same images as those of the whole batch.
  func share(_ job: Crew.Job, _ shares: [Range<Int>]) throws(TrainingError) -> Batch {
    let (shape, all) = (batches.samples.shape, job.request.indices)
    let size = shape.count
    let mixing = all.count > 1 ? mixing(job.request) : nil
    var indices: [Int] = []
    var partners: [Int] = []
    var parts: [Range<Int>] = []
    var skipped: [BadImage] = []
    var row = 0
    func move(_ from: Int, to place: Int, count: Int = 1) {
      if let out = job.out, from != place { (out + place * size).update(from: out + from * size, count: count * size) }
    }
    for share in shares {
      let first = indices.count
      // The partner of the first image, then the images, each after its partner; the partner goes when they are mixed.
      var neighbour: Int?
      var end = first
      if mixing != nil, !share.isEmpty {
        neighbour = try partner(of: share.lowerBound, row, job)
        move(row, to: end)
        (row, end) = (row + 1, end + 1)
      }
      for place in share {
        if let fault = job.faults[row] {
          skipped.append(batches.bad(all[place], fault))
        } else {
          if let neighbour { partners.append(neighbour) }
          if neighbour != nil { neighbour = batches.samples.labels[all[place]] }
          indices.append(all[place])
          move(row, to: end)
          end += 1
        }
        row += 1
      }
      if let mixing, !share.isEmpty, let out = job.out {
        let count = end - first
        mixing.apply(
          to: UnsafeMutableBufferPointer(start: out + first * size, count: count * size), count: count,
          height: shape.height, width: shape.width, channels: shape.channels)
        move(first + 1, to: first, count: count - 1)
      }
      parts.append(first..<indices.count)
    }
    let mayLack = batches.samples.encoded != nil && batches.samples.onBadImage == .skip
    return try torch { () throws(TorchError) in
      Batch(
        images: try job.tensor.narrow(0, 0, indices.count).permute([0, 3, 1, 2]),
        labels: try Tensor(indices.map { batches.samples.labels[$0] }), indices: indices, mixing: mixing,
        partners: mixing == nil ? nil : try Tensor(partners), skipped: skipped,
        share: Batch.Share(parts: parts, total: mayLack ? nil : all.count))
    }
  }

  /// The label of the image before that at `place` of the whole batch, which lies in `row` afterwards: the nearest that is
  /// not left out.
  private func partner(of place: Int, _ row: Int, _ job: Crew.Job) throws(TrainingError) -> Int {
    let all = job.request.indices
    var partner = Mixing.partner(of: place, count: all.count)
    if var fault = job.faults[row], let out = job.out {
      let reader = ImageReader()
      for _ in all {
        partner = Mixing.partner(of: partner, count: all.count)
        do throws(ImageFault) {
          let place = out + row * batches.samples.shape.count
          try batches.fill(place, reader, index: all[partner], epoch: job.request.epoch)
          return batches.samples.labels[all[partner]]
        } catch {
          fault = error
        }
      }
      throw .data(batches.bad(all[partner], fault).error)
    }
    return batches.samples.labels[all[partner]]
  }
}
