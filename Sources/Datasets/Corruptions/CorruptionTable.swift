/// Which of the published tables of strengths a corruption takes.
///
/// The three come from the scripts that made the published sets (github.com/hendrycks/robustness, folder
/// `ImageNet-C/create_c`: `make_imagenet_c.py`, `make_tinyimagenet_c.py`, `make_cifar_c.py`); that of ImageNet-C with
/// the changes of the Python package `imagecorruptions` 1.1.2, which carries it to other sizes.
public enum CorruptionTable: String, Codable, Sendable, CaseIterable, CodingKeyRepresentable {
  /// ImageNet-C, made for 224 x 224.
  case imageNet = "imagenet-c"
  /// Tiny-ImageNet-C, made for 64 x 64.
  case tinyImageNet = "tiny-imagenet-c"
  /// CIFAR-10-C and CIFAR-100-C, made for 32 x 32.
  case cifar = "cifar-10-c"

  /// The table that suits an image by its shorter side: CIFAR-10-C up to 32, Tiny-ImageNet-C up to 64, else ImageNet-C.
  public init(width: Int, height: Int) {
    switch min(width, height) {
    case ...32: self = .cifar
    case ...64: self = .tinyImageNet
    default: self = .imageNet
    }
  }

  /// The value of a severity in 1...5 from this table's list.
  func pick<Value>(_ severity: Int, imageNet: [Value], tinyImageNet: [Value], cifar: [Value]) -> Value {
    let list =
      switch self {
      case .imageNet: imageNet
      case .tinyImageNet: tinyImageNet
      case .cifar: cifar
      }
    return list[max(0, min(list.count, severity) - 1)]
  }
}
