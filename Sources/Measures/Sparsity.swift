import Features
import Torch

/// The share of numbers of a layer that are not 0: how many activations are at work at a time after a ReLU (Kornblith and others 2021,
/// section 4.3). Exact; one pass. Sees every linear map but a common factor of each number's own.
public struct Sparsity {
  /// One layer's share.
  public struct Layer: Encodable, Hashable, Sendable {
    /// Its name.
    public let layer: String
    /// The share of numbers that are not 0.
    public let nonzeroFraction: Double

    /// A layer with its share.
    public init(layer: String, nonzeroFraction: Double) {
      (self.layer, self.nonzeroFraction) = (layer, nonzeroFraction)
    }

    enum CodingKeys: String, CodingKey {
      case layer
      case nonzeroFraction = "nonzero_fraction"
    }
  }

  /// Measures a layer. Throws `MeasureError` when it has no numbers or some that are not finite.
  public static func measure(_ source: any RowSource, name: String = "features") throws -> Layer {
    guard source.count > 0, source.dimensions > 0 else {
      throw MeasureError(name, found: "no numbers", expected: "at least one", file: source.place)
    }
    return try withoutGradientRethrowing {
      var nonzero = 0
      for range in source.blocks() {
        let rows = try source.rows(range)
        guard try rows.isAllFinite() else { throw try source.errorOfNotFinite(name) }
        nonzero += try Tensor.call("aten::count_nonzero", [.tensor(rows)])[0].ints()[0]
      }
      return Layer(layer: name, nonzeroFraction: Double(nonzero) / Double(source.count * source.dimensions))
    }
  }
}
