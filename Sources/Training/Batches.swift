import Datasets
import Torch

/// Turns samples into batches of tensors: normalized, augmented, in channels-last memory.
///
/// What is drawn for an image depends on seed, epoch and image alone, never on workers, batch size or resumption.
public struct Batches: Sendable {
  let samples: Samples
  let pipeline: AugmentationPipeline
  let seed: UInt64
  /// For each channel, what each of the 256 byte values becomes.
  let table: [Float]
  /// For colour images.
  private let normalization: PixelNormalization?
  private let flips: Bool
  private let shifts: Bool

  /// Batches of `samples`; `augment` and `seed` matter only to training batches.
  public init(
    _ samples: Samples, normalization: Normalization, augment: [AugmentationSpec] = [], seed: UInt64 = 0
  ) throws(AugmentationError) {
    self.samples = samples
    pipeline = try AugmentationPipeline(augment)
    table = normalization.table
    self.normalization = normalization.pixels
    self.seed = seed
    flips = augment.contains(.flip)
    shifts = augment.contains(.shift)
  }

  /// Whether images are in memory and nothing but flips and shifts is done to them: then they are made while the step
  /// waits, which is quicker than to hand them to threads.
  var isSimple: Bool {
    samples.encoded == nil && pipeline.specs.allSatisfy { $0 == .flip || $0 == .shift }
  }

  /// The order of all samples in an epoch: a function of seed and epoch. Pictures that are costly to read in any order
  /// (packed archives larger than memory) are shuffled archive by archive, a few archives at a time.
  public func order(epoch: Int) -> [Int] {
    guard let shards = samples.encoded?.shards else {
      return CounterGenerator.permutation(count: samples.count, seed: seed, purpose: .order, UInt64(epoch))
    }
    var order: [Int] = []
    order.reserveCapacity(samples.count)
    let sequence = CounterGenerator.permutation(count: shards.count, seed: seed, purpose: .order, UInt64(epoch))
    for (group, start) in stride(from: 0, to: sequence.count, by: 2).enumerated() {
      var together = sequence[start..<min(start + 2, sequence.count)].flatMap { shards[$0] }
      var random = CounterGenerator(seed: seed, purpose: .order, UInt64(epoch), UInt64(group + 1))
      random.shuffle(&together)
      order += together
    }
    return order
  }

  /// The samples `indices`: images f32 [n, c, h, w] (channels-last memory) and labels i64 [n]. With an epoch they are
  /// augmented, each image by numbers drawn for it and that epoch alone. The first picture that cannot be decoded ends it.
  public func batch(_ indices: some RandomAccessCollection<Int>, epoch: Int?) throws(TrainingError) -> (
    images: Tensor, labels: Tensor
  ) {
    let shape = samples.shape
    let (images, out) = try torch { () throws(TorchError) in
      try Tensor.uninitialized([indices.count, shape.height, shape.width, shape.channels])
    }
    let reader = ImageReader()
    for (place, index) in indices.enumerated() {
      guard let out else { break }
      do throws(ImageFault) {
        try fill(out + place * shape.count, reader, index: index, epoch: epoch)
      } catch {
        throw .data(bad(index, error).error)
      }
    }
    return try torch { () throws(TorchError) in
      (try images.permute([0, 3, 1, 2]), try Tensor(indices.map { samples.labels[$0] }))
    }
  }

  /// A picture that cannot be had.
  func bad(_ index: Int, _ fault: ImageFault) -> BadImage {
    BadImage(file: samples.encoded?.name(index) ?? "image \(index)", reason: fault.description)
  }

  /// Writes one normalized image [h, w, c], augmented if there is an epoch.
  func fill(
    _ out: UnsafeMutablePointer<Float>, _ reader: ImageReader, index: Int, epoch: Int?
  ) throws(ImageFault) {
    if isSimple { return fillSimply(out, index: index, epoch: epoch) }
    let shape = samples.shape
    guard let epoch, !pipeline.isEmpty else { return try fillPlainly(out, reader, index: index) }
    var random = CounterGenerator(seed: seed, purpose: .augmentation, UInt64(epoch), UInt64(index))
    if let encoded = samples.encoded, let normalization, pipeline.onlyMirrors {
      // From the decoder straight into the batch.
      try reader.read(encoded, index, into: out, normalization: normalization) { header in
        let plan = plan(header, encoded.input, random: &random)
        return (plan, pipeline.mirrors(random: &random))
      }
    } else {
      var image = try cropped(reader, index: index, random: &random)
      pipeline.augment(&image, random: &random)
      image.pixels.withUnsafeBufferPointer { normalize($0, out) }
    }
    if let erasure = pipeline.erasure(
      width: shape.width, height: shape.height, channels: shape.channels, random: &random)
    {
      erasure.apply(
        to: UnsafeMutableBufferPointer(start: out, count: shape.count), width: shape.width, channels: shape.channels)
    }
  }

