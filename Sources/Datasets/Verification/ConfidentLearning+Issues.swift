/// An image whose label is probably wrong.
public struct LabelIssue: Codable, Hashable, Sendable {
  /// The image's place.
  public var index: Int
  /// The label given.
  public var label: Int
  /// The class that the model holds for the likeliest, the lowest of several.
  public var suggestion: Int
  /// The probability of the label given.
  public var selfConfidence: Double
  /// (probability of the label given - largest probability of another class + 1) / 2, in 0...1.
  public var normalizedMargin: Double
}

extension ConfidentLearning {
  /// Which images count as issues; the names are cleanlab's. An image whose label has the largest probability never
  /// does.
  public enum Filter: String, Codable, Sendable, CaseIterable {
    /// As many as the joint says: of the images labelled i, for each other class j the joint[i][j] of largest
    /// p_j - p_i. At least one image of a class is left.
    case pruneByNoiseRate = "prune_by_noise_rate"
    /// The images that count for another class than their label: off the diagonal of the confident counts.
    case confidentLearning = "confident_learning"
  }

  /// What the issues are sorted by; the worst come first.
  public enum Ranking: String, Codable, Sendable, CaseIterable {
    /// The probability of the label given.
    case selfConfidence = "self_confidence"
    /// The label's lead over the best other class.
    case normalizedMargin = "normalized_margin"
  }

  /// The images whose labels are probably wrong, the worst first, of equal ones the earlier.
  public func issues(_ filter: Filter = .pruneByNoiseRate, by ranking: Ranking = .selfConfidence) -> [LabelIssue] {
    let chosen: [Int]
    switch filter {
    case .pruneByNoiseRate: chosen = prunedByNoiseRate()
    case .confidentLearning:
      chosen = labels.indices.filter { confidentClass[$0] >= 0 && Int(confidentClass[$0]) != labels[$0] }
    }
    let issues = chosen.compactMap { issue(at: $0) }
    switch ranking {
    case .selfConfidence: return issues.sorted { ($0.selfConfidence, $0.index) < ($1.selfConfidence, $1.index) }
    case .normalizedMargin:
      return issues.sorted { ($0.normalizedMargin, $0.index) < ($1.normalizedMargin, $1.index) }
    }
  }

  /// The issue of an image; nil if its label has the largest probability, within the tolerance.
  private func issue(at index: Int) -> LabelIssue? {
    let label = labels[index]
    let start = index * outputs.classes
    var other = label == 0 ? 1 : 0
    for k in 0..<outputs.classes where k != label {
      if outputs.probabilities[start + k] > outputs.probabilities[start + other] { other = k }
    }
    let (own, best) = (outputs.probabilities[start + label], outputs.probabilities[start + other])
    // Of equal probabilities the lower class is the larger.
    let isLargest = other < label ? own + Self.tolerance > best : own + Self.tolerance >= best
    if isLargest { return nil }
    return LabelIssue(
      index: index, label: label, suggestion: other, selfConfidence: own, normalizedMargin: (own - best + 1) / 2)
  }

  private func prunedByNoiseRate() -> [Int] {
    let classes = outputs.classes
    var images = [[Int]](repeating: [], count: classes)
    for (index, label) in labels.enumerated() { images[label].append(index) }
    var isChosen = [Bool](repeating: false, count: labels.count)
    for label in 0..<classes where images[label].count > 1 {
      for (other, count) in pruneCounts(of: label).enumerated() where other != label && count > 0 {
        let leads = images[label].map { index in
          outputs.probabilities[index * classes + other] - outputs.probabilities[index * classes + label]
        }
        let order = leads.indices.sorted { leads[$0] != leads[$1] ? leads[$0] > leads[$1] : $0 < $1 }
        for place in order.prefix(count) { isChosen[images[label][place]] = true }
      }
    }
    return isChosen.indices.filter { isChosen[$0] }
  }

  /// How many images to take from a label for each true class: its row of the joint, where a diagonal of 0 is raised to
  /// 1 at the cost of the others in equal parts, rounded down.
  private func pruneCounts(of label: Int) -> [Int] {
    let row = joint[label * outputs.classes..<(label + 1) * outputs.classes]
    let own = joint[label * outputs.classes + label]
    guard own < 1 else { return Array(row) }
    let share = Double(1 - own) / max(Double(row.count { $0 != 0 }) - 1, 1)
    return row.map { max(0, Int(Double($0) - share)) }
  }
}
