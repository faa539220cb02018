import Datasets
import Study

/// Made-up evidence: the nine objectives (or others), some seeds, values with a little noise.
struct MadeUp {
  var seeds = 6
  /// Half the width of the noise of every value.
  var noise = 0.0005
  var objectives: [(label: String, parts: [ClaimEvidence.Part])] = ClaimEvidence.studied.map { ($0, [.init($0)]) }
  /// Another number, other noise.
  var salt = 0
  var network = ""
  var augmentation = ""

  /// Numbers in -1...1, the same for the same place.
  static func random(_ a: Int, _ b: Int, _ c: Int) -> Double {
    var generator = CounterGenerator(
      seed: UInt64(bitPattern: Int64(c)), purpose: .bootstrap, UInt64(bitPattern: Int64(a)),
      UInt64(bitPattern: Int64(b)))
    return generator.uniform(-1, 1)
  }

  /// Runs whose values are those given for the objective's place and label, with noise.
  func runs(_ values: (_ place: Int, _ label: String) -> [ClaimEvidence.Key: Double]) -> [ClaimEvidence.Run] {
    var found: [ClaimEvidence.Run] = []
    for (place, objective) in objectives.enumerated() {
      for seed in 0..<max(seeds, 0) {
        var own = values(place, objective.label)
        let keys = own.keys.sorted { ($0.measure, $0.target, $0.split) < ($1.measure, $1.target, $1.split) }
        for (number, key) in keys.enumerated() {
          own[key, default: 0] += noise * Self.random(place, seed, number + 1000 * salt)
        }
        found.append(
          .init(
            id: "\(network)/\(augmentation)/\(objective.label)/\(seed)", label: objective.label,
            objective: objective.parts,
            network: network, seed: seed, augmentation: augmentation, values: own))
      }
    }
    return found
  }

  /// Evidence of such runs.
  func evidence(
    _ targets: [ClaimEvidence.Target] = [], _ values: (_ place: Int, _ label: String) -> [ClaimEvidence.Key: Double]
  ) -> ClaimEvidence {
    ClaimEvidence(runs: runs(values), targets: targets)
  }

  /// A sweep of one objective's parameter beside softmax.
  static func sweep(_ kind: String, _ parameter: String, _ values: [Double]) -> MadeUp {
    MadeUp(
      objectives: [("softmax", [.init("softmax")])]
        + values.map { ("\(kind):\(parameter)=\($0)", [.init(kind, [parameter: $0])]) })
  }
}

extension ClaimEvidence {
  /// With every pair of runs and what the closure says of it.
  func paired(_ pair: (_ same: Bool, _ number: Int, Run, Run) -> Pair) -> ClaimEvidence {
    var own = self
    for (place, first) in runs.enumerated() {
      for second in runs.dropFirst(place + 1) {
        own.pairs.append(pair(first.label == second.label, own.pairs.count, first, second))
      }
    }
    return own
  }

  /// The result of a published claim.
  func result(_ id: String) -> ClaimResult? { Claims.published.first { $0.id == id }?.check(self) }

  /// Its verdict.
  func verdict(_ id: String) -> ClaimResult.Verdict? { result(id)?.verdict }
}
