extension Samples {
  /// Planes whose columns are stored one after another, as MATLAB has them, turned so that rows are.
  ///
  /// `bytes` holds whole planes of width x height: element (row, column) of a plane at column * height + row.
  static func rowMajor(_ bytes: ArraySlice<UInt8>, height: Int, width: Int) -> [UInt8] {
    let plane = height * width
    guard plane > 0 else { return [] }
    let planes = bytes.count / plane
    return [UInt8](unsafeUninitializedCapacity: planes * plane) { output, filled in
      bytes.withUnsafeBufferPointer { input in
        for start in stride(from: 0, to: planes * plane, by: plane) {
          for row in 0..<height {
            for column in 0..<width { output[start + row * width + column] = input[start + column * height + row] }
          }
        }
      }
      filled = planes * plane
    }
  }

  /// Images whose channels are interleaved, turned so that each channel is a plane.
  static func planar(_ bytes: ArraySlice<UInt8>, channels: Int, plane: Int) -> [UInt8] {
    let size = channels * plane
    guard size > 0 else { return [] }
    let images = bytes.count / size
    return [UInt8](unsafeUninitializedCapacity: images * size) { output, filled in
      bytes.withUnsafeBufferPointer { input in
        for start in stride(from: 0, to: images * size, by: size) {
          for channel in 0..<channels {
            for place in 0..<plane {
              output[start + channel * plane + place] = input[start + place * channels + channel]
            }
          }
        }
      }
      filled = images * size
    }
  }
}
