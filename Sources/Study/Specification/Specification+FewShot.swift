extension Specification {
  /// Probes on a few examples a class: how many examples, and how many draws of them.
  public struct FewShot: Codable, Hashable, Sendable {
    /// Examples a class, in rising order.
    public var shots: [Int]
    /// Draws of each, the smaller ones within the larger.
    public var draws: Int

    /// What is drawn where nothing is said. Fewer draws than `transfer lowshot` makes: seeds are averaged, too.
    public init(shots: [Int] = [1, 2, 5, 10, 20, 50], draws: Int = 5) {
      (self.shots, self.draws) = (shots, draws)
    }
  }
}

/// Names of measurements of probes on few examples: `few_shot_accuracy_5` is that of five examples a class.
public enum FewShotMeasure: String, CaseIterable, Sendable {
  /// Test accuracy, mean over draws.
  case accuracy = "few_shot_accuracy"
  /// Its standard error over draws.
  case standardError = "few_shot_standard_error"
  /// Mean over classes of a class's accuracy, mean over draws.
  case meanPerClass = "few_shot_mean_per_class_accuracy"

  /// The name for a number of examples a class.
  public func name(shots: Int) -> String { "\(rawValue)_\(shots)" }

  /// The number of examples a class that a name is of; nil for other names.
  public func shots(of name: String) -> Int? {
    name.hasPrefix(rawValue + "_") ? Int(name.dropFirst(rawValue.count + 1)) : nil
  }
}

extension SpecificationReader {
  /// `shots` and `draws` of a target, which belong to the protocol `few-shot`.
  func fewShot(
    _ fields: SpecFields, protocols: [Specification.TransferProtocol]
  ) throws(SpecificationError) -> Specification.FewShot? {
    guard protocols.contains(.fewShot) else {
      for key in ["shots", "draws"] {
        if let node = fields[key] {
          throw node.error("transfer.\(key): goes with the protocol 'few-shot'; add it to 'protocols', or take it out")
        }
      }
      return nil
    }
    var result = Specification.FewShot()
    if let node = fields["shots"] {
      var shots: [Int] = []
      for item in try node.numbers("transfer.shots", whole: true) {
        let value = try item.integer("transfer.shots", in: SpecBounds.shots)
        guard !shots.contains(value) else { throw item.error("transfer.shots: \(value) is given twice; keep one") }
        shots.append(value)
      }
      result.shots = shots.sorted()
    }
    if let node = fields["draws"] { result.draws = try node.integer("transfer.draws", in: SpecBounds.draws) }
    return result
  }
}
