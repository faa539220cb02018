import CTorch

extension Tensor {
  /// An argument of an operator called by name.
  public enum Value {
    case none
    case tensor(Tensor)
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case tensors([Tensor])
  }

  /// Calls any of LibTorch's operators by its name, for what has no function here.
  ///
  /// ```swift
  /// let product = try Tensor.call("aten::cumprod", [.tensor(x), .int(1)])[0]
  /// ```
  /// Arguments go in the order of the operator's schema; those left out at the end take their defaults. Returns the
  /// tensors it returns. Throws for an unknown name, wrong arguments, or results that are no tensors.
  public static func call(
    _ name: String, overload: String = "", _ arguments: [Value]
  ) throws(TorchError) -> [Tensor] {
    var storage: [UnsafeMutableRawPointer] = []
    defer { for pointer in storage { pointer.deallocate() } }
    func keep<Element>(_ values: [Element]) -> UnsafePointer<Element> {
      let pointer = UnsafeMutablePointer<Element>.allocate(capacity: Swift.max(1, values.count))
      pointer.initialize(from: values, count: values.count)
      storage.append(UnsafeMutableRawPointer(pointer))
      return UnsafePointer(pointer)
    }
    let raw = arguments.map { argument in
      var value = ct_value(
        kind: ct_value_none, tensor: Tensor.absent, integer: 0, real: 0, ints: nil, tensors: nil)
      switch argument {
      case .none: break
      case .tensor(let tensor): (value.kind, value.tensor) = (ct_value_tensor, tensor.raw)
      case .int(let int): (value.kind, value.integer) = (ct_value_int, int)
      case .double(let double): (value.kind, value.real) = (ct_value_double, double)
      case .bool(let bool): (value.kind, value.integer) = (ct_value_bool, bool ? 1 : 0)
      case .ints(let ints): (value.kind, value.integer, value.ints) = (ct_value_ints, ints.count, keep(ints))
      case .tensors(let tensors):
        (value.kind, value.integer, value.tensors) = (ct_value_tensors, tensors.count, keep(tensors.map(\.raw)))
      }
      return value
    }
    var results = [ct_tensor](repeating: Tensor.noHandle, count: 16)
    var count = 0
    let error = withExtendedLifetime(arguments) {
      ct_call(name, overload, raw, raw.count, &results, results.count, &count)
    }
    try check(error, "call")
    return results.prefix(count).map(Tensor.init(owning:))
  }
}
