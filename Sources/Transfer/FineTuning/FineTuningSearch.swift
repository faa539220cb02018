import Datasets
import Foundation
import Measures
import Torch
import Training

extension FineTuning {
  /// One search: the grid from one start, then the chosen setting on all training images.
  struct Search: Sendable {
    private let job: FineTuning
    private let base: Base
    private let start: FineTuningOptions.Start
    private let tally: Tally
    private let shouldStop: @Sendable () -> Bool
    private let records: Records

    private var options: FineTuningOptions { job.options }
    private var folder: URL { job.folder.appendingPathComponent(start.rawValue) }

    init(
      _ job: FineTuning, _ base: Base, _ start: FineTuningOptions.Start, _ tally: Tally,
      _ shouldStop: @escaping @Sendable () -> Bool
    ) throws {
      (self.job, self.base, self.start, self.tally, self.shouldStop) = (job, base, start, tally, shouldStop)
      let folder = job.folder.appendingPathComponent(start.rawValue)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      records = try Records(folder.appendingPathComponent("grid.json"))
    }

    func run() throws -> FineTuningResult.Branch {
      let grid = try searched()
      guard let best = grid.indices.max(by: { isBehind(grid[$0], grid[$1]) }), let accuracy = grid[best].holdoutAccuracy
      else {
        throw TransferError(
          "learning rates", found: "training diverged with every one", expected: "lower ones (--rates LOW:HIGH:COUNT)")
      }
      let test = try tested(grid[best].point)
      let right = zip(test.predicted, test.labels).map { $0 == $1 }
      var sizes = [Int](repeating: 0, count: base.train.classNames.count)
      var hits = sizes
      for (label, isRight) in zip(test.labels, right) where sizes.indices.contains(label) {
        sizes[label] += 1
        hits[label] += isRight ? 1 : 0
      }
      return FineTuningResult.Branch(
        start: start, chosen: grid[best], holdoutAccuracy: accuracy,
        accuracy: Double(right.count { $0 }) / Double(right.count),
        meanPerClassAccuracy: Accuracy.meanPerClass(predicted: test.predicted, labels: test.labels),
        perClassAccuracy: zip(hits, sizes).map { $1 == 0 ? nil : Double($0) / Double($1) },
        atEdge: edges(grid[best].point), grid: grid)
    }

    /// Whether `a` comes after `b`: trained for fewer steps, or less accurate; of equals the lower rate and the larger decay
    /// are better.
    private func isBehind(_ a: FineTuningResult.Entry, _ b: FineTuningResult.Entry) -> Bool {
      let (x, y) = (a.holdoutAccuracy ?? -1, b.holdoutAccuracy ?? -1)
      // What diverged is behind however long it ran.
      if (x < 0) != (y < 0) { return x < 0 }
      if a.steps != b.steps { return a.steps < b.steps }
      if x != y { return x < y }
      if a.point.learningRate != b.point.learningRate { return a.point.learningRate > b.point.learningRate }
      return a.point.weightDecay < b.point.weightDecay
    }

    private func edges(_ point: FineTuningOptions.Point) -> [String] {
      let (rates, decays) = (options.learningRates.sorted(), options.decays.filter { $0 > 0 }.sorted())
      var edges: [String] = []
      if rates.count > 1, point.learningRate == rates.first || point.learningRate == rates.last {
        edges.append("learning_rate")
      }
      // No decay at all is the end of that side.
      if decays.count > 0, let last = decays.last, point.weightDecay == last / point.learningRate {
        edges.append("weight_decay")
      }
      return edges
    }

    // MARK: The grid

    /// Every setting, each trained as far as it came.
    private func searched() throws -> [FineTuningResult.Entry] {
      tally.begin()
      let initial = try weights(searching: true)
      var left = options.points
      var known: [FineTuningOptions.Point: FineTuningResult.Entry] = [:]
      for (round, rung) in options.rungs.enumerated() {
        let entries = try each(left) { try trained($0, until: rung, initial, $1) }
        for (point, entry) in zip(left, entries) { known[point] = entry }
        let isLast = round == options.rungs.count - 1
        let ranked = entries.sorted { isBehind($1, $0) }
        // What diverged is not tried again.
        let kept = min(isLast ? ranked.count : (ranked.count + 2) / 3, ranked.count { $0.holdoutAccuracy != nil })
        for entry in ranked.dropFirst(kept) {
          if entry.steps < options.steps {
            known[entry.point]?.reason = entry.reason ?? "given up after \(entry.steps) of \(options.steps) steps"
          }
          try? FileManager.default.removeItem(at: place(entry.point))
        }
        left = left.filter { point in ranked.prefix(kept).contains { $0.point == point } }
      }
      return options.points.compactMap { known[$0] }
    }

    private func place(_ point: FineTuningOptions.Point) -> URL {
      folder.appendingPathComponent(
        "lr-\(point.learningRate)-wd-\(point.weightDecay)")
    }

