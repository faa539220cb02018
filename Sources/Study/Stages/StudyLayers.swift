/// The order of a network's layers, which stages that look at layers tell and the store keeps as a fact.
public enum StudyLayers {
  private static let (start, end) = ("network/", "/layers")
  private static let pooled = LayerBatches.pooled

  static func fact(_ network: String, _ names: [String]) -> [String: String] {
    [start + network + end: names.joined(separator: ", ")]
  }

  /// The layers from the first to the pooled penultimate features; empty where no stage has looked at layers. Those of
  /// several networks stand one network after another, the features last.
  /// - Parameters:
  ///   - facts: what the store knows.
  ///   - network: the architecture's name; nil for all.
  public static func names(in facts: [String: String], of network: String? = nil) -> [String] {
    let keys = facts.keys.sorted().filter { key in
      key.hasPrefix(start) && key.hasSuffix(end) && (network.map { key == start + $0 + end } ?? true)
    }
    let all = keys.flatMap { (facts[$0] ?? "").split(separator: ",") }.map { String($0.drop { $0 == " " }) }
    var seen: Set<String> = []
    let names = all.filter { seen.insert($0).inserted }
    return names.filter { $0 != pooled } + names.filter { $0 == pooled }
  }
}
