import Foundation
import Networks
import Training

/// What a study will roughly cost: seconds of one worker for each stage, and bytes on disk.
///
/// Before anything has run the figures come from operation counts and typical speeds of one core, and may be off by a
/// factor of two; what the study itself has measured replaces them, kind by kind.
public struct Estimate: Sendable {
  /// Seconds a stage takes, by digest.
  private var expected: [String: Double] = [:]

  /// Typical rates of one core: operations a second in training and evaluation, bytes a second for the rest.
  private enum Rate {
    static let convolution = 6e10
    static let start = 0.3
    static let probePass = 1.2e9
    static let neighbours = 2e10
    static let separation = 2e8
  }

  /// An estimate for a plan.
  /// - Parameter measured: stages with the seconds they took, or seconds divided by the share done so far.
  public init(plan: StudyPlan, measured: [(digest: String, seconds: Double)] = []) {
    var prior: [String: Double] = [:]
    for stage in plan.stages { prior[stage.record.digest] = Self.prior(stage, plan: plan) }
    // What was measured on stages of the same kind and target counts, else on those of the same kind.
    let records = Dictionary(
      plan.stages.map { ($0.record.digest, $0.record) }, uniquingKeysWith: { first, _ in first })
    func exact(_ stage: StageRecord) -> String { "\(stage.kind.rawValue) \(stage.target)" }
    var actual: [String: (seconds: Double, prior: Double)] = [:]
    for (digest, seconds) in measured {
      guard let record = records[digest], let guess = prior[digest] else { continue }
      for key in [exact(record), record.kind.rawValue] {
        actual[key, default: (0, 0)].seconds += seconds
        actual[key, default: (0, 0)].prior += guess
      }
    }
    for stage in plan.stages {
      let digest = stage.record.digest
      let known = actual[exact(stage.record)] ?? actual[stage.record.kind.rawValue]
      expected[digest] = (prior[digest] ?? 0) * (known.map { $0.prior > 0 ? $0.seconds / $0.prior : 1 } ?? 1)
    }
  }

  /// Seconds that a stage takes.
  public func seconds(of digest: String) -> Double { expected[digest] ?? 0 }

  private static func prior(_ stage: StudyPlan.Stage, plan: StudyPlan) -> Double {
    let job = stage.job
    let shape = plan.source.train.shape
    let cost = NetworkCost(
      job.plan.network, channels: shape.channels, height: shape.height, width: shape.width)
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
      case .knn: 2 * train * (test + train * 0.2) * width / Rate.neighbours
      }
    return seconds + Rate.start
  }

  /// Bytes that a plan leaves on disk: weights, checkpoints and features of every run.
  public static func bytes(of plan: StudyPlan) -> Int {
    let shape = plan.source.train.shape
    var bytes = 0
    for run in plan.runs {
      let cost = NetworkCost(
        run.plan.network, channels: shape.channels, height: shape.height, width: shape.width)
      // Final weights, and two checkpoints of weights, momentum and average.
      bytes += cost.parameters * 4 * (1 + 2 * 3)
    }
    for stage in plan.stages where stage.record.kind == .extract {
      let cost = NetworkCost(
        stage.job.plan.network, channels: shape.channels, height: shape.height, width: shape.width)
      let index = plan.document.specification.transfer.firstIndex { $0.label == stage.record.target }
      let facts = index.map { plan.targets[$0] } ?? plan.source
      bytes += (facts.train.count + facts.test.count) * (4 * (cost.features + plan.source.train.classes) + 8)
    }
    return bytes
  }
}

/// Size of a network in products and parameters, from the formulas of its family.
struct NetworkCost {
  /// Multiplications of a forward pass on one image.
  var products: Double
  var parameters: Int
  /// Features before the head.
  var features: Int

  init(_ network: NetworkSpec, channels: Int, height: Int, width: Int) {
    let known = Networks.standard.first { $0.name == network.name }
    let base = network.width ?? known?.defaultWidth ?? 16
    let pixels = Double(height * width)
    let number = network.name.drop { !$0.isNumber }
    // A plain network of four convolutions costs about as much as five layers of a residual one.
    let layers = number.isEmpty ? 5 : max((Double(number) ?? 8) - 2, 3)
    // Three stages of equal cost: twice the width on a quarter of the pixels. 9 products a filter place.
    let wide = Double(base)
    products = 9 * pixels * wide * (Double(channels) + layers * wide)
    parameters = Int(layers / 3 * 9 * 21 * wide * wide)
    features = base * (known?.featuresPerWidth ?? 4)
  }
}
