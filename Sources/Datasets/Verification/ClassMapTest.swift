import Foundation

/// Whether the labels of a data set count classes as the model does, or are shifted or permuted.
///
/// The classical mistake is a label map shifted by one (a list with a background class, or numbers from 1): accuracy is
/// that of chance and nothing else complains. Here maps from labels to the model's classes are compared with the
/// identity. The images are divided at random into two halves, by class. On the first, the best cyclic shift and the
/// best permutation (a linear assignment on the confusion matrix) are fitted; on the second, each map is tested against
/// the identity by the exact sign test on the images on which just one of the two is right (McNemar, one-sided, X ~
/// B(m, 1/2)). Because no map has seen the second half, the p-value holds as it stands, without a correction for the
/// K! permutations. Two fixed maps are tried as well: classes numbered in text order (0, 1, 10, 100, 2, ...) by the
/// labels, or by the model.
public struct ClassMapTest: Codable, Hashable, Sendable {
  /// A kind of map from labels to the model's classes.
  public enum Kind: String, Codable, Sendable {
    /// Class = label.
    case identity
    /// Class = (label + shift) modulo K.
    case shift
    /// The labels number the classes in text order, the model in numerical order.
    case labelsInTextOrder = "labels in text order"
    /// The model numbers the classes in text order, the labels in numerical order.
    case modelInTextOrder = "model in text order"
    /// Any other.
    case permutation
  }

  /// What it comes to.
  public enum Verdict: Codable, Hashable, Sendable {
    /// No map beats the identity, and the identity beats chance.
    case identity
    /// The labels mean other classes than the model's, by this kind of map.
    case differs(Kind)
    /// No map beats the identity, and the identity does not beat chance either: the model does not know these classes,
    /// or there are too few images.
    case undecided
  }

  /// A map and how it does.
  public struct Candidate: Codable, Hashable, Sendable {
    /// The kind of map.
    public var kind: Kind
    /// The model's class for each label.
    public var map: [Int]
    /// Share of the second half's images whose prediction is the map of their label.
    public var accuracy: Double
    /// log10 of the p-value against the identity; for the identity itself, against chance: the accuracy that
    /// independent labels and predictions with these frequencies would have.
    public var log10P: Double
  }

  /// Outputs' columns.
  public var classes: Int
  /// Images of the second half, on which accuracies and p-values are taken.
  public var tested: Int
  /// Counts [label, predicted class] of all images.
  public var confusion: [Int]
  /// The identity first, then the shift, the text orders (where K > 10) and the permutation.
  public var candidates: [Candidate]
  /// The shift fitted, in 0..<classes.
  public var shift: Int
  /// Labels that occur in the first half and that the permutation moves, for display.
  public var moved: [Int]
  /// What it comes to.
  public var verdict: Verdict

  /// Tests labels against outputs. `significance` is the largest p-value that counts. The seed decides the halves.
  ///
  /// Cost: one pass over the outputs and O(K^3); about a second at most for K = 1000.
  public init(
    _ outputs: ClassOutputs, labels: [Int], significance: Double = 1e-6, seed: UInt64 = 0
  ) throws(DatasetError) {
    try outputs.check(labels: labels)
    self.init(
      predictions: outputs.predictions(), labels: labels, classes: outputs.classes, significance: significance,
      seed: seed)
  }

