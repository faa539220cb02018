/// A brighter image: a constant added to the value of hue, saturation, value.
enum Brightness {
  static func apply(_ image: Bitmap, added: Double) -> Bitmap {
    let shares = CorruptionLevels.shares
    guard image.channels == 3 else {
      return CorruptionLevels.image(
        bytes: image.pixels.map { CorruptionLevels.byte(shares[Int($0)] + added) }, like: image)
    }
    var pixels = image.pixels
    pixels.withUnsafeMutableBufferPointer { pixels in
      for place in stride(from: 0, to: pixels.count, by: 3) {
        let rgb = (shares[Int(pixels[place])], shares[Int(pixels[place + 1])], shares[Int(pixels[place + 2])])
        let hsv = HSV(rgb.0, rgb.1, rgb.2)
        let brighter = HSV(hue: hsv.hue, saturation: hsv.saturation, value: min(hsv.value + added, 1)).rgb
        pixels[place] = CorruptionLevels.byte(brighter.0)
        pixels[place + 1] = CorruptionLevels.byte(brighter.1)
        pixels[place + 2] = CorruptionLevels.byte(brighter.2)
      }
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }
}

/// Hue, saturation and value of a colour, each in 0...1 (Smith, "Color gamut transform pairs", SIGGRAPH 1978).
struct HSV {
  var hue: Double
  var saturation: Double
  var value: Double

  init(hue: Double, saturation: Double, value: Double) {
    self.hue = hue
    self.saturation = saturation
    self.value = value
  }

  /// Of red, green and blue in 0...1. Of equal largest channels the last decides, as in scikit-image.
  init(_ red: Double, _ green: Double, _ blue: Double) {
    value = max(red, green, blue)
    let range = value - min(red, green, blue)
    guard range > 0 else {
      hue = 0
      saturation = 0
      return
    }
    saturation = range / value
    let sector =
      blue == value
      ? 4 + (red - green) / range : green == value ? 2 + (blue - red) / range : (green - blue) / range
    let turn = sector / 6
    hue = turn - turn.rounded(.down)
  }

  /// Red, green and blue in 0...1.
  var rgb: (Double, Double, Double) {
    let sector = (hue * 6).rounded(.down)
    let part = hue * 6 - sector
    let p = value * (1 - saturation)
    let q = value * (1 - part * saturation)
    let t = value * (1 - (1 - part) * saturation)
    switch Int(sector) % 6 {
    case 0: return (value, t, p)
    case 1: return (q, value, p)
    case 2: return (p, value, t)
    case 3: return (p, q, value)
    case 4: return (t, p, value)
    default: return (value, p, q)
    }
  }
}

/// Less contrast: every channel drawn towards its mean over the image.
enum Contrast {
  static func apply(_ image: Bitmap, kept: Double) -> Bitmap {
    let channels = image.channels
    var pixels = image.pixels
    for channel in 0..<channels {
      var sum = 0.0
      for place in stride(from: channel, to: pixels.count, by: channels) {
        sum += CorruptionLevels.shares[Int(pixels[place])]
      }
      let mean = sum / Double(image.width * image.height)
      let table = CorruptionLevels.shares.map { CorruptionLevels.byte(($0 - mean) * kept + mean) }
      for place in stride(from: channel, to: pixels.count, by: channels) { pixels[place] = table[Int(pixels[place])] }
    }
    return CorruptionLevels.image(bytes: pixels, like: image)
  }
}

extension Corruption {
  /// More light.
  public static let brightness = Corruption("brightness", index: 10, group: .weather, isRandom: false) {
    image, severity, table, _ in
    let added = table.pick(
      severity, imageNet: [0.1, 0.2, 0.3, 0.4, 0.5], tinyImageNet: [0.1, 0.2, 0.3, 0.4, 0.5],
      cifar: [0.05, 0.1, 0.15, 0.2, 0.3])
    return Brightness.apply(image, added: added)
  }

  /// Less contrast.
  public static let contrast = Corruption("contrast", index: 11, group: .digital, isRandom: false) {
    image, severity, table, _ in
    let kept = table.pick(
      severity, imageNet: [0.4, 0.3, 0.2, 0.1, 0.05], tinyImageNet: [0.4, 0.3, 0.2, 0.1, 0.05],
      cifar: [0.75, 0.5, 0.4, 0.3, 0.15])
    return Contrast.apply(image, kept: kept)
  }
}
