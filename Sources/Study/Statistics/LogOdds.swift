import Foundation

/// Accuracies on several targets as one number.
public enum LogOdds {
  /// Mean over targets of log(p / (1 - p)), p clipped to [1/(2n), 1 - 1/(2n)] with n the target's test images
  /// (Kornblith, Shlens and Le 2019). Nil without targets, or where one is not
  /// finite.
  public static func average(_ accuracies: [(accuracy: Double, testCount: Int)]) -> Double? {
    guard !accuracies.isEmpty, accuracies.allSatisfy(\.accuracy.isFinite) else { return nil }
    return accuracies.reduce(0) { $0 + logOdds($1.accuracy, testCount: $1.testCount) }
      / Double(accuracies.count)
  }

  /// log(p / (1 - p)) of one accuracy, clipped.
  public static func logOdds(_ accuracy: Double, testCount: Int) -> Double {
    let margin = 1 / (2 * Double(max(1, testCount)))
    let p = min(1 - margin, max(margin, accuracy))
    return log(p / (1 - p))
  }
}
