/// A rubber sheet: every pixel displaced by a smooth random field, linear interpolation, mirrored border.
enum ElasticTransform {
  /// Displaces by fields [height, width] of columns and rows, in pixels.
  static func apply(_ image: [Float], like shape: Bitmap, dx: [Float], dy: [Float]) -> [Float] {
    sampled(image, like: shape, border: .reflect) { x, y in
      let place = y * shape.width + x
      return (Double(x) + Double(dx[place]), Double(y) + Double(dy[place]))
    }
  }

  /// The image read at other places by linear interpolation.
  static func sampled(
    _ image: [Float], like shape: Bitmap, border: Border, at source: (Int, Int) -> (x: Double, y: Double)
  ) -> [Float] {
    let (width, height, channels) = (shape.width, shape.height, shape.channels)
    return [Float](unsafeUninitializedCapacity: image.count) { output, filled in
      image.withUnsafeBufferPointer { input in
        var to = 0
        for y in 0..<height {
          for x in 0..<width {
            let place = source(x, y)
            let (left, top) = (place.x.rounded(.down), place.y.rounded(.down))
            let (fx, fy) = (place.x - left, place.y - top)
            let x0 = border.place(Int(left), size: width) * channels
            let x1 = border.place(Int(left) + 1, size: width) * channels
            let y0 = border.place(Int(top), size: height) * width * channels
            let y1 = border.place(Int(top) + 1, size: height) * width * channels
            let (a, b) = ((1 - fy) * (1 - fx), (1 - fy) * fx)
            let (c, d) = (fy * (1 - fx), fy * fx)
            for channel in 0..<channels {
              let upper = Double(input[y0 + x0 + channel]) * a + Double(input[y0 + x1 + channel]) * b
              let lower = Double(input[y1 + x0 + channel]) * c + Double(input[y1 + x1 + channel]) * d
              output[to] = Float(upper + lower)
              to += 1
            }
          }
        }
      }
      filled = image.count
    }
  }

  /// A smooth field: the noise [height, width] blurred and scaled.
  static func smooth(
    _ noise: [Double], height: Int, width: Int, sigma: (y: Double, x: Double), scale: Double
  ) -> [Float] {
    let vertical = GaussianFilter(sigma: sigma.y, truncate: 3, border: .reflect)
    let horizontal = GaussianFilter(sigma: sigma.x, truncate: 3, border: .reflect)
    return GaussianFilter.blur(
      noise, height: height, width: width, channels: 1, vertical: vertical, horizontal: horizontal
    ).map { Float($0 * scale) }
  }

  /// Brightness in single precision, 1 for white, and back.
  static func shares(of image: Bitmap) -> [Float] { image.pixels.map { Float($0) / 255 } }

  static func image(_ shares: [Float], like image: Bitmap) -> Bitmap {
    CorruptionLevels.image(bytes: shares.map { UInt8(min(max($0, 0), 1) * 255) }, like: image)
  }
}

/// A map of the plane onto itself that keeps lines straight and parallel.
struct AffineMap {
  /// x' = a x + b y + c, y' = d x + e y + f.
  var a, b, c, d, e, f: Double

  /// The map that takes three points to three others; nil if the first lie on a line.
  init?(from p: [(x: Double, y: Double)], to q: [(x: Double, y: Double)]) {
    guard p.count == 3, q.count == 3 else { return nil }
    let (ux, uy) = (p[1].x - p[0].x, p[1].y - p[0].y)
    let (vx, vy) = (p[2].x - p[0].x, p[2].y - p[0].y)
    let area = ux * vy - uy * vx
    guard abs(area) > 1e-9 else { return nil }
    func row(_ q0: Double, _ q1: Double, _ q2: Double) -> (Double, Double, Double) {
      let a = ((q1 - q0) * vy - (q2 - q0) * uy) / area
      let b = ((q2 - q0) * ux - (q1 - q0) * vx) / area
      return (a, b, q0 - a * p[0].x - b * p[0].y)
    }
    (a, b, c) = row(q[0].x, q[1].x, q[2].x)
    (d, e, f) = row(q[0].y, q[1].y, q[2].y)
  }

  /// Where a point goes.
  func callAsFunction(_ x: Double, _ y: Double) -> (x: Double, y: Double) { (a * x + b * y + c, d * x + e * y + f) }
}

extension Corruption {
  /// A rubber sheet.
  ///
  /// With ImageNet-C's table as in `imagecorruptions`, whose displacements differ from those of the published set; with
  /// the small tables a random affine map comes first, as in the published scripts.
  public static let elasticTransform = Corruption(
    "elastic_transform", aliases: ["elastic"], index: 12, group: .digital
  ) { image, severity, table, random in
    let (width, height) = (image.width, image.height)
    var shares = ElasticTransform.shares(of: image)
    let side = Double(min(width, height))
    let reach: Double
    let sigma: (y: Double, x: Double)
    let scale: Double
    if table == .imageNet {
      reach = Double(height) * 0.005
      sigma = (Double(height) * 0.01, Double(width) * 0.01)
      scale = 250 * [0.05, 0.065, 0.085, 0.1, 0.12][severity - 1]
    } else {
      // Shares of the side: of the displacement, of its smoothness, of the affine map's corners.
      let parts = table.pick(
        severity, imageNet: [],
        tinyImageNet: [(0, 0, 0.08), (0.05, 0.3, 0.06), (0.1, 0.08, 0.06), (0.1, 0.03, 0.03), (0.16, 0.03, 0.02)],
        cifar: [(0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)])
      reach = 1
      sigma = (side * parts.1, side * parts.1)
      scale = side * parts.0
      let corners = ElasticTransform.corners(height: height, width: width)
      let limit = side * parts.2
      let moved = corners.map { ($0.x + random.uniform(-limit, limit), $0.y + random.uniform(-limit, limit)) }
      if let back = AffineMap(from: moved, to: corners) {
        shares = ElasticTransform.sampled(shares, like: image, border: .mirror) { back(Double($0), Double($1)) }
      }
    }
    let fields = (0..<2).map { _ in
      ElasticTransform.smooth(
        random.uniforms(width * height, -reach, reach), height: height, width: width, sigma: sigma, scale: scale)
    }
    shares = ElasticTransform.apply(shares, like: image, dx: fields[0], dy: fields[1])
    return ElasticTransform.image(shares, like: image)
  }
}

extension ElasticTransform {
  /// The three points that the affine map moves, a third of the shorter side around the centre.
  static func corners(height: Int, width: Int) -> [(x: Double, y: Double)] {
    let (first, second, size) = (Double(height / 2), Double(width / 2), Double(min(height, width) / 3))
    return [(first + size, second + size), (first + size, second - size), (first - size, second - size)]
  }
}
