/// How many seeds show a difference.
public enum SeedsNeeded {
  /// The chance that a paired t-test over `seeds` calls a true difference significant: P(|T| > t) for T noncentral with
  /// noncentrality difference / standardDeviation * sqrt(seeds).
  /// - Parameters:
  ///   - difference: the true mean difference.
  ///   - standardDeviation: of single differences.
  ///   - seeds: pairs.
  ///   - level: one minus the level of the test.
  /// - Returns: nil below two seeds, or without a finite positive standard deviation.
  public static func power(
    difference: Double, standardDeviation: Double, seeds: Int, level: Double = 0.95
  ) -> Double? {
    guard seeds > 1, difference.isFinite, standardDeviation > 0, standardDeviation.isFinite, level > 0, level < 1
    else { return nil }
    let degrees = Double(seeds - 1)
    let bound = SpecialFunctions.studentQuantile(level: level, degrees: degrees)
    let shift = difference / standardDeviation * Double(seeds).squareRoot()
    return SpecialFunctions.noncentralStudentAbove(bound, degrees: degrees, noncentrality: shift)
      + SpecialFunctions.noncentralStudentAbove(bound, degrees: degrees, noncentrality: -shift)
  }

  /// The least number of seeds with which a paired t-test sees a difference with the given power.
  /// - Returns: nil where the difference is 0 or not finite, or more than `limit` seeds are needed; 2 where differences
  ///   do not vary.
  public static func count(
    difference: Double, standardDeviation: Double, power: Double = 0.8, level: Double = 0.95, limit: Int = 100_000
  ) -> Int? {
    guard difference.isFinite, difference != 0, standardDeviation.isFinite, standardDeviation >= 0, power > 0,
      power < 1,
      level > 0, level < 1
    else { return nil }
    guard standardDeviation > 0 else { return 2 }
    func suffices(_ seeds: Int) -> Bool {
      (Self.power(difference: difference, standardDeviation: standardDeviation, seeds: seeds, level: level) ?? 0)
        >= power
    }
    // Guenther's approximation (1981) is off by a seed or two.
    let normal = SpecialFunctions.normalQuantile(0.5 + level / 2)
    let reach = normal + SpecialFunctions.normalQuantile(power)
    let effect = difference / standardDeviation
    let guess = reach * reach / (effect * effect) + normal * normal / 2
    guard guess <= Double(limit) else { return nil }
    var seeds = max(2, Int(guess))
    while !suffices(seeds) {
      seeds += 1
      if seeds > limit { return nil }
    }
    while seeds > 2, suffices(seeds - 1) { seeds -= 1 }
    return seeds
  }

  /// The number of seeds to see a difference of the size found, judged by its own spread; nil where that is not known.
  public static func count(for difference: PairedDifference, power: Double = 0.8, level: Double = 0.95) -> Int? {
    guard let error = difference.standardError else { return nil }
    return count(
      difference: difference.mean, standardDeviation: error * Double(difference.n).squareRoot(), power: power,
      level: level)
  }
}
