/// How a picture of any size becomes an image of one size for evaluation: what of it is kept, and how it is resized.
///
/// Written `central`, `central:0.875`, `resize:256` or `whole`. Sizes are rounded as torchvision 0.28 does.
public struct InputTransform: Codable, Hashable, Sendable {
  /// What is kept of the picture.
  public enum Fit: Hashable, Sendable, CustomStringConvertible {
    /// The central square (or rectangle of the target's aspect) whose side is this share of the largest one.
    /// The study's evaluation: share 1.
    case central(Double)
    /// The shorter side becomes this many pixels, then the centre is cut out (torchvision's Resize and CenterCrop).
    case resize(Int)
    /// The whole picture; the aspect is not kept.
    case whole

    /// Reads `central`, `central:0.875`, `resize:256`, `whole`; nil for anything else.
    public init?(_ text: String) {
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch (parts.first, parts.count > 1 ? parts[1] : nil) {
      case ("whole", nil): self = .whole
      case ("central", nil): self = .central(1)
      case ("central", let share?):
        guard let share = Double(share), share > 0, share <= 1 else { return nil }
        self = .central(share)
      case ("resize", let side?):
        guard let side = Int(side), (1...16_384).contains(side) else { return nil }
        self = .resize(side)
      default: return nil
      }
    }

    /// As it is written.
    public var description: String {
      switch self {
      case .central(let share): share == 1 ? "central" : "central:\(share)"
      case .resize(let side): "resize:\(side)"
      case .whole: "whole"
      }
    }
  }

  /// What is kept.
  public var fit: Fit
  /// How sizes are changed.
  public var interpolation: Interpolation
  /// Training pictures are never decoded at a reduced scale.
  public var isExact: Bool

  /// A transform; by default the study's: the largest central square, bicubic.
  public init(_ fit: Fit = .central(1), interpolation: Interpolation = .bicubic, isExact: Bool = false) {
    self.fit = fit
    self.interpolation = interpolation
    self.isExact = isExact
  }

  /// Encodes as text, `central bicubic`.
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }

  /// Decodes what `encode` writes.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    let parts = try value.decode(String.self).split(separator: " ").map(String.init)
    guard parts.count >= 2, let fit = Fit(parts[0]), let interpolation = Interpolation(rawValue: parts[1]) else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "expected a transform as 'central bicubic'")
    }
    self.init(fit, interpolation: interpolation, isExact: parts.last == "exact")
  }

  /// What to read of a picture of `width` x `height` for an image of `shape`.
  public func plan(width: Int, height: Int, shape: ImageShape) -> ResizePlan {
    let all = PixelRegion(x: 0, y: 0, width: width, height: height)
    switch fit {
    case .whole:
      return ResizePlan(all, width: shape.width, height: shape.height, interpolation: interpolation)
    case .central(let share):
      // The largest rectangle of the target's aspect that fits.
      var (w, h) = (width, height)
      if width * shape.height > height * shape.width {
        w = Self.rounded(Double(height) * Double(shape.width) / Double(shape.height))
      } else {
        h = Self.rounded(Double(width) * Double(shape.height) / Double(shape.width))
      }
      w = min(max(Self.rounded(Double(w) * share), 1), width)
      h = min(max(Self.rounded(Double(h) * share), 1), height)
      let source = PixelRegion(x: (width - w) / 2, y: (height - h) / 2, width: w, height: h)
      return ResizePlan(source, width: shape.width, height: shape.height, interpolation: interpolation)
    case .resize(let asked):
      // A crop larger than the shorter side would need padding; the resize grows instead.
      let side = max(asked, shape.width, shape.height)
      let (w, h) =
        width <= height ? (side, max(side * height / width, 1)) : (max(side * width / height, 1), side)
      let window = PixelRegion(
        x: Self.rounded(Double(w - shape.width) / 2), y: Self.rounded(Double(h - shape.height) / 2),
        width: shape.width, height: shape.height)
      return ResizePlan(all, width: w, height: h, window: window, interpolation: interpolation)
    }
  }

  /// Half to even, as Python's `round`.
  private static func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }
}

extension InputTransform: CustomStringConvertible {
  /// `central bicubic`, with ` exact` where scaled decoding is forbidden.
  public var description: String { "\(fit) \(interpolation.rawValue)\(isExact ? " exact" : "")" }
}
