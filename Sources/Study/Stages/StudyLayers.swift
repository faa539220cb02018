/// The order of a network's layers, which stages that look at layers tell and the store keeps as a fact.
public enum StudyLayers {
  private static let key = "network/layers"

  static func fact(_ names: [String]) -> [String: String] { [key: names.joined(separator: ", ")] }

  /// The layers from the first to the pooled penultimate features; empty where no stage has looked at layers.
  public static func names(in facts: [String: String]) -> [String] {
    (facts[key] ?? "").split(separator: ",").map { $0.drop { $0 == " " } }.map(String.init)
  }
}
