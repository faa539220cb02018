import Datasets
import Foundation
import Networks
import Objectives
import Torch

/// A finished network, read from `weights.safetensors` alone: what it is and how it is used stand in the metadata.
public struct TrainedModel {
  /// What the metadata of a weights file says.
  public struct Description: Codable, Hashable, Sendable {
    /// The network's name and width.
    public var network: NetworkSpec
    /// The size of the images that it is evaluated on.
    public var shape: ImageShape
    /// The size of the images that it was trained on, where that is another.
    public var trainingShape: ImageShape?
    /// The names of its classes.
    public var classNames: [String]
    /// How images are normalized.
    public var normalization: Normalization
    /// The objective it was trained under; evaluation uses its outputs.
    public var objective: ObjectiveSpec
    /// The run's seed.
    public var seed: UInt64
    /// The data set it was trained on.
    public var data: String
    /// Digest of its plan.
    public var planDigest: String

    /// What is known of weights that were trained elsewhere, taken to be under plain softmax.
    public init(
      importing file: String, network: NetworkSpec, shape: ImageShape, classNames: [String],
      normalization: Normalization
    ) throws {
      self.init(
        network: network, shape: shape, classNames: classNames, normalization: normalization,
        objective: try ObjectiveSpec([Softmax()]), seed: 0, data: file, planDigest: "imported")
    }

    init(
      network: NetworkSpec, shape: ImageShape, trainingShape: ImageShape? = nil, classNames: [String],
      normalization: Normalization, objective: ObjectiveSpec, seed: UInt64, data: String, planDigest: String
    ) {
      self.network = network
      self.shape = shape
      self.trainingShape = trainingShape
      self.classNames = classNames
      self.normalization = normalization
      self.objective = objective
      self.seed = seed
      self.data = data
      self.planDigest = planDigest
    }
  }

  /// What it is.
  public private(set) var description: Description
  private let least: Int
  /// The network with its weights.
  public let model: Model
  /// Its objective.
  public let objective: Combination

  /// Reads a weights file, or the weights of a run folder. Predictions are made on `device`.
  public init(_ url: URL, catalog: Catalog = .standard, device: Device = .cpu) throws(TrainingError) {
    var file = url
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw .badWeights(path: url.path, reason: "there is no such file or folder; give a run folder or a weights file")
    }
    if isFolder.boolValue {
      file = url.appendingPathComponent("weights.safetensors")
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw .noRun(path: url.path, missing: "weights.safetensors")
      }
    }
    let (tensors, metadata) = try TensorFile.read(file, requiresDigest: false)
    guard let text = metadata["separatrix"] else {
      throw .badWeights(path: file.path, reason: "its metadata does not say which network it is (key 'separatrix')")
    }
    let description: Description
    do {
      description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    } catch {
      throw .badWeights(path: file.path, reason: "its metadata 'separatrix' cannot be read: \(error)")
    }
    self.description = description
    least = catalog.networks.first { $0.name == description.network.name }?.leastImageSize ?? 1
    objective = try wrapping { try description.objective.objective(from: catalog.objectives) }
    model = try wrapping {
      try Model(
        description.network, channels: description.shape.channels,
        size: min(description.shape.height, description.shape.width),
        classes: description.classNames.count, source: .tensors(tensors), networks: catalog.networks, device: device)
    }
  }

  /// The same network for images of another size, which its pooling allows.
  public func taking(height: Int, width: Int) throws(TrainingError) -> TrainedModel {
    guard min(height, width) >= least else {
      throw .badPlan(field: "image size", value: "\(height) x \(width)", expected: "at least \(least) pixels a side")
    }
    var result = self
    let shape = ImageShape(channels: description.shape.channels, height: height, width: width)
    if shape != description.shape, description.trainingShape == nil {
      result.description.trainingShape = description.shape
    }
    result.description.shape = shape
    return result
  }

  /// Samples at this network's size: pictures, and what has the size of its training images; others as they are.
  public func fitted(_ samples: Samples) -> Samples {
    samples.encoded != nil || samples.shape == description.trainingShape
      ? samples.converted(to: description.shape) : samples
  }

  /// Writes tensors as such a file.
  public static func write(_ tensors: [(name: String, tensor: Tensor)], _ description: Description, to url: URL) throws
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(description), as: UTF8.self)
    try TensorFile.write(tensors, metadata: ["separatrix": text], to: url)
  }

  /// What the model makes of `samples`, in their order, in evaluation mode and f32, `batch` at a time.
  /// `layers` names blocks to keep besides the pooled features (empty: none).
  public func predict(
    _ samples: Samples, layers: [String] = [], batch: Int = 250, progress: (Int) -> Void = { _ in }
  ) throws(TrainingError) -> Predictions {
    let samples = fitted(samples)
    guard samples.shape == description.shape else {
      throw .badPlan(
        field: "data", value: "images of \(samples.shape)", expected: "\(description.shape), as the network was trained"
      )
    }
    if samples.onBadImage == .list { try wrapping { try samples.listBad() } }
    let batches = try wrapping { try Batches(samples, normalization: description.normalization) }
    return try Predictions(model, objective, batches, layers: layers, batch: batch, progress: progress)
  }
}

