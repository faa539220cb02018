import Study

/// One column of the main table: what it is called, what it means, where it comes from.
struct Column: Sendable {
  /// The bands of columns in the main table.
  enum Group: String, Sendable, CaseIterable {
    case source = "Source accuracy"
    case calibration = "Calibration"
    case separation = "Class separation"
    case spectrum = "Spectrum"
    case shift = "Under corruption"
    case probe = "Linear probe"
    case neighbors = "k-nearest neighbours"
    case fineTuning = "Fine-tuning"

    /// The protocol of transfer, as stages call it; nil for what is measured on the source.
    var protocolName: String? {
      switch self {
      case .probe: "probe"
      case .neighbors: "knn"
      case .fineTuning: "finetune"
      default: nil
      }
    }
  }

  /// How a value is written.
  enum Unit: Sendable, Equatable {
    /// A share, shown in per cent.
    case percent
    /// A bare number.
    case number(decimals: Int)
  }

  /// Which direction is good, if any.
  enum Better: Sendable { case higher, lower, neither }

  /// Stable name for CSV files, such as `top1` or `probe_accuracy:mnist`.
  var id: String
  var group: Group
  var title: String
  var unit: Unit
  var better: Better
  var definition: String
  /// The transfer target; empty for the source.
  var target = ""
  /// The value of one run.
  var value: @Sendable (StudyContents.Run) -> StudyContents.Measurement

  /// A value as the column shows it, without a unit: `92.13` for a share of 0.9213.
  func text(_ value: Double) -> String {
    switch unit {
    case .percent: Format.number(value * 100, decimals: 2)
    case .number(let decimals): Format.number(value, decimals: decimals)
    }
  }

  /// The title with its unit.
  var fullTitle: String { unit == .percent ? "\(title), %" : title }
}

extension Column {
  /// The columns of a study's main table, in order.
  static func all(of contents: StudyContents) -> [Column] {
    let finished = contents.runs.filter(\.isFinished)
    // What the study was not asked to measure has no column.
    let fixed = (source + calibration + [separation("train"), separation("test")] + spectrum).filter { column in
      finished.isEmpty || finished.contains { column.value($0).reason != StudyContents.Run.notMeasured }
    }
    return fixed + shift(contents) + transfer(contents, .probe) + transfer(contents, .neighbors)
      + transfer(contents, .fineTuning)
  }

  /// R^2 on training images: the headline measure of class separation.
  static let separationOnTrain = separation("train")

  /// Top-1 accuracy on the source's test images.
  static let top1 = measured(
    "top1", .source, "Top-1", .percent, .higher,
    "Share of the source task's test images whose true class has the largest output.")

  private static let source = [
    top1,
    measured(
      "top5", .source, "Top-5", .percent, .higher,
      "Share of test images whose true class is among the five largest outputs."),
  ]

  private static let calibration = [
    measured(
      "nll", .calibration, "NLL", .number(decimals: 3), .lower,
      "Mean negative log-likelihood of the true class on the test images, in nats; probabilities are the "
        + "softmax of the outputs, for every objective. Blank for squared error, whose outputs are no logits."
    ),
    measured(
      "nll_scaled", .calibration, "NLL scaled", .number(decimals: 3), .lower,
      "The same after dividing the outputs by one temperature, fitted on the holdout."),
    measured(
      "ece", .calibration, "ECE", .number(decimals: 3), .lower,
      "Expected calibration error: the mean gap between confidence and accuracy over 15 bins of equal width, "
        + "weighted by their share of the test images. Blank for squared error, as above."),
    measured(
      "ece_scaled", .calibration, "ECE scaled", .number(decimals: 3), .lower,
      "The same after dividing the outputs by the fitted temperature."),
  ]

  /// R^2 with cosine distance on a split.
  static func separation(_ split: String) -> Column {
    let images = split == "train" ? "training images (the headline figure)" : "test images"
    return Column(
      id: split == "train" ? "r2_cosine" : "r2_cosine_\(split)", group: .separation,
      title: "R\u{00B2} \(split)", unit: .number(decimals: 3), better: .neither,
      definition:
        "Class separation of the penultimate features on the source's \(images): one minus the mean "
        + "cosine distance within classes over the mean cosine distance over all, classes weighing the same."
    ) { $0.measurement("r2_cosine", split: split) }
  }

