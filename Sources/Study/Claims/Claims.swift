/// The claims there are.
public enum Claims {
  /// Those of Kornblith, Chen, Lee and Norouzi 2021, in order.
  public static let published: [Claim] = [
    .regularizersBeatSoftmax, .squaredErrorEqualsSoftmax, .spreadIsSmall, .softmaxProbesBest, .worstOnFineGrained,
    .neighborsRankAlike, .fineTuningForgets, .differOnlyLate, .seedsAreCloser, .sparsityDiffersLate,
    .betterSeparatesMore,
    .separationHurtsTransfer, .temperatureTrades, .strongerSeparatesMore, .augmentationDoesNotSeparate,
    .distanceDoesNotMatter, .separationLowersRank, .scalingCalibrates, .sameObjectiveAgrees, .mixedEnsemblesGainLittle,
    .combiningAddsNothing,
  ]

  /// What the evidence says of each claim, in order. Each is judged alone; nothing corrects for their number.
  public static func check(_ evidence: ClaimEvidence, _ claims: [Claim] = published) -> [ClaimResult] {
    claims.map { $0.check(evidence) }
  }
}
