import Datasets
import Features
import Measures
import Torch
import Training

extension StageExecution {
  /// Test images that sparsity is measured on, at most.
  static let sparsityImages = 2000

  /// The share of numbers that are not 0, layer by layer, on the source's test images.
  func sparsity(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let images = try samples(job.plan.data, .test).spread(Self.sparsityImages)
    let layers = try LayerBatches(try model(of: job), images)
    let batch = layers.batch(most: 250)
    var shares = [Double](repeating: 0, count: layers.names.count)
    var seen = [Int](repeating: 0, count: layers.names.count)
    for start in stride(from: 0, to: images.count, by: batch) {
      if context.isStopping() { throw StageInterruption() }
      try layers.layers(start..<min(images.count, start + batch)) { place, rows in
        let share = try Sparsity.measure(TensorRows(rows), name: layers.names[place]).nonzeroFraction
        shares[place] += share * Double(rows.shape[0])
        seen[place] += rows.shape[0]
      }
      context.send(.progress("test images", share: Double(start) / Double(images.count)))
    }
    context.send(.facts(StudyLayers.fact(job.plan.network.name, layers.names)))
    return layers.names.enumerated().map { place, name in
      var record = job.measurement("nonzero_fraction", .test, shares[place] / Double(max(1, seen[place])))
      record.target = name
      return record
    }
  }

  /// How many directions the penultimate features use, on training and test images.
  func spectrum(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    try ofFeatures(job, context) { features, _ in
      let result = try Spectrum.measure(TensorRows(features))
      return (
        result,
        [
          ("effective_rank", result.effectiveRank), ("participation_ratio", result.participationRatio),
          ("rankme", result.rankMe), ("alpha", result.alpha),
        ], result.reasons
      )
    }
  }

  /// How far the classes have collapsed in the penultimate features of training and test images.
  func collapse(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let trained = try model(of: job)
    // The head of a network with a projector does not see the features.
    let head =
      trained.model.projector == nil
      ? Collapse.Head(
        weight: try trained.model.head.weight.to(Device.cpu), bias: try trained.model.head.bias.to(Device.cpu))
      : nil
    return try ofFeatures(job, context) { features, labels in
      let result = try Collapse.measure(TensorRows(features), labels: labels, head: head)
      return (
        result,
        [
          ("nc1", result.nc1), ("nc2_equinorm", result.nc2Equinorm), ("nc2_equiangle", result.nc2Equiangle),
          ("nc3", result.nc3), ("nc4", result.nc4), ("cdnv", result.cdnv), ("vci", result.vci),
        ], result.reasons
      )
    }
  }

  private typealias Found<Result> = (result: Result, values: [(String, Double?)], reasons: [String: String])

  /// A measure of the source's penultimate features on both splits, the holdout left out.
  private func ofFeatures<Result: Encodable>(
    _ job: StageJob, _ context: Worker.Context, _ body: (Tensor, [Int]) throws -> Found<Result>
  ) throws -> [MeasurementRecord] {
    var records: [MeasurementRecord] = []
    var results: [String: Result] = [:]
    for split in Split.allCases {
      context.send(.progress("\(split.rawValue) images", share: nil))
      let (features, labels) = try trained(job, split)
      let found = try body(features, labels)
      results[split.rawValue] = found.result
      records += found.values.map { job.measurement($0.0, split, $0.1, reason: found.reasons[$0.0]) }
    }
    try keep(results, of: job)
    return records
  }
}
