extension ClaimRuns {
  /// The targets on which some run was judged.
  func targets(_ protocolName: ClaimMeasure.Transfer) -> [ClaimEvidence.Target] {
    targets.filter { has(ClaimMeasure.transfer(protocolName, $0)) }
  }

  /// Log-odds of a run on a target; nil where it was not judged, and for 0 and 1 where the number of test images is not
  /// known.
  func logOdds(
    _ run: ClaimEvidence.Run, _ protocolName: ClaimMeasure.Transfer, _ target: ClaimEvidence.Target
  ) -> Double? {
    guard let accuracy = run.value(ClaimMeasure.transfer(protocolName, target)) else { return nil }
    if target.testCount == nil && (accuracy <= 0 || accuracy >= 1) { return nil }
    return LogOdds.logOdds(accuracy, testCount: target.testCount ?? Int.max / 4)
  }

  /// The mean log-odds over targets; nil where one is missing.
  func meanLogOdds(
    _ run: ClaimEvidence.Run, _ protocolName: ClaimMeasure.Transfer, over targets: [ClaimEvidence.Target]
  ) -> Double? {
    let found = targets.compactMap { logOdds(run, protocolName, $0) }
    return found.count == targets.count ? SeedMean(found)?.mean : nil
  }

  /// The mean accuracy over targets; nil where one is missing.
  func meanAccuracy(
    _ run: ClaimEvidence.Run, _ protocolName: ClaimMeasure.Transfer, over targets: [ClaimEvidence.Target]
  ) -> Double? {
    let found = targets.compactMap { run.value(ClaimMeasure.transfer(protocolName, $0)) }
    return found.count == targets.count ? SeedMean(found)?.mean : nil
  }
}

extension ClaimEvidence {
  /// Source accuracy against mean transfer of every objective with every strength and combination: means over the seeds
  /// that have both. Transfer is the mean log-odds over targets.
  /// - Parameters:
  ///   - protocolName: how features are judged.
  ///   - network: one of `networks`; nil for the one with the most runs. The augmentation is the standard one.
  public func paretoFront(
    _ protocolName: ClaimMeasure.Transfer = .probe, network: String? = nil
  ) -> ParetoFront {
    let all = (network.map { of(network: $0) } ?? self).main
    let judged = all.targets(protocolName)
    return ParetoFront(
      all.labels.compactMap { label in
        let transfer = all.values(label) { all.meanLogOdds($0, protocolName, over: judged) }
        let top1 = all.values(label, ClaimMeasure.top1)
        let shared = Set(transfer.keys).intersection(top1.keys).sorted()
        guard let x = SeedMean(shared.compactMap { top1[$0] }), let y = SeedMean(shared.compactMap { transfer[$0] })
        else { return nil }
        return .init(name: label, x: x.mean, y: y.mean, xError: x.standardError, yError: y.standardError, n: x.n)
      })
  }

  /// The ranks of the nine objectives over targets, by their means over seeds. Nil below two objectives or two targets
  /// that all of them were judged on.
  public func criticalDifference(
    _ protocolName: ClaimMeasure.Transfer = .probe, network: String? = nil
  ) -> CriticalDifference? {
    let all = (network.map { of(network: $0) } ?? self).main
    let rows = all.targets(protocolName).map { target in
      all.studied.compactMap { all.mean($0, ClaimMeasure.transfer(protocolName, target)) }
    }
    return CriticalDifference(names: all.studied, rows.filter { $0.count == all.studied.count })
  }
}
