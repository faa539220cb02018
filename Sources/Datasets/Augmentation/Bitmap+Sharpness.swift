extension Bitmap {
  /// Sharpness: blends a smoothed image with the image, `factor` being the latter's share; above 1 it extrapolates.
  ///
  /// Smoothing is the mean over 3 x 3 pixels with weight 5 in the middle, rounded; the outermost pixels stay, and so
  /// does an image with a side below 3. The bytes of Pillow 13.0.0's `ImageEnhance.Sharpness`.
  mutating func adjustSharpness(_ factor: Double) {
    guard width >= 3, height >= 3 else { return }
    let (stride, channels, factor) = (stride, channels, Float(factor))
    let original = pixels
    // The sum of each column of three, one row at a time.
    var columns = [Int32](repeating: 0, count: stride)
    original.withUnsafeBufferPointer { original in
      columns.withUnsafeMutableBufferPointer { columns in
        pixels.withUnsafeMutableBufferPointer { pixels in
          for y in 1..<height - 1 {
            let row = y * stride
            for i in 0..<stride {
              columns[i] =
                Int32(original[row - stride + i]) &+ Int32(original[row + i]) &+ Int32(original[row + stride + i])
            }
            for i in channels..<stride - channels {
              let value = Int32(original[row + i])
              let sum = columns[i - channels] &+ columns[i] &+ columns[i + channels] &+ 4 &* value
              let smooth = UInt32(truncatingIfNeeded: 2 &* sum &+ 13) / 26
              pixels[row + i] = Self.blended(Float(smooth), Float(value), factor)
            }
          }
        }
      }
    }
  }
}
