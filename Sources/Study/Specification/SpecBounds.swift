/// The values that keys of a specification may take: what the reader checks and the schema says.
enum SpecBounds {
  static let seedCount = 1...10_000
  static let seed = 0...Int(Int32.max)
  static let searchRuns = 2...10_000
  static let width = 1...4096
  static let projector = 1...65_536
  static let severity = 1...5

  // MARK: Training

  static let epochs = 1...100_000
  static let batch = 2...1_000_000
  static let warmup = 0.0...100_000
  static let momentum = 0.0...0.9999
  static let weightDecay = 0.0 ... .greatestFiniteMagnitude
  static let average = 0.0...0.999999
  static let betas = 0.0...0.999999
  static let accumulate = 1...1_000_000
  static let patience = 1...100_000
  static let side = 1...4096

  // MARK: Data

  static let holdout = 0.0...0.9
  static let shots = 1...10_000
  static let draws = 1...1_000
  static let dataSeed = 0...Int.max
  static let fraction = 0.0...1
  static let samples = 1...10_000_000
  static let classNumber = 0...1_000_000
  static let classCount = 2...1_000_000
}
