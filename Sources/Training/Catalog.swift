import Datasets
import Networks
import Objectives

/// The lists that names are looked up in. A package of one's own appends to them and passes the value on.
public struct Catalog: Sendable {
  /// Objectives by type.
  public var objectives: [any Objective.Type]
  /// Networks by name.
  public var networks: [Architecture]

  /// Collects the lists; without arguments, those of this package.
  public init(
    objectives: [any Objective.Type] = Objectives.standard, networks: [Architecture] = Networks.standard
  ) {
    self.objectives = objectives
    self.networks = networks
  }

  /// What this package has.
  public static let standard = Catalog()
}
