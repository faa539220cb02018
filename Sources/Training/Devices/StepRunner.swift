import Torch

/// What became of a step.
struct StepResult {
  /// The mean loss of the batch before the update.
  let loss: Double
  /// Right answers, and samples.
  let right, count: Int
  /// What a team agreed on: to stop, and to write a checkpoint.
  var stops = false
  var saves = false
}

/// Takes steps where a run is trained. On the processor a step's result is known at once. On another device steps are launched
/// without waiting, and results come some steps later: when 64 have gathered (16 of a team's), a second has passed (alone), or
/// `rest` is asked for.
final class StepRunner {
  private let step: TrainingStep
  private let seed: UInt64
  private let remote: DeviceStep?
  private var lastRead = ContinuousClock.now
  /// Wishes of this process that the team was not told yet.
  private var stops = false
  private var saves = false

  /// - Parameters:
  ///   - batch: samples of a whole batch.
  ///   - captures: whether steps on CUDA are recorded and launched as a whole.
  ///   - forced: takes the way of other devices also on the processor, for tests.
  ///   - tell: hears why steps are not recorded after all.
  init(
    _ step: TrainingStep, on device: Device, seed: UInt64, batch: Int, captures: Bool = true, forced: Bool = false,
    tell: @escaping (String) -> Void = { _ in }
  ) throws(TorchError) {
    self.step = step
    self.seed = seed
    let captures = captures && device.kind == "cuda"
    remote =
      try device != .cpu || forced
      ? DeviceStep(step, on: device, seed: seed, batch: batch, captures: captures, tell: tell) : nil
  }

  /// One step; the results that are known by now, oldest first. `stops` and `saves`: this process's wishes, where a team
  /// agrees on them.
  func callAsFunction(
    _ batch: Batch, epoch: Int, rate: Double, step number: Int, stops: Bool = false, saves: Bool = false
  ) throws(TorchError) -> [StepResult] {
    guard let remote else {
      let report = try step(
        batch, seed: seed, epoch: epoch, rate: rate, step: number, stops: stops, saves: saves)
      return [
        StepResult(
          loss: report.loss, right: report.right, count: report.count, stops: report.stops, saves: report.saves)
      ]
    }
    try remote(batch, epoch: epoch, rate: rate, step: number)
    (self.stops, self.saves) = (self.stops || stops, self.saves || saves)
    // A team reads after the same steps, whatever each one's clock says.
    let isLate = step.team == nil && ContinuousClock.now - lastRead > .seconds(1)
    return remote.isFull || isLate ? try rest() : []
  }

  /// The results of all steps taken that were not told yet; waits for them.
  func rest() throws(TorchError) -> [StepResult] {
    lastRead = .now
    defer { (stops, saves) = (false, false) }
    return try remote?.results(stops: stops, saves: saves) ?? []
  }
}
