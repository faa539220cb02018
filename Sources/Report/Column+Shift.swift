import Study

extension Column {
  /// Accuracy on corrupted test images: the mean over all, then each corruption, its severities averaged.
  static func shift(_ contents: StudyContents) -> [Column] {
    let names = contents.shiftTargets
    guard !names.isEmpty else { return [] }
    var order: [String] = []
    var severities: [String: [String]] = [:]
    for name in names {
      let parts = name.split(separator: "/").map(String.init)
      guard parts.count == 2 else { continue }
      if severities[parts[0]] == nil { order.append(parts[0]) }
      severities[parts[0], default: []].append(parts[1])
    }
    let mean = Column(
      id: "shift_top1_mean", group: .shift, title: "Mean", unit: .percent, better: .higher,
      definition: "Top-1 on the source's test images, corrupted here (docs/corruptions.md): mean over \(order.count) "
        + "corruptions and their severities. Frost has a texture of our own."
    ) { $0.measurement("shift_top1_mean", split: "test") }
    guard order.count > 1 else { return [mean] }
    return [mean]
      + order.map { corruption in
        let levels = severities[corruption] ?? []
        let targets = levels.map { "\(corruption)/\($0)" }
        return Column(
          id: "shift_top1:\(corruption)", group: .shift,
          title: corruption.split(separator: "_").joined(separator: " "), unit: .percent, better: .higher,
          definition: "Top-1 under \(corruption), mean over severities \(levels.joined(separator: ", "))."
        ) { $0.mean(of: "shift_top1", over: targets) }
      }
  }
}

extension StudyContents {
  /// The corruptions measured, as `fog/3`, in the order of their names.
  var shiftTargets: [String] {
    Set(runs.flatMap { $0.measurements.keys.filter { $0.name == "shift_top1" }.map(\.target) }).sorted()
  }
}
