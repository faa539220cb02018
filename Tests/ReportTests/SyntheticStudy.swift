import Foundation

@testable import Report
@testable import Study

/// A study that was never run, in a store: nine objectives, one of them swept over three temperatures, three
/// seeds, four targets. One run failed in training, one in a probe, one objective has a single seed, one has
/// a long label. Numbers follow fixed formulas with a little noise from the seed, so that transfer falls as
/// R^2 rises.
enum SyntheticStudy {
  static let targets = ["fine shape", "hue", "texture", "orientation"]

  struct Objective {
    var label: String
    var json: String
    var name: String
    var r2: Double
    var top1: Double
  }

  static let objectives: [Objective] = [
    make("softmax", r2: 0.35, top1: 0.912),
    make("label-smoothing", ["smoothing": 0.1], r2: 0.45, top1: 0.921),
    make("dropout", ["keep": 0.7], r2: 0.46, top1: 0.919),
    make("final-layer-l2", ["strength": 8e-4], r2: 0.59, top1: 0.918),
    make("logit-penalty", ["strength": 6e-4], r2: 0.60, top1: 0.922),
    make("logit-normalization", ["temperature": 0.04], r2: 0.52, top1: 0.923),
    make(
      "cosine-softmax", ["normalizesFeatures": 1, "temperature": 0.02], r2: 0.55, top1: 0.921,
      shows: "temperature"),
    make(
      "cosine-softmax", ["normalizesFeatures": 1, "temperature": 0.05], r2: 0.64, top1: 0.924,
      shows: "temperature"),
    make(
      "cosine-softmax", ["normalizesFeatures": 1, "temperature": 0.1], r2: 0.70, top1: 0.923,
      shows: "temperature"),
    make("sigmoid", r2: 0.57, top1: 0.920),
    make("squared-error", ["kappa": 9, "scale": 10, "sumsClasses": 0, "target": 60], r2: 0.85, top1: 0.911),
  ]

