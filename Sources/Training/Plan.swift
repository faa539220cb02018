import Crypto
import Datasets
import Foundation
import Networks
import Objectives
import Yams

/// Everything that decides a run. Two runs of one plan on one machine type and build give the same bytes.
///
/// The digest of its canonical JSON names the run. How often checkpoints are written is not part of it: that changes
/// no weight. `threads` is, because sums are formed a thread's share at a time.
public struct Plan: Codable, Hashable, Sendable {
  /// The source data set.
  public var data: DataReference
  /// SHA-256 of the training samples, once known, so that changed files are another run.
  public var dataDigest: String?
  /// Share of the training split held out for the temperature and for choices; never trained on.
  public var holdout: Double
  /// Decides which samples are held out. Equal for all runs of a study.
  public var holdoutSeed: UInt64
  /// The network.
  public var network: NetworkSpec
  /// The objective with all its parameters.
  public var objective: ObjectiveSpec
  /// How it is trained.
  public var training: TrainingOptions
  /// Decides first weights, order of samples and augmentation.
  public var seed: UInt64
  /// Threads of each operation.
  public var threads: Int
  /// Weights that the run begins with; nil: fresh ones.
  public var initial: InitialWeights?
  /// How images are normalized, as where the first weights were trained; nil: by the training samples' mean and deviation.
  public var normalization: Normalization?
  /// The kind of device that it is trained on, "cuda" or "mps"; nil: the processor. Which of several GPUs does not matter.
  public var device: String?
  /// False lets CUDA take its fastest kernels, which give other bits each time; nil: the same bits each time.
  public var deterministic: Bool?

  /// Collects them.
  public init(
    data: DataReference, dataDigest: String? = nil, holdout: Double = 0.1, holdoutSeed: UInt64 = 0,
    network: NetworkSpec, objective: ObjectiveSpec, training: TrainingOptions = TrainingOptions(), seed: UInt64 = 0,
    threads: Int = 1
  ) {
    self.data = data
    self.dataDigest = dataDigest
    self.holdout = holdout
    self.holdoutSeed = holdoutSeed
    self.network = network
    self.objective = objective
    self.training = training
    self.seed = seed
    self.threads = threads
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case data, holdout, network, objective, training, seed, threads
    case dataDigest = "data_digest"
    case holdoutSeed = "holdout_seed"
    case initial = "init"
    case device, deterministic, normalization
  }

  /// Reads a plan; keys left out take their defaults, unknown keys are refused.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, known: CodingKeys.allCases.map(\.rawValue))
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    try refuseUnknownKeys(keys.superDecoder(forKey: .data), known: DataReference.keys)
    try refuseUnknownKeys(keys.superDecoder(forKey: .network), known: ["name", "width", "projector"])
    try refuseUnknownKeys(keys.superDecoder(forKey: .objective), known: ["parts"])
    self.init(
      data: try keys.decode(DataReference.self, forKey: .data),
      dataDigest: try keys.decodeIfPresent(String.self, forKey: .dataDigest),
      holdout: try keys.decodeIfPresent(Double.self, forKey: .holdout) ?? 0.1,
      holdoutSeed: try keys.decodeIfPresent(UInt64.self, forKey: .holdoutSeed) ?? 0,
      network: try keys.decode(NetworkSpec.self, forKey: .network),
      objective: try keys.decode(ObjectiveSpec.self, forKey: .objective),
      training: try keys.decodeIfPresent(TrainingOptions.self, forKey: .training) ?? TrainingOptions(),
      seed: try keys.decodeIfPresent(UInt64.self, forKey: .seed) ?? 0,
      threads: try keys.decodeIfPresent(Int.self, forKey: .threads) ?? 1)
    initial = try keys.decodeIfPresent(InitialWeights.self, forKey: .initial)
    normalization = try keys.decodeIfPresent(Normalization.self, forKey: .normalization)
    device = try keys.decodeIfPresent(String.self, forKey: .device)
    deterministic = try keys.decodeIfPresent(Bool.self, forKey: .deterministic)
  }

  /// The JSON whose SHA-256 is the digest: sorted keys, no spaces.
  public func canonicalJSON() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }

  /// The same as YAML for people, with all digits of every number (Yams' own encoder rounds to 15).
  public func yaml() throws -> String {
    func plain(_ key: Node) -> Node { Node(key.string ?? "", .implicit, .plain) }
    func block(_ node: Node) -> Node {
      switch node {
      case .mapping(let mapping):
        .mapping(Node.Mapping(mapping.map { (plain($0.key), block($0.value)) }, mapping.tag, .block))
      case .sequence(let sequence): .sequence(Node.Sequence(sequence.map(block), sequence.tag, .block))
      default: node
      }
    }
    let json = String(decoding: try canonicalJSON(), as: UTF8.self)  // JSON is YAML
    return try Yams.compose(yaml: json).map { try Yams.serialize(node: block($0)) } ?? ""
  }

  /// SHA-256 of the canonical JSON, hexadecimal.
  public func digest() throws -> String {
    SHA256.hash(data: try canonicalJSON()).map { String(format: "%02x", $0) }.joined()
  }
}

