/// Every way in which making a report fails, apart from reading the store (`StudyError`).
public enum ReportError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The store holds no study.
  case nothingPlanned
  /// The chart library is missing or is not what it should be.
  case noChartLibrary(tried: [String])
  /// A file cannot be written.
  case notWritable(file: String, reason: String)

  /// A sentence for people, with what to do about it.
  public var description: String {
    switch self {
    case .nothingPlanned:
      "the store holds no study yet; start one with `separatrix study run SPEC.yaml`"
    case .noChartLibrary(let tried):
      "plotly.min.js, which draws the charts, was not found (tried \(tried.joined(separator: ", "))); "
        + "run scripts/setup, or set SEPARATRIX_RESOURCES to the folder that holds it"
    case .notWritable(let file, let reason):
      "\(file): cannot be written: \(reason)"
    }
  }
}
