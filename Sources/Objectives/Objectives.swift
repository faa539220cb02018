/// The objectives there are. A list is a value: a package outside the tree hands the tool its own.
public enum Objectives {
  /// The nine of the study, in its order, then those of other papers: bases, then regularizers.
  public static let standard: [any Objective.Type] = [
    Softmax.self, LabelSmoothing.self, Dropout.self, FinalLayerL2.self, LogitPenalty.self,
    LogitNormalization.self, CosineSoftmax.self, Sigmoid.self, SquaredError.self,
    Focal.self, Poly1.self, Squentropy.self, LogitNorm.self, CosFace.self, ArcFace.self,
    SupervisedContrastive.self, MaxSuppression.self, ConfidencePenalty.self,
  ]

  /// The type of a name in a list.
  /// - Throws: `ObjectiveError.unknownObjective`, with the known names, nearest first.
  public static func type(
    named name: String, in list: [any Objective.Type] = standard
  ) throws(ObjectiveError) -> any Objective.Type {
    for type in list where type.name == name { return type }
    throw .unknownObjective(name: name, known: nearestFirst(to: name, among: list.map { $0.name }))
  }
}
