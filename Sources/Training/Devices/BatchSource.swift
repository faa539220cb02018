import Foundation
import Networks
import Torch

/// The batches of a run where it is trained. On the processor, as the loader makes them; on another device from images that lie
/// there, or from the loader through pinned memory. The numbers are the same.
final class BatchSource {
  private let device: Device
  private let loader: BatchLoader
  private let resident: ResidentImages?
  private let request: (Int) -> BatchRequest?
  private var asked = 0
  /// f32 [] on the device.
  private let scalar: Tensor

  /// Whether images lie on the device.
  var isResident: Bool { resident != nil }

  /// Batches by number: `request` says what is in each, nil after the last; `threads` make them. `isShared`: each batch by
  /// several processes, whose shares come from the loader.
  init(
    _ batches: Batches, on device: Device, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    isShared: Bool = false,
    request: @escaping (Int) -> BatchRequest?
  ) throws(TrainingError) {
    self.device = device
    self.request = request
    (resident, scalar) = try torch { () throws(TorchError) in
      (device == .cpu || isShared ? nil : try ResidentImages(batches, on: device), try Tensor.zeros([]).to(device))
    }
    loader = BatchLoader(batches, threads: threads, pinned: device.kind == "cuda", request: request)
  }

  /// The next batch; nil after the last. Throws for a bad picture, unless it is to be left out.
  func next() throws(TrainingError) -> Batch? {
    guard let resident else {
      guard let batch = try loader.next() else { return nil }
      return device == .cpu || batch.indices.isEmpty ? batch : try torch { () throws(TorchError) in try sent(batch) }
    }
    guard let request = request(asked) else { return nil }
    asked += 1
    return try torch { () throws(TorchError) in try resident.batch(request) }
  }

  /// A batch of the loader, on the device.
  private func sent(_ batch: Batch) throws(TorchError) -> Batch {
    let labels = try batch.labels.ints()
    let partners = try batch.partners?.ints()
    let numbers = try SentNumbers(
      [batch.indices, labels] + (partners.map { [$0] } ?? []), last: batch.epoch, to: device)
    let weight = try batch.mixing.map { (mixing) throws(TorchError) in
      let weight = try scalar.clone()
      try weight.fill(mixing.weight)
      return weight
    }
    return Batch(
      images: try batch.images.to(device, waits: device.kind != "cuda"), labels: numbers.rows[1],
      indices: batch.indices, mixing: batch.mixing, partners: numbers.rows.count > 2 ? numbers.rows[2] : nil,
      skipped: batch.skipped, share: batch.share,
      remote: Batch.Remote(samples: RemoteSamples(epoch: numbers.last, samples: numbers.rows[0]), weight: weight),
      epoch: batch.epoch)
  }
}