/// How a network is trained: optimizer, schedule, averaging, augmentation, precision.
public struct TrainingOptions: Codable, Hashable, Sendable {
  /// Passes over the training samples.
  public var epochs = 30
  /// Training, and the schedule with it, ends after this many steps however many epochs they are; nil: after `epochs`.
  public var steps: Int?
  /// Samples in a step. The samples that do not fill the last batch of an epoch wait for another epoch.
  public var batch = 128
  /// How weights are moved; nil: SGD with Nesterov momentum.
  public var optimizer: OptimizerKind?
  /// The highest learning rate.
  public var learningRate = 0.2
  /// Epochs of linear growth from 0 to the highest rate.
  public var warmup = 2.0
  /// What follows the warm-up.
  public var decay = Decay.cosine
  /// Nesterov momentum.
  public var momentum = 0.9
  /// AdamW: the old values' shares in the means of gradients and of their squares; nil: 0.9 and 0.999.
  public var betas: [Double]?
  /// AdamW: what is added to the root of the squares' mean; nil: 1e-8.
  public var epsilon: Double?
  /// On every weight except batch norm's parameters and biases. SGD: lambda of lambda/2 ||w||^2. AdamW: the share of w,
  /// times the rate, that a step takes off.
  public var weightDecay = 5e-4
  /// The Euclidean norm of all gradients together is brought down to this, as by PyTorch's `clip_grad_norm_`; nil: it is not.
  public var clip: Double?
  /// Parts that a batch is cut into, one after another, for a step: less memory, the same mean of losses. Batch norm takes
  /// its statistics of each part. nil: one.
  public var accumulate: Int?
  /// Training ends after this many epochs without a new best accuracy on the holdout, and the best epoch's weights are kept;
  /// nil: it does not.
  public var patience: Int?
  /// Side of the images in evaluation, where it differs from training's.
  public var testSize: Int?
  /// Share of the old value in the moving average of all variables, warmed up as min(ema, (1 + t)/(10 + t)); 0: none.
  public var ema = 0.999
  /// What is done to training images.
  public var augment: [AugmentationSpec] = []
  /// `f32`, or `bf16` for activations in bf16 with weights, statistics and sums in f32.
  public var precision = Precision.f32
  /// Share of the old value in batch norm's running statistics (LibTorch's argument is one minus it); nil: 0.9.
  public var normMomentum: Double?
  /// False: where several processes share a batch, batch norm takes the statistics of each one's share, so that results
  /// depend on their number. nil: of the whole batch.
  public var syncBatchNorm: Bool?

