import Foundation

/// One run of a study as TensorBoard shows it: scalars, hyperparameters, and where its features lie.
struct TensorBoardRun: Sendable {
  var record: RunRecord
  var stages: [StageRecord]
  var measurements: [MeasurementRecord]
  var epochs: [EpochRecord]
  var hyperparameters: [String: HyperparameterSummary.Value]
  /// When the study was made, for what bears no time of its own.
  var studyTime: Double
  /// The mean of the run's accuracies over the study's targets; nil where one is missing.
  var meanTransfer: Double?

  /// Whether anything of it was begun; others have nothing to show.
  var hasBegun: Bool { !epochs.isEmpty || stages.contains { $0.startedAt != nil || $0.state != .pending } }

  /// What a run ended with.
  var status: HyperparameterSummary.Status {
    if stages.contains(where: { $0.state == .failed }) { return .failure }
    return stages.allSatisfy { $0.state == .done } ? .success : .running
  }

  /// The scalars by which runs are compared.
  static let metrics = [
    HyperparameterSummary.Metric(
      tag: "evaluate/top1/test", title: "accuracy", description: "Top-1 accuracy on the source's test images."),
    HyperparameterSummary.Metric(
      tag: "separation/r2_cosine/train", title: "class separation R\u{00B2}",
      description: "Class separation of the penultimate features on the source's training images, cosine distance."),
    HyperparameterSummary.Metric(
      tag: "transfer/mean_accuracy", title: "mean transfer",
      description: "Mean accuracy over all transfer targets: of linear probes, else of nearest neighbours."),
  ]

  /// Everything in its order: the session's begin, epochs, measurements, the session's end.
  var events: [TensorBoardEvent] {
    let began = stages.compactMap { Self.seconds($0.startedAt) }.min()
    let start = HyperparameterSummary.Start(hyperparameters: hyperparameters, group: record.digest, time: began)
    var events = [TensorBoardEvent(wallTime: began ?? studyTime, content: .hyperparameters(.start(start)))]
    for (place, epoch) in epochs.enumerated() {
      let time = self.time(ofEpoch: place)
      for (tag, value) in [
        ("train/loss", epoch.loss), ("train/accuracy", epoch.trainAccuracy),
        ("holdout/accuracy", epoch.holdoutAccuracy),
        ("train/learning_rate", epoch.learningRate), ("train/images_per_second", epoch.imagesPerSecond),
      ] {
        if let value {
          events.append(TensorBoardEvent(wallTime: time, step: epoch.epoch, content: .scalar(tag: tag, value: value)))
        }
      }
    }
    let step = epochs.last?.epoch ?? 0
    let ended = stages.compactMap { Self.seconds($0.finishedAt) }.max()
    let byDigest = Dictionary(stages.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    for one in measurements {
      guard let value = one.value, let stage = byDigest[one.stageDigest] else { continue }
      let tag = [stage.kind.rawValue, one.name, one.target, one.split].filter { !$0.isEmpty }.joined(separator: "/")
      let time = Self.seconds(stage.finishedAt) ?? studyTime
      events.append(TensorBoardEvent(wallTime: time, step: step, content: .scalar(tag: tag, value: value)))
    }
    if let meanTransfer {
      let content = TensorBoardEvent.Content.scalar(tag: "transfer/mean_accuracy", value: meanTransfer)
      events.append(TensorBoardEvent(wallTime: ended ?? studyTime, step: step, content: content))
    }
    let isOver = status != .running
    let end = HyperparameterSummary.end(status, time: isOver ? ended : nil)
    events.append(TensorBoardEvent(wallTime: ended ?? began ?? studyTime, step: 0, content: .hyperparameters(end)))
    return events
  }

  /// When an epoch ended. The store has no time of an epoch: those of a training that ended are spread evenly over the
  /// seconds that it took, others bear the time of its start.
  private func time(ofEpoch place: Int) -> Double {
    guard let train = stages.first(where: { $0.kind == .train }) else { return studyTime }
    guard let finish = Self.seconds(train.finishedAt) else { return Self.seconds(train.startedAt) ?? studyTime }
    return finish - train.seconds * Double(epochs.count - 1 - place) / Double(epochs.count)
  }

  /// Seconds since 1970 of a time in ISO 8601.
  static func seconds(_ time: String?) -> Double? {
    time.flatMap { try? Date($0, strategy: .iso8601) }?.timeIntervalSince1970
  }
}
