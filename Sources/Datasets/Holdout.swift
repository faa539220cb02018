/// Division of a set into a part kept for training and a part held out.
public struct Holdout {
  /// Divides by seed, stratified: every class gives up the same share, as nearly as whole samples allow, and
  /// keeps at least one sample. With groups, a group is never divided; it counts for the class most frequent in it.
  ///
  /// - Parameters:
  ///   - labels: the class of each sample.
  ///   - groups: the group of each sample, or nil where each stands alone.
  ///   - fraction: the share held out, in [0, 1); values outside are brought to the nearest end.
  ///   - seed: what decides the draw, together with the purpose.
  /// - Returns: places in ascending order; together they are all places.
  public static func split(
    labels: [Int], groups: [Int]?, fraction: Double, seed: UInt64, purpose: Purpose = .holdout
  ) -> (kept: [Int], held: [Int]) {
    let share = fraction > 0 ? min(fraction, 1) : 0  // also for NaN
    var isHeld = [Bool](repeating: false, count: labels.count)
    let units = unitsOfClasses(labels: labels, groups: groups)
    let sizes = units.map { $0.members.reduce(0) { $0 + $1.count } }
    let quotas = apportion(sizes: sizes, share: share)
    for (stratum, quota) in zip(units, quotas) {
      let order = CounterGenerator.permutation(
        count: stratum.members.count, seed: seed, purpose: purpose, UInt64(bitPattern: Int64(stratum.label)))
      var held = 0
      var left = order.count
      for place in order where left > 1 {
        let unit = stratum.members[place]
        // Take the unit if that brings the count nearer to the quota; the first one also if as near.
        let (with, without) = (abs(held + unit.count - quota), abs(held - quota))
        guard with < without || (held == 0 && with == without) else { continue }
        for sample in unit { isHeld[sample] = true }
        held += unit.count
        left -= 1
      }
    }
    let all = labels.indices
    return (all.filter { !isHeld[$0] }, all.filter { isHeld[$0] })
  }

  private struct Stratum {
    var label: Int
    var members: [[Int]]
  }

  /// The indivisible units (samples or groups) of each class, classes and units in a fixed order.
  private static func unitsOfClasses(labels: [Int], groups: [Int]?) -> [Stratum] {
    var strata: [Int: [[Int]]] = [:]
    if let groups {
      var members: [Int: [Int]] = [:]
      for (sample, group) in groups.enumerated() where sample < labels.count {
        members[group, default: []].append(sample)
      }
      for (_, samples) in members.sorted(by: { $0.key < $1.key }) {
        var votes: [Int: Int] = [:]
        for sample in samples { votes[labels[sample], default: 0] += 1 }
        let winner = votes.max { ($0.value, -$0.key) < ($1.value, -$1.key) }
        strata[winner?.key ?? 0, default: []].append(samples)
      }
    } else {
      for (sample, label) in labels.enumerated() { strata[label, default: []].append([sample]) }
    }
    return strata.sorted { $0.key < $1.key }.map { Stratum(label: $0.key, members: $0.value) }
  }

  /// How many samples each class gives up: its share rounded down, then one more for the largest remainders
  /// until the total is the share of all, rounded; ties go to the lower class.
  private static func apportion(sizes: [Int], share: Double) -> [Int] {
    var quotas = sizes.map { Int(Double($0) * share) }
    let total = Int((Double(sizes.reduce(0, +)) * share).rounded())
    let remainders = zip(sizes, quotas).map { Double($0) * share - Double($1) }
    let order = sizes.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
    for place in order.prefix(max(total - quotas.reduce(0, +), 0)) { quotas[place] += 1 }
    return quotas
  }
}