/// Features, outputs and labels of a set of samples.
public struct Predictions {
  /// Pooled penultimate features f32 [n, d], before a projector.
  public let features: Tensor
  /// The objective's outputs f32 [n, K].
  public let outputs: Tensor
  /// The class of each sample.
  public let labels: [Int]
  /// The blocks asked for, by name in network order: f32 [n, c, h, w].
  public let layers: [(name: String, tensor: Tensor)]
  /// All names that could have been asked for.
  public let layerNames: [String]
  /// Pictures left out by the policy `skip`; they have no row.
  public let skipped: [BadImage]

  init(
    _ model: Model, _ objective: Combination, _ batches: Batches, layers wanted: [String], batch: Int,
    progress: (Int) -> Void
  ) throws(TrainingError) {
    var features: [Tensor] = []
    var outputs: [Tensor] = []
    var tapped: [String: [Tensor]] = [:]
    var names: [String] = []
    var labels: [Int] = []
    var skipped: [BadImage] = []
    let n = batches.samples.count
    guard n > 0 else { throw .tooFewSamples(found: 0, needed: 1) }
    let folding = Folding()
    let device = model.device
    let loader = BatchLoader(batches, pinned: device.kind == "cuda") { number in
      let start = number * batch
      return start < n ? BatchRequest(indices: Array(start..<min(n, start + batch))) : nil
    }
    var done = 0
    while let next = try loader.next() {
      done += next.indices.count + next.skipped.count
      skipped += next.skipped
      labels += next.indices.map { batches.samples.labels[$0] }
      guard !next.indices.isEmpty else { continue }
      try torch { () throws(TorchError) in
        try withoutGradient { () throws(TorchError) in
          names = []
          let tap: (String, Tensor) throws(TorchError) -> Void = { (name, tensor) throws(TorchError) in
            names.append(name)
            if wanted.contains(name) { tapped[name, default: []].append(try tensor.contiguous().to(.cpu)) }
          }
          let pass = Pass(.evaluation, folding: device == .cpu ? folding : nil, tap: tap)
          let x = try model.network.features(next.images.to(device, waits: device.kind != "cuda"), pass)
          features.append(try x.to(.cpu))
          let head = try objective.transform(model.projected(x, pass), mode: .evaluation)
          outputs.append(try objective.outputs(of: head, head: model.head).to(.cpu))
        }
      }
      progress(done)
    }
    guard !features.isEmpty else { throw .tooFewSamples(found: 0, needed: 1) }
    do throws(TorchError) {
      self.features = try Tensor.concat(features)
      self.outputs = try Tensor.concat(outputs)
      var layers: [(name: String, tensor: Tensor)] = []
      for name in names where wanted.contains(name) {
        layers.append((name, try Tensor.concat(tapped[name] ?? [])))
      }
      self.layers = layers
    } catch {
      throw .torch(error)
    }
    if let unknown = wanted.first(where: { !names.contains($0) }) {
      throw .badPlan(field: "layers", value: unknown, expected: "one of \(names.joined(separator: ", ")), pooled")
    }
    self.labels = labels
    self.skipped = skipped
    layerNames = names
  }

  /// How many samples have their largest output at their label.
  func right() throws(TrainingError) -> Int {
    let best = try torch { () throws(TorchError) in try outputs.argmax(1).ints() }
    return zip(best, labels).count { $0 == $1 }
  }

  /// Share of samples whose largest output is their label's.
  public func accuracy() throws(TrainingError) -> Double { Double(try right()) / Double(labels.count) }
}
