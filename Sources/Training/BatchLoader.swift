import Datasets
import Foundation
import Networks
import Torch

/// A batch that is asked for.
struct BatchRequest: Sendable {
  /// The samples, in this order.
  var indices: [Int]
  /// The epoch, for training; nil for evaluation.
  var epoch: Int?
  /// The step within the run, for what is drawn once a batch.
  var step = 0
  /// Where several processes share the batch: the places in `indices` that this one makes, a range for each part of the
  /// batch; nil: all.
  var shares: [Range<Int>]?
}

/// A batch as it comes.
struct Batch {
  /// f32 [n, c, h, w], channels-last memory.
  let images: Tensor
  /// i64 [n].
  let labels: Tensor
  /// The samples that are in it: those asked for, without the bad ones.
  let indices: [Int]
  /// How the images were mixed, each with its neighbour; nil where they were not.
  let mixing: Mixing?
  /// The labels of the partners, i64 [n]; nil where nothing was mixed.
  let partners: Tensor?
  /// Pictures left out by the policy `skip`.
  let skipped: [BadImage]
  /// Where several processes share the batch.
  var share: Share?

  /// A process's share of a batch.
  struct Share {
    /// Its samples in each part of the batch.
    let parts: [Range<Int>]
    /// The samples of the whole batch; nil where pictures may have been left out, so that nobody knows yet.
    let total: Int?
  }

  /// Samples, epoch and weight of mixing as the batch's device knows them; nil on the processor.
  var remote: Remote?
  /// The epoch, 0 for evaluation.
  var epoch = 0

  /// Numbers of a batch on its device.
  struct Remote {
    let samples: RemoteSamples
    /// The weight of a mixture's own labels, f32 [].
    let weight: Tensor?
  }

  /// Some of its samples in a row.
  func part(_ range: Range<Int>) throws(TorchError) -> Batch {
    func rows(_ tensor: Tensor) throws(TorchError) -> Tensor { try tensor.narrow(0, range.lowerBound, range.count) }
    return Batch(
      images: try rows(images), labels: try rows(labels), indices: Array(indices[range]), mixing: mixing,
      partners: try partners.map(rows), skipped: [],
      remote: try remote.map { (remote) throws(TorchError) in
        Remote(
          samples: RemoteSamples(epoch: remote.samples.epoch, samples: try rows(remote.samples.samples)),
          weight: remote.weight)
      }, epoch: epoch)
  }
}

/// Makes batches ahead of their use, by threads that decode, augment and normalize straight into the batch's memory.
///
/// At most `ahead` batches exist beyond the one in use: whoever takes them sets the pace, and memory stays flat. What comes
/// out does not depend on threads. Batches that need no work worth a thread are made when they are asked for.
final class BatchLoader {
  let batches: Batches
  private let crew: Crew?
  private let ahead: Int
  private let request: (Int) -> BatchRequest?
  /// Whether batches lie in memory that CUDA copies from while the processor goes on. LibTorch then knows when a batch's memory
  /// may be used again, and keeps it for the next.
  private let isPinned: Bool
  private var asked = 0
  /// Memory of batches that were handed out: used again once nobody else holds it, since to map tens of megabytes anew
  /// for each batch costs a tenth of the time.
  private var spare: [(tensor: Tensor, out: UnsafeMutablePointer<Float>?)] = []
  private var waiting: [Crew.Job] = []

  /// Batches by number: `request` says what is in each, nil after the last.
  init(
    _ batches: Batches, threads: Int = ProcessInfo.processInfo.activeProcessorCount, ahead: Int = 2,
    pinned: Bool = false, request: @escaping (Int) -> BatchRequest?
  ) {
    self.batches = batches
    isPinned = pinned
    self.ahead = max(ahead, 0)
    self.request = request
    crew = batches.isSimple || threads < 1 ? nil : Crew(batches, threads: threads)
  }

  deinit { crew?.stop() }

  /// The next batch; nil after the last. Throws for a bad picture, unless it is to be left out.
  func next() throws(TrainingError) -> Batch? {
    while waiting.count <= (crew == nil ? 0 : ahead), let request = request(asked) {
      let rows = rows(request)
      let (tensor, out) = try memory(count: rows.count)
      let job = Crew.Job(request, rows, tensor, out)
      asked += 1
      waiting.append(job)
      if let crew { crew.start(job) } else { Crew.work(job, batches) }
    }
    guard !waiting.isEmpty else { return nil }
    let job = waiting.removeFirst()
    crew?.wait(for: job)
    defer { keep(job) }
    return try batch(job)
  }

  /// Memory for a batch of `count` images.
  private func memory(count: Int) throws(TrainingError) -> (Tensor, UnsafeMutablePointer<Float>?) {
    let shape = batches.samples.shape
    if let place = spare.firstIndex(where: { $0.tensor.shape[0] == count && !$0.tensor.isShared }) {
      return spare.remove(at: place)
    }
    return try torch { () throws(TorchError) in
      try Tensor.uninitialized([count, shape.height, shape.width, shape.channels], pinned: isPinned)
    }
  }