  /// Tests labels against predictions; both are in 0..<classes.
  init(predictions: [Int], labels: [Int], classes: Int, significance: Double, seed: UInt64) {
    self.classes = classes
    let halves = Holdout.split(labels: labels, groups: nil, fraction: 0.5, seed: seed)
    let fitted = Self.confusion(predictions, labels, at: halves.kept, classes: classes)
    let held = Self.confusion(predictions, labels, at: halves.held, classes: classes)
    confusion = zip(fitted, held).map { $0 + $1 }
    let tested = halves.held.count
    self.tested = tested

    var maps: [(Kind, [Int])] = [(.identity, Array(0..<classes))]
    let shift = Self.bestShift(fitted, classes: classes)
    self.shift = shift
    maps.append((.shift, (0..<classes).map { ($0 + shift) % classes }))
    if classes > 10 {
      let inText = (0..<classes).sorted { String($0).utf8.lexicographicallyPrecedes(String($1).utf8) }
      maps.append((.labelsInTextOrder, inText))
      maps.append((.modelInTextOrder, Self.inverse(inText)))
    }
    // Ties go to the identity: all its bonuses together are less than one image.
    let permutation = Assignment.maximizing(
      fitted.enumerated().map { $1 * (classes + 1) + ($0 / classes == $0 % classes ? 1 : 0) }, size: classes)
    maps.append((.permutation, permutation))
    moved = (0..<classes).filter { permutation[$0] != $0 && fitted[$0 * classes + permutation[$0]] > 0 }

    let identity = maps[0].1
    candidates = maps.map { kind, map in
      let right = (0..<classes).reduce(0) { $0 + held[$1 * classes + map[$1]] }
      let evidence =
        kind == .identity
        ? BinomialTail.log10AtLeast(right, of: tested, chance: Self.chance(held, classes: classes))
        : Self.compare(map, with: identity, held, classes: classes)
      return Candidate(
        kind: kind, map: map, accuracy: tested == 0 ? 0 : Double(right) / Double(tested), log10P: evidence)
    }
    verdict = Self.verdict(candidates, held, classes: classes, significance: significance)
  }

  /// Counts [label, predicted class] of the images at these places.
  private static func confusion(_ predictions: [Int], _ labels: [Int], at places: [Int], classes: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: classes * classes)
    for place in places { counts[labels[place] * classes + predictions[place]] += 1 }
    return counts
  }

  /// The shift that gets most images right, the least of several.
  private static func bestShift(_ counts: [Int], classes: Int) -> Int {
    var right = [Int](repeating: 0, count: classes)
    for label in 0..<classes {
      for shift in 0..<classes { right[shift] += counts[label * classes + (label + shift) % classes] }
    }
    return right.indices.reduce(0) { right[$1] > right[$0] ? $1 : $0 }
  }

  private static func inverse(_ map: [Int]) -> [Int] {
    var result = map
    for (from, to) in map.enumerated() { result[to] = from }
    return result
  }

  /// log10 of the sign test's p-value for `map` being right more often than `other`.
  private static func compare(_ map: [Int], with other: [Int], _ counts: [Int], classes: Int) -> Double {
    var (wins, losses) = (0, 0)
    for label in 0..<classes where map[label] != other[label] {
      wins += counts[label * classes + map[label]]
      losses += counts[label * classes + other[label]]
    }
    return BinomialTail.log10AtLeast(wins, of: wins + losses, chance: 0.5)
  }

  /// The accuracy of independent labels and predictions with the frequencies of these.
  private static func chance(_ counts: [Int], classes: Int) -> Double {
    var (labels, predictions) = ([Int](repeating: 0, count: classes), [Int](repeating: 0, count: classes))
    for label in 0..<classes {
      for predicted in 0..<classes {
        labels[label] += counts[label * classes + predicted]
        predictions[predicted] += counts[label * classes + predicted]
      }
    }
    let total = Double(max(labels.reduce(0, +), 1))
    return zip(labels, predictions).reduce(0) { $0 + Double($1.0) / total * (Double($1.1) / total) }
  }

  /// The first map that beats the identity and is not itself beaten by a later one.
  private static func verdict(
    _ candidates: [Candidate], _ counts: [Int], classes: Int, significance: Double
  ) -> Verdict {
    let limit = significance > 0 ? log10(significance) : -.infinity
    for (place, candidate) in candidates.enumerated() where place > 0 && candidate.log10P <= limit {
      let isBeaten = candidates[(place + 1)...].contains {
        compare($0.map, with: candidate.map, counts, classes: classes) <= limit
      }
      if !isBeaten { return .differs(candidate.kind) }
    }
    return (candidates.first?.log10P ?? 0) <= limit ? .identity : .undecided
  }
}