  /// The defaults.
  public init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case epochs, batch, warmup, decay, momentum, ema, augment, precision, optimizer, betas, epsilon, clip, accumulate
    case patience, steps
    case normMomentum = "norm_momentum"
    case testSize = "test_size"
    case syncBatchNorm = "sync_batch_norm"
    case learningRate = "learning_rate"
    case weightDecay = "weight_decay"
  }

  /// Reads options; keys left out take their defaults, unknown keys are refused.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, known: CodingKeys.allCases.map(\.rawValue))
    let keys = try decoder.container(keyedBy: CodingKeys.self)
    epochs = try keys.decodeIfPresent(Int.self, forKey: .epochs) ?? epochs
    batch = try keys.decodeIfPresent(Int.self, forKey: .batch) ?? batch
    learningRate = try keys.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
    warmup = try keys.decodeIfPresent(Double.self, forKey: .warmup) ?? warmup
    decay = try keys.decodeIfPresent(Decay.self, forKey: .decay) ?? decay
    momentum = try keys.decodeIfPresent(Double.self, forKey: .momentum) ?? momentum
    weightDecay = try keys.decodeIfPresent(Double.self, forKey: .weightDecay) ?? weightDecay
    ema = try keys.decodeIfPresent(Double.self, forKey: .ema) ?? ema
    augment = try keys.decodeIfPresent([AugmentationSpec].self, forKey: .augment) ?? augment
    precision = try keys.decodeIfPresent(Precision.self, forKey: .precision) ?? precision
    optimizer = try keys.decodeIfPresent(OptimizerKind.self, forKey: .optimizer)
    betas = try keys.decodeIfPresent([Double].self, forKey: .betas)
    epsilon = try keys.decodeIfPresent(Double.self, forKey: .epsilon)
    clip = try keys.decodeIfPresent(Double.self, forKey: .clip)
    accumulate = try keys.decodeIfPresent(Int.self, forKey: .accumulate)
    patience = try keys.decodeIfPresent(Int.self, forKey: .patience)
    steps = try keys.decodeIfPresent(Int.self, forKey: .steps)
    normMomentum = try keys.decodeIfPresent(Double.self, forKey: .normMomentum)
    testSize = try keys.decodeIfPresent(Int.self, forKey: .testSize)
    // The default has one form, and so one digest.
    if try keys.decodeIfPresent(Bool.self, forKey: .syncBatchNorm) == false { syncBatchNorm = false }
  }

  /// Throws for the first value out of range, naming it and what was expected.
  public func validate() throws(TrainingError) {
    func require(_ good: Bool, _ field: String, _ value: Any, _ expected: String) throws(TrainingError) {
      if !good { throw .badPlan(field: "training.\(field)", value: "\(value)", expected: expected) }
    }
    try require((1...1_000_000).contains(epochs), "epochs", epochs, "1 to 1000000")
    try require((2...1_000_000).contains(batch), "batch", batch, "2 to 1000000 (batch norm needs two)")
    try require(learningRate >= 0 && learningRate.isFinite, "learning_rate", learningRate, "a number of at least 0")
    try require(
      warmup >= 0 && (steps == nil ? warmup <= Double(epochs) : warmup.isFinite), "warmup", warmup,
      "0 to the number of epochs")
    try require((0..<1).contains(momentum), "momentum", momentum, "0 up to, not including, 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weight_decay", weightDecay, "a number of at least 0")
    try require((0..<1).contains(ema), "ema", ema, "0 (none) up to, not including, 1")
    if let betas {
      try require(
        betas.count == 2 && betas.allSatisfy { (0..<1).contains($0) }, "betas", betas,
        "two numbers from 0 up to, not including, 1")
    }
    if let epsilon {
      try require(epsilon > 0 && epsilon.isFinite, "epsilon", epsilon, "a number above 0")
    }
    if optimizer != .adamw, betas != nil || epsilon != nil {
      throw .badPlan(
        field: "training.\(betas != nil ? "betas" : "epsilon")", value: "given", expected: "nothing: only adamw has it")
    }
    if let clip { try require(clip > 0 && clip.isFinite, "clip", clip, "a number above 0") }
    if let accumulate {
      try require(
        (1...max(batch / 2, 1)).contains(accumulate), "accumulate", accumulate,
        "1 to \(max(batch / 2, 1)), so that each part has two samples (batch norm needs two)")
    }
    if let patience { try require(patience > 0, "patience", patience, "at least 1 epoch") }
    if let steps { try require((1...1_000_000_000).contains(steps), "steps", steps, "1 to 1000000000") }
    if let normMomentum {
      try require((0..<1).contains(normMomentum), "norm_momentum", normMomentum, "0 up to, not including, 1")
    }
    if let testSize { try require((1...4096).contains(testSize), "test_size", testSize, "1 to 4096") }
    do throws(AugmentationError) {
      _ = try AugmentationPipeline(augment)
    } catch {
      throw .badPlan(field: "training.augment", value: error.description, expected: "each augmentation once")
    }
  }
}

/// How weights are moved by gradients.
public enum OptimizerKind: String, Codable, Sendable, CaseIterable {
  /// SGD with Nesterov momentum, in PyTorch's form.
  case sgd
  /// AdamW (Loshchilov & Hutter 2019), in PyTorch's form.
  case adamw
}

/// The type of activations in training.
public enum Precision: String, Codable, Sendable, CaseIterable {
  case f32, bf16
}

/// Refuses keys that are not in `known`, naming the nearest.
func refuseUnknownKeys(_ decoder: any Decoder, known: [String]) throws {
  struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
  for key in try decoder.container(keyedBy: AnyKey.self).allKeys where !known.contains(key.stringValue) {
    let path = (decoder.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".")
    throw TrainingError.badPlan(
      field: path, value: "an unknown key", expected: "one of \(known.sorted().joined(separator: ", "))")
  }
}
