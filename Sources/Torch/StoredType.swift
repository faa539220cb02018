/// Type of the numbers in a file, little endian, named as safetensors names them.
public enum StoredType: String, Codable, Hashable, Sendable, CaseIterable {
  case bool = "BOOL"
  case u8 = "U8"
  case i8 = "I8"
  case u16 = "U16"
  case i16 = "I16"
  case f16 = "F16"
  case bf16 = "BF16"
  case u32 = "U32"
  case i32 = "I32"
  case f32 = "F32"
  case u64 = "U64"
  case i64 = "I64"
  case f64 = "F64"

  /// Bytes taken by one number.
  public var size: Int {
    switch self {
    case .bool, .u8, .i8: 1
    case .u16, .i16, .f16, .bf16: 2
    case .u32, .i32, .f32: 4
    case .u64, .i64, .f64: 8
    }
  }

  /// Whether it stores numbers with a fraction.
  public var isFloatingPoint: Bool {
    switch self {
    case .f16, .bf16, .f32, .f64: true
    default: false
    }
  }

  /// Bytes of an array of this type, nil when a side is negative or the product does not fit.
  public func byteCount(shape: [Int]) -> Int? {
    // A zero makes the product zero whatever the other sides are, so it must not hide a negative one.
    guard shape.allSatisfy({ $0 >= 0 }) else { return nil }
    if shape.contains(0) { return 0 }
    var total = size
    for side in shape {
      let (product, overflow) = total.multipliedReportingOverflow(by: side)
      if overflow { return nil }
      total = product
    }
    return total
  }
}
