/// The magnitudes that automatic policies choose from: `bins` steps from the weakest to the strongest, as in
/// torchvision 0.28.0, in single precision like there.
enum MagnitudeScale: Sendable {
  /// That of AutoAugment and RandAugment; translations are a share of the image.
  case standard
  /// That of TrivialAugmentWide; translations are pixels.
  case wide

  /// Whether the magnitude is turned negative half the time.
  static func isSigned(_ operation: ImageOperation) -> Bool {
    switch operation {
    case .shearX, .shearY, .translateX, .translateY, .rotate, .brightness, .color, .contrast, .sharpness: true
    case .identity, .posterize, .solarize, .autoContrast, .equalize, .invert: false
    }
  }

  /// Magnitude `bin` of `bins` (at least 2) for an image of that size; 0 for operations that have none.
  func magnitude(of operation: ImageOperation, bin: Int, bins: Int, width: Int, height: Int) -> Double {
    let wide = self == .wide
    switch operation {
    case .shearX, .shearY: return Self.step(bin, of: bins, to: wide ? 0.99 : 0.3)
    case .translateX: return Self.step(bin, of: bins, to: wide ? 32 : 150 / 331 * Double(width))
    case .translateY: return Self.step(bin, of: bins, to: wide ? 32 : 150 / 331 * Double(height))
    case .rotate: return Self.step(bin, of: bins, to: wide ? 135 : 30)
    case .brightness, .color, .contrast, .sharpness: return Self.step(bin, of: bins, to: wide ? 0.99 : 0.9)
    case .posterize:
      let dropped = (Float(bin) / Float(Double(bins - 1) / (wide ? 6 : 4))).rounded(.toNearestOrEven)
      return Double(8 - dropped)
    case .solarize: return Self.step(bin, of: bins, from: 255, to: 0)
    case .identity, .autoContrast, .equalize, .invert: return 0
    }
  }

  /// Element `i` of `torch.linspace(start, end, count)` in single precision: counted from the nearer end, with the
  /// fused multiply-add that PyTorch uses on every processor with AVX2. (Without, 16 pixels for a shift of 15.999999.)
  static func step(_ i: Int, of count: Int, from start: Double = 0, to end: Double) -> Double {
    let (start, end) = (Float(start), Float(end))
    let step = (end - start) / Float(count - 1)
    return Double(
      i < count / 2 ? start.addingProduct(step, Float(i)) : end.addingProduct(-step, Float(count - 1 - i)))
  }
}
