import Foundation
import Measures

extension ComparisonFindings {
  /// A measure's name for people.
  public static func title(_ name: String) -> String {
    switch name {
    case "map_at_r": "mAP@R"
    case "knn_accuracy": "nearest neighbours' vote"
    case "probe_accuracy": "linear probe"
    case "output_accuracy": "top-1 of the outputs"
    default: name.replacingOccurrences(of: "recall_at_", with: "recall@")
    }
  }

  /// The answer in one to three sentences: what the new embedding is better for, worse for, and what is open, with the number of
  /// examples that would settle it.
  public var summary: String {
    let tested = measures.filter { $0.verdict != nil }
    guard !tested.isEmpty else {
      return "Nothing could be tested: \(measures.first?.reason ?? "no measure is defined")."
    }
    if tested.allSatisfy({ $0.difference == 0 }) { return "No difference in any measure." }
    var sentences: [String] = []
    for (verdict, word) in [(PairedMeasure.Verdict.better, "better"), (.worse, "worse")] {
      let settled = tested.filter { $0.verdict == verdict }
      if !settled.isEmpty {
        sentences.append("The new embedding is \(word) by \(settled.map(Self.change).joined(separator: ", ")).")
      }
    }
    let open = tested.filter { $0.verdict == .unsettled }
    if !open.isEmpty {
      let needs = open.map { measure in
        guard let examples = measure.examplesNeeded else { return "\(Self.title(measure.name)) (equal)" }
        let points = String(format: "%+.2f", 100 * (measure.difference ?? 0))
        return Self.title(measure.name)
          + " (\(points) points; about \(Self.rounded(examples)) examples would settle it)"
      }
      sentences.append("No difference seen by \(needs.joined(separator: ", ")).")
    }
    return sentences.joined(separator: " ")
  }

  /// "mAP@R (+5.11 points, 95 % interval 4.20 to 6.02)"
  private static func change(_ measure: PairedMeasure) -> String {
    let points = { (share: Double?, sign: String) in share.map { String(format: "%\(sign).2f", 100 * $0) } ?? "-" }
    return title(measure.name) + " (\(points(measure.difference, "+")) points, "
      + "95 % interval \(points(measure.low, "")) to \(points(measure.high, "")))"
  }

  /// To two digits.
  private static func rounded(_ count: Int) -> String {
    guard count >= 100 else { return "\(count)" }
    let unit = pow(10, floor(log10(Double(count))) - 1)
    return "\(Int((Double(count) / unit).rounded() * unit))"
  }
}
