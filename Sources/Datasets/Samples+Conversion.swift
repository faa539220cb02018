extension Samples {
  /// The same images at another size and number of channels, as a network for that shape takes them.
  ///
  /// Gray becomes colour by repeating it; colour becomes gray by ITU-R 601 luma as in Pillow,
  /// (19595 R + 38470 G + 7471 B + 32768) / 65536 rounded down. The size changes by antialiased bicubic
  /// interpolation, byte for byte as Pillow's; the aspect is not kept. Labels, names and groups stay.
  public func converted(to target: ImageShape) -> Samples {
    guard target != shape, target.count > 0 else { return self }
    if encoded != nil {
      var result = self
      result.shape = target
      return result
    }
    var planes = pixels
    var channels = shape.channels
    let plane = shape.height * shape.width
    if channels != target.channels && channels != 1 {
      planes = Samples.gray(planes, channels: channels, plane: plane)
      channels = 1
    }
    let resize = Resampling(
      height: shape.height, width: shape.width, newHeight: target.height, newWidth: target.width)
    planes = resize(planes, count: count * channels)
    if channels != target.channels {
      planes = Samples.repeated(planes, times: target.channels, plane: target.height * target.width)
    }
    return Samples(
      unchecked: planes, labels: labels, shape: target, classNames: classNames, groups: groups)
  }

  /// One plane from every three (luma), or from any other number (their mean).
  private static func gray(_ pixels: [UInt8], channels: Int, plane: Int) -> [UInt8] {
    let weights = channels == 3 ? [19595, 38470, 7471] : [Int](repeating: 65536 / channels, count: channels)
    let images = pixels.count / (channels * plane)
    return [UInt8](unsafeUninitializedCapacity: images * plane) { output, filled in
      pixels.withUnsafeBufferPointer { input in
        for image in 0..<images {
          for place in 0..<plane {
            var sum = 0x8000
            for channel in 0..<channels {
              sum += weights[channel] * Int(input[(image * channels + channel) * plane + place])
            }
            output[image * plane + place] = UInt8(min(255, sum >> 16))
          }
        }
      }
      filled = images * plane
    }
  }

  private static func repeated(_ pixels: [UInt8], times: Int, plane: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count * times)
    var start = 0
    while start < pixels.count {
      for _ in 0..<times { result.append(contentsOf: pixels[start..<start + plane]) }
      start += plane
    }
    return result
  }
}