  private static func make(
    _ name: String, _ parameters: [String: Double] = [:], r2: Double, top1: Double, shows: String? = nil
  ) -> Objective {
    let values = parameters.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }.joined(
      separator: ",")
    let label = shows.flatMap { key in parameters[key].map { "\(name):\(key)=\($0)" } } ?? name
    return Objective(
      label: label, json: "{\"parts\":[{\"name\":\"\(name)\",\"parameters\":{\(values)}}]}", name: name,
      r2: r2,
      top1: top1)
  }

  /// A label that must not break the page.
  static let long = Objective(
    label:
      "label-smoothing:rescaled=1,smoothing=0.05+final-layer-l2:strength=0.0008+logit-penalty:strength=0.0006",
    json: """
      {"parts":[{"name":"label-smoothing","parameters":{"smoothing":0.05,"rescaled":1}},
      {"name":"final-layer-l2","parameters":{"strength":0.0008}},
      {"name":"logit-penalty","parameters":{"strength":0.0006}}]}
      """, name: "label-smoothing+final-layer-l2+logit-penalty", r2: 0.66, top1: 0.925)

  /// The study as it is read, made once for all tests that only look.
  static func contents() throws -> StudyContents { try cached.get() }

  private static let cached = Result { try StudyContents(store: store()) }

  /// The store. `hour` and `host` change what only the provenance may show.
  static func store(hour: Int = 9, host: String = "alpha", long: Bool = true) throws -> StudyStore {
    let store = try StudyStore.inMemory()
    try fill(store, hour: hour, host: host, long: long)
    return store
  }

  static func fill(_ store: StudyStore, hour: Int, host: String, long withLong: Bool) throws {
    let all = objectives + (withLong ? [long] : [])
    var runs: [RunRecord] = []
    var stages: [Study.StageRecord] = []
    for (index, objective) in all.enumerated() {
      for seed in 0..<(objective.label == "sigmoid" ? 1 : 3) {
        let digest = hexadecimal("run \(objective.label) \(seed)")
        runs.append(
          RunRecord(
            digest: digest, label: objective.label, objective: objective.name, objectiveJSON: objective.json,
            network: "resnet20", seed: seed, planJSON: plan(objective, seed), position: runs.count))
        let kinds: [(StageKind, String)] =
          [(.train, ""), (.evaluate, ""), (.separation, "")] + targets.map { (.probe, $0) }
          + targets.map { (.knn, $0) }
        for (kind, target) in kinds {
          stages.append(
            StageRecord(
              digest: hexadecimal("stage \(index) \(seed) \(kind) \(target)"), runDigest: digest, kind: kind,
              target: target, position: stages.count))
        }
      }
    }
    try store.plan(
      study: StudyRecord(
        name: "synthetic <study> & co", specYAML: specification, specJSON: try understood(),
        createdAt: "2026-01-02T0\(hour % 10):00:00Z", programVersion: "0.1.0"), runs: runs, stages: stages)
    try store.record(facts: [
      "torch": "2.13.0", "swift": "6.3.1", "threads": "2",
      "dataset glyphs train sha256": hexadecimal("glyphs train"),
      "dataset glyphs test sha256": hexadecimal("glyphs test"), "host": host,
    ])
    for run in runs {
      guard let objective = all.first(where: { $0.label == run.label }) else { continue }
      try finish(
        run, objective, stages.filter { $0.runDigest == run.digest }, in: store, hour: hour, host: host)
    }
  }

  private static func finish(
    _ run: RunRecord, _ objective: Objective, _ stages: [StageRecord], in store: StudyStore, hour: Int,
    host: String
  ) throws {
    var noise = Noise(state: UInt64(run.position + 1))
    let diverges = objective.name == "squared-error" && run.seed == 2
    for epoch in 1...(diverges ? 4 : 12) {
      let progress = 1 - exp(-Double(epoch) / 3)
      try store.record(
        epoch: EpochRecord(
          runDigest: run.digest, epoch: epoch,
          loss: (objective.name == "squared-error" ? 300 : 2.3) * (1.05 - progress)
            * (1 + 0.05 * noise.next()),
          trainAccuracy: min(1, objective.top1 * progress + 0.01 * noise.next()),
          holdoutAccuracy: min(1, objective.top1 * progress * 0.99 + 0.02 * noise.next()), learningRate: 0.1,
          imagesPerSecond: 900 + Double(hour)))
    }
    for stage in stages {
      let time = Date(timeIntervalSince1970: 1_767_340_000 + Double(hour) * 3600)
      try store.start(stage: stage.digest, host: host, at: time)
      if diverges {
        let error = "loss is not finite at step 812: learning rate 0.4, last finite loss 1.2e+34 <at epoch 5>"
        try store.fail(
          stage: stage.digest, error: stage.kind == .train ? error : "train failed", seconds: 1, final: true,
          at: time)
        continue
      }
      if objective.name == "dropout" && run.seed == 1 && stage.kind == .probe && stage.target == "hue" {
        try store.fail(
          stage: stage.digest, error: "out of memory", seconds: 2, final: true, lasting: true, at: time)
        continue
      }
      let rows = measurements(stage, objective, &noise).map {
        MeasurementRecord(
          runDigest: run.digest, stageDigest: stage.digest, name: $0.name, target: stage.target,
          split: $0.split,
          value: $0.value, reason: $0.reason)
      }
      // One objective is as an earlier version of the program left it.
      if stage.kind == .evaluate && objective.name != "dropout" {
        try store.record(detail: SyntheticDetails.detail(run, objective, stage))
      }
      try store.finish(stage: stage.digest, seconds: 3 + Double(hour), measurements: rows, at: time)
    }
  }

  private typealias Value = (name: String, split: String, value: Double?, reason: String?)

  private static func measurements(_ stage: StageRecord, _ objective: Objective, _ noise: inout Noise)
    -> [Value]
  {
    switch stage.kind {
    case .evaluate:
      let top1 = objective.top1 + 0.002 * noise.next()
      let isSwept = objective.name == "cosine-softmax"
      return [
        ("top1", "test", top1, nil), ("top5", "test", nil, "only 5 classes"), ("loss", "test", 0.3, nil),
        ("nll", "test", 1.2 - top1 + 0.01 * noise.next(), nil),
        ("ece", "test", 0.05 + 0.01 * noise.next(), nil),
        ("temperature", "test", 1.3, nil),
        (
          "nll_scaled", "test", isSwept ? nil : 1.15 - top1 + 0.01 * noise.next(),
          isSwept ? "no holdout" : nil
        ),
        ("ece_scaled", "test", 0.012 + 0.003 * noise.next(), nil),
      ]
    case .separation:
      return ["train", "test"].flatMap { split -> [Value] in
        let r2 = objective.r2 - (split == "test" ? 0.06 : 0) + 0.01 * noise.next()
        return [
          ("r2_cosine", split, r2, nil), ("r2_debiased_cosine", split, r2 - 0.002, nil),
          ("r2_centered_cosine", split, r2 + 0.07, nil), ("r2_squared_euclidean", split, r2 * 0.9, nil),
          ("r2_angle", split, split == "train" ? r2 * 0.6 : nil, split == "train" ? nil : "n above 20,000"),
        ]
      }
    case .probe, .knn:
      let place = Double(targets.firstIndex(of: stage.target) ?? 0)
      let base = 0.92 - 0.1 * place - (0.1 + 0.08 * place) * objective.r2 + 0.008 * noise.next()
      let accuracy = stage.kind == .probe ? base : base - 0.06
      return [("\(stage.kind.rawValue)_accuracy", "test", accuracy, nil)]
    default: return []
    }
  }

  private static func plan(_ objective: Objective, _ seed: Int) -> String {
    """
    {"data":{"dataset":"glyphs"},"data_digest":"\(hexadecimal("glyphs train"))","holdout":0.1,"holdout_seed":0,\
    "network":{"name":"resnet20","width":16},"objective":\(objective.json),"seed":\(seed),"threads":1,\
    "training":{"augment":["flip","shift"],"batch":128,"decay":"cosine","epochs":12,"learning_rate":0.4,"ema":0.999}}
    """
  }

  /// The author's claims; the name of one must not break the page.
  static let claims = [
    UserClaim(
      name: "\"smoothing\" <probes> & worse",
      relation: .difference(
        .init("probe_accuracy", target: "*"), of: "label-smoothing", over: "softmax", .below(0))),
    UserClaim(
      name: "spectra", statement: "Effective rank is above 10.",
      relation: .level(.init("effective_rank", split: "train"), of: "softmax", .above(10))),
  ]

  /// As much of the specification, as it was understood, as the claims need.
  private static func understood() throws -> String {
    struct Target: Encodable {
      var label: String
      var tags: [ClaimEvidence.Tag]
    }
    struct Understood: Encodable {
      var claims: [UserClaim]
      var transfer: [Target]
    }
    let tags: [[ClaimEvidence.Tag]] = [[.fineGrained], [], [.overlapsSource], []]
    return try CanonicalJSON.text(
      Understood(claims: claims, transfer: zip(targets, tags).map { Target(label: $0, tags: $1) }))
  }

  static let specification = """
    name: synthetic
    source: { dataset: glyphs, holdout: 0.1 }   # </script><script>alert("no")</script>
    network: resnet20
    training: { epochs: 12, batch: 128, learning_rate: 0.4 }
    objectives: [softmax, label-smoothing, { cosine-softmax: { temperature: [0.02, 0.05, 0.1] } }]
    seeds: 3
    """

  /// 64 hexadecimal digits that depend on the text alone.
  private static func hexadecimal(_ text: String) -> String {
    var noise = Noise(
      state: text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
    return (0..<4).map { _ in
      let word = String(noise.word(), radix: 16)
      return String(repeating: "0", count: 16 - word.count) + word
    }.joined()
  }

  /// SplitMix64.
  struct Noise {
    var state: UInt64

    mutating func word() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }

    /// Between -1 and 1.
    mutating func next() -> Double { Double(word() >> 11) / Double(1 << 52) - 1 }
  }
}
