import CCodecs

/// How bytes of colour pixels become values: byte * scale + offset, for each channel.
public struct PixelNormalization: Hashable, Sendable {
  /// Factors of red, green and blue.
  public var scale: SIMD3<Float>
  /// What is added after the factors.
  public var offset: SIMD3<Float>

  /// Factors and offsets.
  public init(scale: SIMD3<Float>, offset: SIMD3<Float>) {
    self.scale = scale
    self.offset = offset
  }

  func raw(isMirrored: Bool) -> cc_normalization {
    cc_normalization(
      scale: (scale.x, scale.y, scale.z), offset: (offset.x, offset.y, offset.z), flip: isMirrored ? 1 : 0)
  }

  /// Normalizes pixels [.., 3] into as many values.
  public func apply(to pixels: UnsafeBufferPointer<UInt8>, into out: UnsafeMutablePointer<Float>) {
    guard let from = pixels.baseAddress else { return }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 6) { factors in
      guard let base = factors.baseAddress else { return }
      for channel in 0..<3 {
        factors.initializeElement(at: channel, to: scale[channel])
      }
      for channel in 0..<3 {
        factors.initializeElement(at: 3 + channel, to: offset[channel])
      }
      cc_normalize(from, pixels.count / 3, base, base + 3, out)
    }
  }
}