  /// Accuracy of one protocol on each target and, where there are several, their mean.
  static func transfer(_ contents: StudyContents, _ group: Group) -> [Column] {
    guard let protocolName = group.protocolName else { return [] }
    let name = "\(protocolName)_accuracy"
    let targets = contents.targets(of: protocolName)
    let how =
      switch group {
      case .probe:
        "L2-regularized logistic regression on frozen penultimate features; the penalty is chosen on a holdout"
      case .fineTuning:
        "the whole network trained on with a new head; rate and decay are chosen on a holdout"
      default: "vote of the nearest training features; k is chosen on a holdout"
      }
    var columns = targets.map { target in
      Column(
        id: "\(name):\(target)", group: group, title: target, unit: .percent, better: .higher,
        definition: "Accuracy on the target's test images: \(how).", target: target
      ) { $0.measurement(name, target: target, split: "test") }
    }
    if targets.count > 1 {
      columns.append(
        Column(
          id: "\(name)_mean", group: group, title: "Mean", unit: .percent, better: .higher,
          definition:
            "Mean of the run's accuracies over the \(targets.count) targets; blank where one is missing."
        ) { $0.mean(of: name, over: targets) })
    }
    return columns
  }

  /// The mean log-odds of the accuracies over several targets, which weighs an error saved on an easy target more than
  /// one on a hard one. Accuracies are clipped to [1/(2n), 1 - 1/(2n)], n being the target's test images; without
  /// that number in the store they are not clipped, and 0 and 1 have no log-odds.
  static func meanLogOdds(_ contents: StudyContents, _ group: Group) -> Column? {
    guard let protocolName = group.protocolName else { return nil }
    let name = "\(protocolName)_accuracy"
    let targets = contents.targets(of: protocolName)
    guard targets.count > 1 else { return nil }
    let counts = targets.map { target in
      contents.facts.first { $0.key == "data/\(target)/test/images" }.flatMap { Int($0.value) }
    }
    return Column(
      id: "\(name)_mean_log_odds", group: group, title: "Mean log-odds", unit: .number(decimals: 3),
      better: .higher,
      definition: "Mean over the \(targets.count) targets of log(p/(1-p)), p the accuracy."
    ) { run in
      var pairs: [(accuracy: Double, testCount: Int)] = []
      for (target, count) in zip(targets, counts) {
        guard let p = run.measurement(name, target: target, split: "test").value else {
          return .init(value: nil, reason: "\(target): missing")
        }
        if count == nil && (p <= 0 || p >= 1) {
          return .init(value: nil, reason: "\(target): accuracy \(Format.plain(p)) has no log-odds")
        }
        pairs.append((p, count ?? Int.max / 4))
      }
      return .init(value: LogOdds.average(pairs), reason: nil)
    }
  }

  /// Mean accuracy over all targets with the linear probe, else with nearest neighbours: what "transfer"
  /// means in the charts and in the headline. Nil for a study without targets.
  static func meanTransfer(_ contents: StudyContents) -> Column? {
    transfer(contents, .probe).last ?? transfer(contents, .neighbors).last
  }

  private static func measured(
    _ name: String, _ group: Group, _ title: String, _ unit: Unit, _ better: Better, _ definition: String
  ) -> Column {
    let needsLogits = name == "nll" || name == "ece"
    return Column(
      id: name, group: group, title: title, unit: unit, better: better, definition: definition
    ) { run in
      let found = run.measurement(name, split: "test")
      if needsLogits && found.value != nil && run.objective.contains(where: { $0.name == "squared-error" }) {
        return .init(
          value: nil,
          reason: "the outputs of squared error are no logits; they mean something after scaling only")
      }
      return found
    }
  }
}

extension StudyContents {
  /// The targets of a protocol (`probe`, `knn` or `finetune`), in the order of the plan.
  func targets(of protocolName: String) -> [String] {
    var seen: Set<String> = []
    return runs.flatMap(\.stages).filter { $0.kind == protocolName }.map(\.target).filter {
      seen.insert($0).inserted
    }
  }

  /// The targets of all protocols, in the order of the plan.
  var targets: [String] {
    var seen: Set<String> = []
    let all = ["probe", "knn", "few-shot", "finetune"].flatMap(targets(of:))
    return all.filter { seen.insert($0).inserted }
  }
}

extension StudyContents.Run {
  /// The mean of a measurement over targets, missing as soon as one of them is.
  func mean(of name: String, over targets: [String]) -> StudyContents.Measurement {
    var sum = 0.0
    for target in targets {
      let one = measurement(name, target: target, split: "test")
      guard let value = one.value else {
        return .init(value: nil, reason: "\(target): \(one.reason ?? "not measured")")
      }
      sum += value
    }
    return .init(value: sum / Double(targets.count), reason: nil)
  }
}
