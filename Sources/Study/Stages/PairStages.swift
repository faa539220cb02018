import Datasets
import Features
import Foundation
import Measures
import Torch
import Training

extension StageExecution {
  /// Test images that CKA is taken on, at most.
  static let ckaImages = 1000
  /// Objectives of which one run's layers are all compared with each other.
  static let mapped = 12
  /// Rows told at a time.
  private static let rows = 2000

  /// Equal answers of every two runs on the source's test images, and the accuracy of both together by their mean
  /// probabilities.
  func agreement(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let peers = try present(job, context) { peer in
      peer.features.map { StageJob.featureFile(peer.directory, $0, .test) }
    }
    let outputs = try peers.map { try FeatureSet(reading: [$0.file]).requireOutputs() }
    context.send(.progress("\(peers.count) runs", share: nil))
    var options = Agreement.Options()
    options.permutations = 0
    let result = try Agreement.compare(outputs, labels: try samples(job.plan.data, .test).labels, options)
    try keep(result, of: job)
    let found = result.pairs.flatMap { pair -> [PairRecord] in
      let (first, second) = (peers[pair.a].peer.run, peers[pair.b].peer.run)
      return [("agreement", pair.agreement), ("ensemble_top1", pair.ensembleAccuracy)].map { name, value in
        PairRecord(stageDigest: job.stage, name: name, firstRun: first, secondRun: second, value: value)
      }
    }
    tell(found, context)
    return []
  }

  /// CKA of each layer of every two runs; for the first run of each objective of all its layers, with each other and
  /// with those of the first objective's run. All networks see the same images, one network in memory at a time.
  func alignment(_ job: StageJob, _ context: Worker.Context) throws -> [MeasurementRecord] {
    let peers = try present(job, context) { "\($0.directory)/weights.safetensors" }
    let images = try samples(job.plan.data, .test).spread(Self.ckaImages)
    let names = try LayerBatches(try network(of: peers[0].peer), images).names
    let batch = PairwiseCKA.batch(layers: names.count * peers.count, images: images.count)
    guard batch >= 4 else { throw StageFailure("CKA needs at least 4 test images; there are \(images.count)") }
    let batches = images.count / batch
    var tally = try PairwiseCKA(layers: names.count * peers.count)
    for number in 0..<batches {
      var kernels: [Tensor] = []
      for (place, peer) in peers.enumerated() {
        if context.isStopping() { throw StageInterruption() }
        let done = Double(number * peers.count + place) / Double(batches * peers.count)
        context.send(.progress("\(peer.peer.label), seed \(peer.peer.seed)", share: done))
        let layers = try LayerBatches(try network(of: peer.peer), images)
        guard layers.names == names else {
          throw StageFailure("\(peer.peer.label) has other layers than \(peers[0].peer.label)")
        }
        try kernels += self.kernels(layers, number * batch..<(number + 1) * batch)
      }
      try tally.add(kernels)
    }
    let table = try tally.table()
    context.send(.facts(StudyLayers.fact(job.plan.network.name, names)))
    tell(Self.records(table, peers.map(\.peer), names, stage: job.stage), context)
    return []
  }

  /// The kernels of every layer of a batch.
  private func kernels(_ layers: LayerBatches, _ range: Range<Int>) throws -> [Tensor] {
    var found: [Tensor] = []
    try layers.layers(range) { _, rows in
      try withoutGradient { () throws(TorchError) in found.append(try PairwiseCKA.kernel(rows)) }
    }
    return found
  }

  /// The rows of a table of all layers of all runs.
  static func records(
    _ table: [[Double?]], _ peers: [StageJob.Peer], _ names: [String], stage: String
  ) -> [PairRecord] {
    func record(_ a: Int, _ b: Int, _ i: Int, _ j: Int) -> PairRecord {
      PairRecord(
        stageDigest: stage, name: "cka", firstRun: peers[a].run, secondRun: peers[b].run,
        layers: (names[i], names[j]), value: table[a * names.count + i][b * names.count + j],
        reason: "a layer is the same for all images")
    }
    var labels: Set<String> = []
    let first = Array(peers.indices.filter { labels.insert(peers[$0].label).inserted }.prefix(mapped))
    var found: [PairRecord] = []
    for a in peers.indices {
      for b in peers.indices where b > a { found += names.indices.map { record(a, b, $0, $0) } }
    }
    for place in first {
      for other in Set([first[0], place]).sorted() {
        for i in names.indices {
          for j in names.indices where i != j || other == place { found.append(record(other, place, i, j)) }
        }
      }
    }
    return found
  }

  // MARK: Runs that are compared

  /// The runs that left a file, with it; those that failed are left out. Two at least.
  private func present(
    _ job: StageJob, _ context: Worker.Context, _ file: (StageJob.Peer) -> String?
  ) throws -> [(peer: StageJob.Peer, file: String)] {
    let found = job.peers.compactMap { peer in
      file(peer).flatMap { FileManager.default.fileExists(atPath: $0) ? (peer: peer, file: $0) : nil }
    }
    let missing = job.peers.filter { peer in !found.contains { $0.peer.run == peer.run } }
    if !missing.isEmpty {
      let names = missing.map { "\($0.label), seed \($0.seed)" }.joined(separator: "; ")
      context.send(.warning("compared without \(names), which failed"))
    }
    guard found.count > 1 else { throw StageFailure("fewer than two runs are left to compare") }
    return found
  }

  private func network(of peer: StageJob.Peer) throws -> TrainedModel {
    try TrainedModel(URL(fileURLWithPath: peer.directory), catalog: catalog, device: device)
  }

  private func tell(_ pairs: [PairRecord], _ context: Worker.Context) {
    for start in stride(from: 0, to: pairs.count, by: Self.rows) {
      context.send(.pairs(Array(pairs[start..<min(pairs.count, start + Self.rows)])))
    }
  }
}
