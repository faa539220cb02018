/// How `data pack` changes pictures.
public struct PackOptions: Codable, Hashable, Sendable {
  /// Which side of a picture becomes `side` pixels; pictures never grow.
  public enum Measure: String, Codable, Sendable, CaseIterable {
    case shortest, longest
  }

  /// The side's length in pixels; nil: sizes stay.
  public var side: Int?
  /// Which side.
  public var measure: Measure
  /// JPEG quality, 1 to 100; nil: uncompressed.
  public var quality: Int?
  /// How sizes are changed.
  public var interpolation: Interpolation

  /// Options; by default the shortest side becomes 256 pixels, at JPEG quality 90.
  public init(
    side: Int? = 256, measure: Measure = .shortest, quality: Int? = 90, interpolation: Interpolation = .bicubic
  ) {
    self.side = side
    self.measure = measure
    self.quality = quality
    self.interpolation = interpolation
  }

  /// Throws for the first value that makes no sense.
  public func validate() throws(DatasetError) {
    if let side, !(16...16_384).contains(side) {
      throw DatasetError(.badReference, expected: "a side of 16 to 16384 pixels", found: "\(side)")
    }
    if let quality, !(1...100).contains(quality) {
      throw DatasetError(.badReference, expected: "a JPEG quality of 1 to 100", found: "\(quality)")
    }
  }

  /// What a picture of `width` x `height` becomes.
  func size(width: Int, height: Int) -> (width: Int, height: Int) {
    let reference = measure == .shortest ? min(width, height) : max(width, height)
    guard let side, reference > side else { return (width, height) }
    let scale = Double(side) / Double(reference)
    return (max(Int((Double(width) * scale).rounded()), 1), max(Int((Double(height) * scale).rounded()), 1))
  }
}