    /// Trains a setting until an epoch ends at or after `rung` steps, or all of them; at once if that was done before.
    private func trained(
      _ point: FineTuningOptions.Point, until rung: Int, _ initial: InitialWeights?, _ hasFailed: () -> Bool
    ) throws -> FineTuningResult.Entry {
      let plan = try job.plan(point, base, initial: initial, searching: true)
      let digest = try plan.digest()
      let key = "\(digest)-\(rung)"
      if let entry = records.entry(key) {
        tally.finished(point, rung)
        return entry
      }
      let run = TrainingRun(plan: plan, folder: place(point), catalog: job.catalog, device: job.device)
      // An epoch may be longer than from one comparison to the next.
      let isHeld = try (try? TrainingRun.plan(in: run.folder))?.digest() == digest
      var last = isHeld ? TrainingRun.epochs(in: run.folder).first { $0.step >= rung } : nil
      var isThere = last != nil
      var entry: FineTuningResult.Entry
      do {
        let outcome = try run.run(
          all: base.train,
          events: { event in
            switch event {
            case .step(let done, _, _, _, _): tally.moved(point, to: done, "\(start.rawValue), \(describe(point))")
            case .epoch(let record):
              last = record
              isThere = record.step >= rung
            default: break
            }
          }, shouldStop: { isThere || shouldStop() || hasFailed() })
        if case .interrupted = outcome, !isThere { throw Interruption() }
        entry = .init(point: point, holdoutAccuracy: last?.holdoutAccuracy, steps: last?.step ?? 0)
      } catch TrainingError.notFinite(let step, _, _, let loss, _) {
        entry = .init(
          point: point, holdoutAccuracy: nil, steps: step, reason: "the loss became \(loss) at step \(step)")
      }
      try records.add(key, entry)
      if rung == options.steps || entry.holdoutAccuracy == nil { try? FileManager.default.removeItem(at: run.folder) }
      tally.finished(point, rung)
      return entry
    }

    private func describe(_ point: FineTuningOptions.Point) -> String {
      String(format: "rate %.3g, decay %.3g", point.learningRate, point.weightDecay)
    }

    /// Does something for every setting, `workers` of them at a time. The first error ends it.
    private func each(
      _ points: [FineTuningOptions.Point],
      _ body: @escaping @Sendable (FineTuningOptions.Point, _ hasFailed: () -> Bool) throws -> FineTuningResult.Entry
    ) throws -> [FineTuningResult.Entry] {
      let queue = Queue(count: points.count)
      let threads = (0..<min(job.workers, points.count)).map { _ in
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
          while let index = queue.next() {
            queue.put(index, Result { try body(points[index]) { queue.hasFailed } })
          }
          done.signal()
        }
        thread.stackSize = 64 << 20  // what backward needs on the main thread
        thread.start()
        return done
      }
      for done in threads { done.wait() }
      return try queue.results()
    }

    // MARK: The last training

    /// Trains with a setting on all training images and looks at the test images.
    private func tested(_ point: FineTuningOptions.Point) throws -> (predicted: [Int], labels: [Int]) {
      let plan = try job.plan(point, base, initial: try weights(searching: false), searching: false)
      let run = TrainingRun(
        plan: plan, folder: folder.appendingPathComponent("final"), catalog: job.catalog, device: job.device)
      let outcome = try run.run(
        all: base.train,
        events: { event in
          if case .step(let done, _, _, _, _) = event {
            tally.moved(nil, to: done, "\(start.rawValue), the chosen \(describe(point)) on all images")
          }
        }, shouldStop: shouldStop)
      if case .interrupted = outcome { throw Interruption() }
      tally.finished(nil, options.steps)
      let predictions = try TrainedModel(run.folder, catalog: job.catalog, device: job.device).predict(base.test)
      return (try predictions.outputs.argmax(1).ints(), predictions.labels)
    }

    // MARK: First weights

    /// What a training begins with; nil: random weights. A probe's head is fitted without the holdout for the search, and on
    /// all training images for the last training.
    private func weights(searching: Bool) throws -> InitialWeights? {
      switch start {
      case .scratch: return nil
      case .pretrained:
        var initial = base.initial
        initial.hasNewHead = true
        return initial
      case .probe:
        let file = folder.appendingPathComponent(searching ? "start-search.safetensors" : "start-final.safetensors")
        if !FileManager.default.fileExists(atPath: file.path) {
          let plan = try job.plan(options.points[0], base, initial: nil, searching: searching)
          try writeProbe(TrainingRun.split(base.train, plan).train, to: file)
        }
        return try InitialWeights(file.path)
      }
    }

    /// Writes the network's weights under the head that a linear probe of its features has.
    private func writeProbe(_ samples: Samples, to file: URL) throws {
      tally.moved(nil, to: 0, "linear probe of \(samples.count) images")
      try Machine.setThreads(options.threads)
      let model = try TrainedModel(job.source, catalog: job.catalog, device: job.device)
      let predictions = try model.predict(samples)
      let probe = try LinearProbe.run(
        train: predictions.features, trainLabels: predictions.labels, test: nil, testLabels: [],
        options: ProbeOptions(seed: options.seed, accuracy: .protocolBound))
      guard let weight = probe.finalWeight, let bias = probe.finalBias else {
        throw TransferError("probe", found: "no fit", expected: "a holdout to choose its penalty on")
      }
      let (classes, dimensions) = (base.train.classNames.count, weight.shape[1])
      let places = try Tensor(probe.classes)
      var tensors = try model.model.parameters.entries
        .filter { !$0.name.hasPrefix("fc.") && !$0.name.hasPrefix("projector.") }
        .map { (name: $0.name, tensor: try $0.tensor.detach()) }
      let rows = try Tensor.zeros([classes, dimensions]).indexAdd(0, places, weight.to(.f32))
      tensors += [("fc.weight", rows), ("fc.bias", try Tensor.zeros([classes]).indexAdd(0, places, bias.to(.f32)))]
      let items = try tensors.map { name, tensor in
        SafeTensorsFile.Item(name: name, type: .f32, shape: tensor.shape, bytes: try tensor.to(.cpu).to(.f32).bytes())
      }
      try SafeTensorsFile.write(items, metadata: [:], to: file)
    }
  }
}