  /// Keeps a job's memory for another batch; never more than are in use at once.
  private func keep(_ job: Crew.Job) {
    guard !isPinned else { return }
    spare.removeAll { !$0.tensor.isShared && $0.tensor.shape[0] != job.tensor.shape[0] }
    if spare.count < ahead + 2 { spare.append((job.tensor, job.out)) }
  }

  private func batch(_ job: Crew.Job) throws(TrainingError) -> Batch {
    let shape = batches.samples.shape
    let faults = job.faults.sorted { $0.key < $1.key }
    if let (place, fault) = faults.first, batches.samples.onBadImage != .skip {
      throw .data(batches.bad(job.rows[place], fault).error)
    }
    if let shares = job.request.shares { return try share(job, shares) }
    let kept = job.request.indices.indices.filter { job.faults[$0] == nil }
    let indices = kept.map { job.request.indices[$0] }
    if !faults.isEmpty, let out = job.out {
      for (place, from) in kept.enumerated() where place != from {
        (out + place * shape.count).update(from: out + from * shape.count, count: shape.count)
      }
    }
    let mixing = batches.mixing(job.request, count: indices.count)
    if let out = job.out {
      mixing?.apply(
        to: UnsafeMutableBufferPointer(start: out, count: indices.count * shape.count), count: indices.count,
        height: shape.height, width: shape.width, channels: shape.channels)
    }
    let labels = indices.map { batches.samples.labels[$0] }
    return try torch { () throws(TorchError) in
      let whole = faults.isEmpty ? job.tensor : try job.tensor.narrow(0, 0, indices.count)
      return Batch(
        images: try whole.permute([0, 3, 1, 2]), labels: try Tensor(labels), indices: indices, mixing: mixing,
        partners: mixing == nil
          ? nil : try Tensor(labels.indices.map { labels[Mixing.partner(of: $0, count: labels.count)] }),
        skipped: faults.map { batches.bad(job.request.indices[$0.key], $0.value) }, epoch: job.request.epoch ?? 0)
    }
  }

  /// The threads. They know jobs by their memory only; tensors stay with whoever asked.
  final class Crew: @unchecked Sendable {
    /// A batch in the making. What varies is guarded by the crew's lock until the job is done.
    final class Job: @unchecked Sendable {
      let request: BatchRequest
      /// The samples to make, one after another in memory.
      let rows: [Int]
      let tensor: Tensor
      let out: UnsafeMutablePointer<Float>?
      var next = 0
      var left: Int
      var faults: [Int: ImageFault] = [:]

      init(_ request: BatchRequest, _ rows: [Int], _ tensor: Tensor, _ out: UnsafeMutablePointer<Float>?) {
        self.request = request
        self.rows = rows
        self.tensor = tensor
        self.out = out
        left = rows.count
      }
    }

    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isStopped = false

    init(_ batches: Batches, threads: Int) {
      for number in 0..<threads {
        let thread = Thread { [self] in run(batches) }
        thread.name = "images \(number)"
        thread.stackSize = 1 << 21
        thread.start()
      }
    }

    func start(_ job: Job) {
      condition.lock()
      jobs.append(job)
      condition.broadcast()
      condition.unlock()
    }

    func wait(for job: Job) {
      condition.lock()
      while job.left > 0 { condition.wait() }
      condition.unlock()
    }

    func stop() {
      condition.lock()
      isStopped = true
      condition.broadcast()
      condition.unlock()
    }

    /// All of a job on the calling thread.
    static func work(_ job: Job, _ batches: Batches) {
      let reader = ImageReader()
      for place in job.rows.indices {
        if let fault = make(job, place, batches, reader) { job.faults[place] = fault }
      }
      job.left = 0
    }

    private static func make(_ job: Job, _ place: Int, _ batches: Batches, _ reader: ImageReader) -> ImageFault? {
      guard let out = job.out else { return nil }
      do throws(ImageFault) {
        try batches.fill(
          out + place * batches.samples.shape.count, reader, index: job.rows[place],
          epoch: job.request.epoch)
        return nil
      } catch {
        return error
      }
    }

    private func run(_ batches: Batches) {
      let reader = ImageReader()
      condition.lock()
      while true {
        while jobs.isEmpty && !isStopped { condition.wait() }
        guard !isStopped, let job = jobs.first else { break }
        let place = job.next
        job.next += 1
        if job.next >= job.rows.count { jobs.removeFirst() }
        condition.unlock()
        let fault = job.rows.isEmpty ? nil : Self.make(job, place, batches, reader)
        condition.lock()
        if let fault { job.faults[place] = fault }
        job.left -= 1
        if job.left <= 0 { condition.broadcast() }
      }
      condition.unlock()
    }
  }
}
