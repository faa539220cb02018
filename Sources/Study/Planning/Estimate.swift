import Foundation
import Networks
import Torch
import Training

/// What a study will roughly cost: seconds of one worker for each stage, and bytes on disk.
///
/// Before anything has run the figures come from operation counts and typical speeds of one core, and may be off by a
/// factor of two; what the study itself has measured replaces them, kind by kind.
public struct Estimate: Sendable {
  /// The stages of the plan.
  private let records: [String: StageRecord]
  /// Seconds a stage takes by operation counts, by digest.
  private let prior: [String: Double]
  /// Seconds a stage takes, by digest.
  private var expected: [String: Double]

  /// Typical rates of one core: operations a second in training and evaluation, bytes a second for the rest.
  private enum Rate {
    static let convolution = 6e10
    static let start = 0.3
    static let probePass = 1.2e9
    static let neighbours = 2e10
    static let separation = 2e8
  }

  /// An estimate for a plan of which nothing has run. It makes each network once, which takes a moment.
  public init(plan: StudyPlan) {
    let costs = NetworkCost.all(of: plan)
    let stages = plan.stages.map { ($0.record.digest, $0) }
    records = Dictionary(stages.map { ($0, $1.record) }, uniquingKeysWith: { first, _ in first })
    prior = Dictionary(
      stages.map { ($0, Self.prior($1, plan: plan, costs: costs)) }, uniquingKeysWith: { first, _ in first })
    expected = prior
  }

  /// The estimate in the light of stages with the seconds they took, or seconds divided by the share done so far: what was
  /// measured on stages of the same kind and target counts, else on those of the same kind.
  public func corrected(by measured: [(digest: String, seconds: Double)]) -> Estimate {
    func exact(_ stage: StageRecord) -> String { "\(stage.kind.rawValue) \(stage.target)" }
    var actual: [String: (seconds: Double, prior: Double)] = [:]
    for (digest, seconds) in measured {
      guard let record = records[digest], let guess = prior[digest] else { continue }
      for key in [exact(record), record.kind.rawValue] {
        actual[key, default: (0, 0)].seconds += seconds
        actual[key, default: (0, 0)].prior += guess
      }
    }
    var result = self
    for (digest, record) in records {
      let known = actual[exact(record)] ?? actual[record.kind.rawValue]
      result.expected[digest] = (prior[digest] ?? 0) * (known.map { $0.prior > 0 ? $0.seconds / $0.prior : 1 } ?? 1)
    }
    return result
  }

  /// Seconds that a stage takes.
  public func seconds(of digest: String) -> Double { expected[digest] ?? 0 }

  private static func prior(
    _ stage: StudyPlan.Stage, plan: StudyPlan, costs: [NetworkSpec: NetworkCost]
  ) -> Double {
    let job = stage.job
    let cost = costs[job.plan.network] ?? NetworkCost()
    let kept = Double(plan.source.train.count) * (1 - job.plan.holdout)
    let threads = Double(max(1, plan.threads))
    func images(_ count: Double) -> Double { count * 2 * cost.products / (Rate.convolution * threads) }
    let index = plan.document.specification.transfer.firstIndex { $0.label == stage.record.target }
    let facts = index.flatMap { plan.targets.indices.contains($0) ? plan.targets[$0] : nil } ?? plan.source
    let train = Double(facts.train.count)
    let test = Double(facts.test.count)
    let width = Double(cost.features)
    let seconds =
      switch job.kind {
      case .train: Double(job.plan.training.epochs) * images(3 * kept)
      case .evaluate: images(test + Double(plan.source.train.count) - kept)
      case .extract: images(train + test)
      case .separation: (train + test) * width * 8 / Rate.separation
      // 45 penalties, about 25 passes of two products each, twice (choosing and refitting).
      case .probe: 45 * 25 * 2 * train * width * Double(facts.train.classes) / Rate.probePass
      // 15 penalties by up to five folds and once more, in each draw, which is then tested; a tenth of a second besides.
      case .fewShot:
        job.fewShot.map { drawn in
          Double(drawn.draws)
            * drawn.shots.reduce(0) { sum, shots in
              let examples = min(train, Double(shots * facts.train.classes))
              let fits = shots > 1 ? Double(min(5, shots) + 1) * 15 : 1
              return sum + 0.1 + (fits * 25 * examples + test) * width * Double(facts.train.classes) / Rate.probePass
            }
        } ?? 0
      case .sparsity: images(Double(min(StageExecution.sparsityImages, plan.source.test.count)))
      case .spectrum, .collapse: (train + test) * width * width * 2 / Rate.neighbours
      // Every setting of the grid, and the chosen one once more.
      case .finetune:
        job.tuning.map { tuning in
          let trainings = tuning.learningRates.count * tuning.decays.count + 1
          return images(3 * Double(trainings * tuning.steps * tuning.batch))
        } ?? 0
      case .agreement: Double(job.peers.count * job.peers.count) * test * 2e-7
      case .cka: Double(job.peers.count) * images(2 * Double(StageExecution.ckaImages))
      case .knn: 2 * train * (test + train * 0.2) * width / Rate.neighbours
      }
    return seconds + Rate.start
  }

  /// Bytes that a plan leaves on disk: weights, checkpoints and features of every run.
  public static func bytes(of plan: StudyPlan) -> Int {
    let costs = NetworkCost.all(of: plan)
    var bytes = 0
    for run in plan.runs {
      let cost = costs[run.plan.network] ?? NetworkCost()
      // Final weights, and two checkpoints of weights, momentum and average.
      bytes += cost.parameters * 4 * (1 + 2 * 3)
    }
    for stage in plan.stages where stage.record.kind == .extract {
      let cost = costs[stage.job.plan.network] ?? NetworkCost()
      let index = plan.document.specification.transfer.firstIndex { $0.label == stage.record.target }
      let facts = index.map { plan.targets[$0] } ?? plan.source
      bytes += (facts.train.count + facts.test.count) * (4 * (cost.features + plan.source.train.classes) + 8)
    }
    return bytes
  }
}

/// Size of a network in products and parameters, counted on one image of zeros.
struct NetworkCost {
  /// Multiplications of a forward pass on one image.
  var products = 0.0
  var parameters = 0
  /// Features before the head.
  var features = 0

  /// Nothing known.
  init() {}

  /// Those of a plan's networks, each counted once.
  static func all(of plan: StudyPlan) -> [NetworkSpec: NetworkCost] {
    let shape = plan.source.train.shape
    return Set(plan.runs.map(\.plan.network)).reduce(into: [:]) { result, network in
      result[network] = NetworkCost(network, channels: shape.channels, height: shape.height, width: shape.width)
    }
  }

  /// Zeros for a network that cannot be made, which whoever trains it will say.
  init(_ network: NetworkSpec, channels: Int, height: Int, width: Int, networks: [Architecture] = Networks.standard) {
    guard
      let model = try? Model(
        network, channels: channels, size: min(height, width), classes: 1, source: .seed(0), networks: networks)
    else { return }
    parameters = model.parameters.trainedCount
    features = networks.first { $0.name == network.name }.map { $0.features(network.width ?? $0.defaultWidth) } ?? 0
    var count = 0
    try? withoutGradient { () throws(TorchError) in
      let pass = Pass(.evaluation, counting: { count += $0 })
      _ = try model.network.features(Tensor.zeros([1, channels, height, width]).channelsLast(), pass)
    }
    products = Double(count)
  }
}
