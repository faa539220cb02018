import Networks
import Torch

/// Images that lie on the device as bytes, and are mirrored, shifted and normalized there: the same numbers, bit for bit, as
/// those that `Batches` makes of them on the processor.
struct ResidentImages {
  private let batches: Batches
  private let device: Device
  /// u8 [n * c * h * w], in planes.
  private let pixels: Tensor
  /// f32 [c * 256]: what each byte becomes.
  private let table: Tensor
  /// i64 on the device: rows 0, 1, ... [h] and the last of them [], columns likewise [w] and [], what a mirrored column adds [w],
  /// and where each channel begins in an image and in the table [c].
  private let rows, bottom, columns, right, mirror, planes, entries: Tensor
  /// i64 []: 0, the width, the size of an image.
  private let zero, width, size: Tensor

  /// Bytes of a device's memory that images may take: a quarter of what is free, so that several runs and the network have
  /// room; 2 GiB where it is not known.
  static func limit(on device: Device) throws(TorchError) -> Int {
    try device.memory().map { $0.free / 4 } ?? 2 << 30
  }

  /// Puts them there; nil where they are not in memory, where more is done to them than flips and shifts, or where there is no
  /// room.
  init?(_ batches: Batches, on device: Device) throws(TorchError) {
    let (samples, shape) = (batches.samples, batches.samples.shape)
    let limit = try Self.limit(on: device)
    guard batches.isSimple, samples.pixels.count <= limit else { return nil }
    self.batches = batches
    self.device = device
    pixels = try Tensor(samples.pixels).to(device)
    table = try Tensor(batches.table).to(device)
    // Numbers of Swift are doubles in this binding, and would make whole numbers f32.
    func whole(_ values: [Int]) throws(TorchError) -> Tensor { try Tensor(values).to(device) }
    func whole(_ value: Int) throws(TorchError) -> Tensor { try Tensor([value], shape: []).to(device) }
    rows = try whole(Array(0..<shape.height))
    columns = try whole(Array(0..<shape.width))
    mirror = try whole((0..<shape.width).map { shape.width - 1 - 2 * $0 })
    planes = try whole((0..<shape.channels).map { $0 * shape.height * shape.width })
    entries = try whole((0..<shape.channels).map { $0 * 256 })
    (bottom, right) = (try whole(shape.height - 1), try whole(shape.width - 1))
    (zero, width, size) = (try whole(0), try whole(shape.width), try whole(shape.count))
  }

  /// The batch of a request.
  func batch(_ request: BatchRequest) throws(TorchError) -> Batch {
    let moves = request.indices.map { batches.movement(index: $0, epoch: request.epoch) }
    let sent = try SentNumbers(
      [
        request.indices, request.indices.map { batches.samples.labels[$0] }, moves.map { $0.flip ? 1 : 0 },
        moves.map(\.dy), moves.map(\.dx),
      ], last: request.epoch ?? 0, to: device)
    return Batch(
      images: try images(sent.rows[0], flip: sent.rows[2], dy: sent.rows[3], dx: sent.rows[4]), labels: sent.rows[1],
      indices: request.indices, mixing: nil, partners: nil, skipped: [],
      remote: Batch.Remote(samples: RemoteSamples(epoch: sent.last, samples: sent.rows[0]), weight: nil),
      epoch: request.epoch ?? 0)
  }

  /// f32 [n, c, h, w], channels-last, of samples i64 [n] moved as `Batches.movement` says.
  private func images(_ samples: Tensor, flip: Tensor, dy: Tensor, dx: Tensor) throws(TorchError) -> Tensor {
    let y = try rows + dy.unsqueeze(1)  // [n, h]
    let x = try columns + flip.unsqueeze(1) * mirror + dx.unsqueeze(1)  // [n, w]
    let (insideY, insideX) = (try y.maximum(zero).minimum(bottom), try x.maximum(zero).minimum(right))
    let isVisible = try y.equals(insideY).to(.i64).unsqueeze(2) * x.equals(insideX).to(.i64).unsqueeze(1)  // [n, h, w]
    let place = try insideY.unsqueeze(2) * width + insideX.unsqueeze(1)
    let index = try (samples.reshape([-1, 1, 1]) * size + place).unsqueeze(3) + planes  // [n, h, w, c]
    // What is not in the image counts as black.
    let bytes = try pixels.indexSelect(0, index.reshape([-1])).reshape(index.shape).to(.i64) * isVisible.unsqueeze(3)
    let values = try table.indexSelect(0, (bytes + entries).reshape([-1]))
    return try values.reshape(index.shape).permute([0, 3, 1, 2])
  }
}

/// Whole numbers that go to a device in one copy, which the processor does not wait for.
struct SentNumbers {
  /// i64 [n] each.
  let rows: [Tensor]
  /// i64 [].
  let last: Tensor

  init(_ rows: [[Int]], last: Int, to device: Device) throws(TorchError) {
    let count = rows.first?.count ?? 0
    let all = try Tensor(rows.flatMap { $0 } + [last])
    let there = try device.kind == "cuda" ? all.pinned().to(device, waits: false) : all.to(device)
    var parts: [Tensor] = []
    for row in rows.indices { parts.append(try there.narrow(0, row * count, count)) }
    self.rows = parts
    self.last = try there.select(0, rows.count * count)
  }
}
