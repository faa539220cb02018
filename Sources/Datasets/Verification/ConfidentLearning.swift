/// Which labels are probably wrong, judged by a model that has not been trained on them.
///
/// Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels", JAIR 70 (2021). With p
/// the model's probabilities and y the labels given:
/// - the threshold of class j is t_j = mean of p_j over the images labelled j;
/// - an image labelled i counts for the true class j if p_j >= t_j; of several such j, for the class of the largest p;
///   those counts are the confident counts C[i][j];
/// - the joint is C with each row scaled to the number of images labelled i, in whole numbers;
/// - the noise rate is the share of the joint off its diagonal.
///
/// In everything that the paper leaves open this is cleanlab 2.9.0: thresholds are met within 1e-6; of several
/// confident classes the largest p of *all* classes decides (the paper: of the confident ones); a diagonal count of 0
/// is taken for 1; rows are rounded so that their sums stay. A class without a label has no threshold, and no image
/// counts for it. Of a model that was trained on these very labels the probabilities are too sure, and little is found.
public struct ConfidentLearning: Sendable {
  /// What the model says.
  public let outputs: ClassOutputs
  /// The label of each image.
  public let labels: [Int]
  /// t_j; nil for a class that no image is labelled with.
  public let thresholds: [Double?]
  /// Images labelled with each class.
  public let classCounts: [Int]
  /// C, [label, true class]: confident counts, as counted.
  public let confidentCounts: [Int]
  /// The joint in images, [label, true class]; sums to the number of images.
  public let joint: [Int]
  /// Images that count for no class, because no threshold is met.
  public let undecided: Int
  /// For each image the class that it counts for; -1 for none.
  let confidentClass: [Int32]

  /// Estimates the joint of given and true labels. Cost: one pass over the outputs, and K^2 log K.
  public init(_ outputs: ClassOutputs, labels: [Int]) throws(DatasetError) {
    try outputs.check(labels: labels)
    let classes = outputs.classes
    var sums = [Double](repeating: 0, count: classes)
    var counts = [Int](repeating: 0, count: classes)
    for (row, label) in labels.enumerated() {
      sums[label] += outputs.probabilities[row * classes + label]
      counts[label] += 1
    }
    // No probability reaches 2.
    let thresholds = (0..<classes).map {
      counts[$0] == 0 ? 2 : max(sums[$0] / Double(counts[$0]), 2 * Self.tolerance)
    }
    let confident = Self.confidentClasses(outputs, thresholds)
    var confidentCounts = [Int](repeating: 0, count: classes * classes)
    for (label, found) in zip(labels, confident) where found >= 0 {
      confidentCounts[label * classes + Int(found)] += 1
    }
    self.outputs = outputs
    self.labels = labels
    self.thresholds = thresholds.map { $0 > 1.5 ? nil : $0 }
    classCounts = counts
    self.confidentCounts = confidentCounts
    joint = Self.calibrated(confidentCounts, classCounts: counts)
    undecided = confident.count { $0 < 0 }
    confidentClass = confident
  }

  /// The estimated share of wrong labels.
  public var noiseRate: Double {
    let right = (0..<outputs.classes).reduce(0) { $0 + joint[$1 * outputs.classes + $1] }
    return 1 - Double(right) / Double(outputs.count)
  }

  /// How far below a threshold or a largest probability still counts as reaching it.
  static let tolerance = 1e-6

  private static func confidentClasses(_ outputs: ClassOutputs, _ thresholds: [Double]) -> [Int32] {
    let classes = outputs.classes
    let limits = thresholds.map { $0 - tolerance }
    return outputs.probabilities.withUnsafeBufferPointer { values in
      limits.withUnsafeBufferPointer { limits in
        (0..<outputs.count).map { row in
          var (best, only, reached) = (0, 0, 0)
          for k in 0..<classes {
            let value = values[row * classes + k]
            if value > values[row * classes + best] { best = k }
            if value >= limits[k] {
              reached += 1
              only = k
            }
          }
          return reached == 0 ? -1 : Int32(reached == 1 ? only : best)
        }
      }
    }
  }

  /// Confident counts scaled to the class counts, in whole numbers with the same sums of rows.
  static func calibrated(_ confident: [Int], classCounts: [Int]) -> [Int] {
    let classes = classCounts.count
    var joint: [Int] = []
    joint.reserveCapacity(classes * classes)
    for i in 0..<classes {
      var row = confident[i * classes..<(i + 1) * classes].map(Double.init)
      row[i] = max(row[i], 1)
      let sum = row.reduce(0, +)
      joint += rounded(row.map { $0 / sum * Double(classCounts[i]) })
    }
    return joint
  }

  /// Numbers rounded to whole ones (halves to even) whose sum is the rounded sum: what is too much or too little goes
  /// where rounding changed most, the later place first where something is added, the earlier where it is taken.
  static func rounded(_ values: [Double]) -> [Int] {
    var whole = values.map { $0.rounded(.toNearestOrEven) }
    let target = values.reduce(0, +).rounded(.toNearestOrEven)
    var rest = Int(target - whole.reduce(0, +))
    while rest != 0 {
      let step = rest > 0 ? 1.0 : -1.0
      let order = values.indices.sorted {
        let (a, b) = ((values[$0] - whole[$0]) * step, (values[$1] - whole[$1]) * step)
        return a != b ? a > b : step > 0 ? $0 > $1 : $0 < $1
      }
      for place in order.prefix(abs(rest)) { whole[place] += step }
      rest = Int(target - whole.reduce(0, +))
    }
    return whole.map { Int($0) }
  }
}
