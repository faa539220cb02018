import CTorch

/// The type of a tensor's elements.
public enum ElementType: String, Sendable, Codable, CaseIterable {
  case u8, i64, bool, f16, bf16, f32, f64

  /// Bytes one element takes.
  public var size: Int {
    switch self {
    case .u8, .bool: 1
    case .f16, .bf16: 2
    case .f32: 4
    case .i64, .f64: 8
    }
  }

  /// Whether it stands for real numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    case .u8, .i64, .bool: false
    }
  }

  var raw: ct_type {
    switch self {
    case .u8: ct_u8
    case .i64: ct_i64
    case .bool: ct_bool
    case .f16: ct_f16
    case .bf16: ct_bf16
    case .f32: ct_f32
    case .f64: ct_f64
    }
  }

  init(raw: ct_type) {
    switch raw {
    case ct_u8: self = .u8
    case ct_i64: self = .i64
    case ct_bool: self = .bool
    case ct_f16: self = .f16
    case ct_bf16: self = .bf16
    case ct_f64: self = .f64
    default: self = .f32
    }
  }
}

/// A Swift type whose values can be tensor elements.
public protocol TensorElement: Sendable {
  /// The element type that it becomes.
  static var elementType: ElementType { get }
  /// A value to fill buffers with before they are written.
  static var zero: Self { get }
}

extension Float: TensorElement {
  /// f32.
  public static var elementType: ElementType { .f32 }
}
extension Double: TensorElement {
  /// f64.
  public static var elementType: ElementType { .f64 }
}
extension Int: TensorElement {
  /// i64.
  public static var elementType: ElementType { .i64 }
}
extension UInt8: TensorElement {
  /// u8.
  public static var elementType: ElementType { .u8 }
}
