/// What `TransferScores` measures, with the keys of the tool's JSON.
public struct TransferScoresResult: Encodable, Sendable {
  /// Examples, distinct labels, numbers in a feature vector.
  public let n, classes, dimensions: Int
  /// Log evidence of the labels, a mean over examples and classes.
  public internal(set) var logME: Double?
  /// From the source classifier's outputs.
  public internal(set) var leep, nce: Double?
  /// tr(S^+ S_B); the same with a shrunk covariance, and how far it is shrunk, in 0...1.
  public internal(set) var hScore, hScoreShrinkage, shrinkage: Double?
  /// Coding rate, in nats, that knowing the classes saves.
  public internal(set) var transRate: Double?
  /// Minus the overlap of the classes, with one variance a class and with one a direction.
  public internal(set) var gbc, gbcDiagonal: Double?
  /// Why values are nil.
  public internal(set) var reasons: [String: String] = [:]

  init(n: Int, classes: Int, dimensions: Int) {
    (self.n, self.classes, self.dimensions) = (n, classes, dimensions)
  }

  mutating func explain(_ names: [String], _ reason: String) {
    for name in names { reasons[name] = reason }
  }

  enum CodingKeys: String, CodingKey {
    case n, classes, dimensions, leep, nce, shrinkage, gbc, reasons
    case logME = "logme"
    case hScore = "h_score"
    case hScoreShrinkage = "h_score_shrinkage"
    case transRate = "transrate"
    case gbcDiagonal = "gbc_diagonal"
  }

  /// Values that are undefined are null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(logME, forKey: .logME)
    try container.encode(leep, forKey: .leep)
    try container.encode(nce, forKey: .nce)
    try container.encode(hScore, forKey: .hScore)
    try container.encode(hScoreShrinkage, forKey: .hScoreShrinkage)
    try container.encode(shrinkage, forKey: .shrinkage)
    try container.encode(transRate, forKey: .transRate)
    try container.encode(gbc, forKey: .gbc)
    try container.encode(gbcDiagonal, forKey: .gbcDiagonal)
    try container.encode(reasons, forKey: .reasons)
  }
}
