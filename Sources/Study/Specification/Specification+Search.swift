extension Specification {
  /// A search for settings: candidates are trained on the training images less the holdout, the best mean accuracy on the
  /// holdout chooses for each objective, and the chosen setting is trained on all training images.
  public struct Search: Codable, Hashable, Sendable {
    /// How candidates are taken from the settings that there are.
    public enum Way: String, Codable, Hashable, Sendable, CaseIterable {
      /// All of them.
      case grid
      /// Some, drawn by the search's seed.
      case random
      /// Successive halving: many for few epochs, the better half for twice as many, and so on to the last two.
      case halving
    }

    /// What a specification is in the course of a search.
    public enum Phase: String, Codable, Hashable, Sendable {
      /// As written: nothing is chosen yet.
      case open
      /// Its objectives are the candidates, which are trained and nothing else.
      case candidates
      /// Its objectives have the chosen settings and are trained without a holdout.
      case chosen
    }

    /// A key and the values it is tried with.
    public struct Axis: Codable, Hashable, Sendable {
      /// A training option or a parameter of objectives.
      public var key: String
      /// The values as texts.
      public var values: [String]
    }

    /// What is varied; the last varies fastest.
    public var over: [Axis]
    /// How candidates are taken.
    public var by: Way
    /// Candidates of each objective; nil for all.
    public var runs: Int?
    /// Decides which.
    public var seed: Int
    /// Seeds that each candidate is trained with.
    public var seeds: [Int]
    /// Where the search is.
    public var phase = Phase.open
  }
}