  /// What of a picture becomes a training image: the random crop where there is one, else as for evaluation.
  private func plan(
    _ header: ImageHeader, _ input: InputTransform, random: inout CounterGenerator
  ) -> ResizePlan {
    guard let crop = pipeline.crop(width: header.width, height: header.height, random: &random) else {
      return input.plan(width: header.width, height: header.height, shape: samples.shape)
    }
    return ResizePlan(
      crop, width: samples.shape.width, height: samples.shape.height, interpolation: input.interpolation,
      isScaled: !input.isExact)
  }

  /// A training image before its augmentation.
  private func cropped(
    _ reader: ImageReader, index: Int, random: inout CounterGenerator
  ) throws(ImageFault) -> Bitmap {
    let shape = samples.shape
    guard let encoded = samples.encoded else {
      let image = samples.bitmap(index)
      guard let crop = pipeline.crop(width: image.width, height: image.height, random: &random) else { return image }
      return try reader.resize(image, ResizePlan(crop, width: shape.width, height: shape.height))
    }
    let image = try reader.image(encoded, index) { plan($0, encoded.input, random: &random) }
    return shape.channels == 3 ? image : image.luma()
  }

  /// As for evaluation.
  private func fillPlainly(
    _ out: UnsafeMutablePointer<Float>, _ reader: ImageReader, index: Int
  ) throws(ImageFault) {
    guard let encoded = samples.encoded else { return fillSimply(out, index: index, epoch: nil) }
    func plan(_ header: ImageHeader) -> ResizePlan {
      encoded.input.plan(width: header.width, height: header.height, shape: samples.shape)
    }
    if let normalization {
      try reader.read(encoded, index, into: out, normalization: normalization) { (plan($0), false) }
    } else {
      try reader.image(encoded, index, plan: plan).luma().pixels.withUnsafeBufferPointer { normalize($0, out) }
    }
  }

  private func normalize(_ pixels: UnsafeBufferPointer<UInt8>, _ out: UnsafeMutablePointer<Float>) {
    guard pixels.count == samples.shape.count else { return }
    if let normalization {
      normalization.apply(to: pixels, into: out)
    } else {
      for place in 0..<pixels.count { out[place] = table[Int(pixels[place])] }
    }
  }

  /// How flips and shifts move an image in an epoch: whether it is mirrored, and by how many pixels it looks down and right.
  func movement(index: Int, epoch: Int?) -> (flip: Bool, dy: Int, dx: Int) {
    guard let epoch, flips || shifts else { return (false, 0, 0) }
    let reach = (max(samples.shape.height, samples.shape.width) + 4) / 8
    var random = CounterGenerator(seed: seed, purpose: .augmentation, UInt64(epoch), UInt64(index))
    let flip = flips && random.next() & 1 == 1
    guard shifts else { return (flip, 0, 0) }
    let dy = random.below(2 * reach + 1) - reach
    return (flip, dy, random.below(2 * reach + 1) - reach)
  }

  /// What a batch is mixed with, where one is.
  func mixing(_ request: BatchRequest, count: Int) -> Mixing? {
    guard let epoch = request.epoch, pipeline.mixes, count > 1 else { return nil }
    var random = CounterGenerator(seed: seed, purpose: .mixing, UInt64(epoch), UInt64(request.step))
    return pipeline.mixing(width: samples.shape.width, height: samples.shape.height, random: &random)
  }

  /// From planes in memory, with flips and shifts on the way.
  private func fillSimply(_ out: UnsafeMutablePointer<Float>, index: Int, epoch: Int?) {
    let shape = samples.shape
    let (channels, height, width) = (shape.channels, shape.height, shape.width)
    let (flip, dy, dx) = movement(index: index, epoch: epoch)
    samples.pixels.withUnsafeBufferPointer { pixels in
      table.withUnsafeBufferPointer { table in
        var place = 0
        let image = index * shape.count
        for y in 0..<height {
          let sourceY = y + dy
          let inside = sourceY >= 0 && sourceY < height
          for x in 0..<width {
            let sourceX = (flip ? width - 1 - x : x) + dx
            let visible = inside && sourceX >= 0 && sourceX < width
            let offset = image + sourceY * width + sourceX
            for channel in 0..<channels {
              let byte = visible ? Int(pixels[offset + channel * height * width]) : 0
              out[place] = table[channel << 8 | byte]
              place += 1
            }
          }
        }
      }
    }
  }
}

/// Runs `body`, and makes LibTorch's errors this layer's own.
func torch<Value>(_ body: () throws(TorchError) -> Value) throws(TrainingError) -> Value {
  do throws(TorchError) { return try body() } catch { throw .torch(error) }
}
