/// The operations that automatic policies are made of, by torchvision's names.
///
/// A magnitude means: for shears the slope, for translations pixels, for a rotation degrees counter-clockwise, for
/// brightness, color, contrast and sharpness the factor less 1, for posterize the bits kept, for solarize the threshold.
enum ImageOperation: String, Hashable, Sendable, CaseIterable {
  case identity = "Identity"
  case shearX = "ShearX"
  case shearY = "ShearY"
  case translateX = "TranslateX"
  case translateY = "TranslateY"
  case rotate = "Rotate"
  case brightness = "Brightness"
  case color = "Color"
  case contrast = "Contrast"
  case sharpness = "Sharpness"
  case posterize = "Posterize"
  case solarize = "Solarize"
  case autoContrast = "AutoContrast"
  case equalize = "Equalize"
  case invert = "Invert"

  /// Changes the image, byte for byte as torchvision 0.28.0 does on Pillow 13.0.0 images with its default of the
  /// nearest pixel and black outside.
  func apply(to image: inout Bitmap, magnitude: Double) {
    switch self {
    case .identity: break
    case .shearX: image.shearHorizontally(magnitude)
    case .shearY: image.shearVertically(magnitude)
    case .translateX: image.translate(right: Int(magnitude), down: 0)
    case .translateY: image.translate(right: 0, down: Int(magnitude))
    case .rotate: image.rotate(degrees: magnitude)
    case .brightness: image.adjustBrightness(1 + magnitude)
    case .color: image.adjustSaturation(1 + magnitude)
    case .contrast: image.adjustContrast(1 + magnitude)
    case .sharpness: image.adjustSharpness(1 + magnitude)
    case .posterize: image.posterize(bits: Int(magnitude))
    case .solarize: image.solarize(threshold: magnitude)
    case .autoContrast: image.autoContrast()
    case .equalize: image.equalize()
    case .invert: image.invert()
    }
  }
}
