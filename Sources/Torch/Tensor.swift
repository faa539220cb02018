import CTorch

/// An array of numbers with a shape, held by LibTorch.
///
/// A tensor belongs to the task that made it: it is not `Sendable`, so the compiler stops it from entering another.
/// Memory is freed at the last use. Operations follow LibTorch's names and broadcasting rules; each throws
/// `TorchError` with LibTorch's words instead of ending the process.
public final class Tensor {
  let raw: ct_tensor

  /// The only way in: `body` writes the handle that this object then owns.
  init(_ operation: StaticString = #function, _ body: (inout ct_tensor) -> OpaquePointer?) throws(TorchError) {
    var handle = Tensor.noHandle
    try check(body(&handle), operation)
    raw = handle
  }

  init(owning raw: ct_tensor) { self.raw = raw }

  /// What a handle holds before it is written, and the absent optional argument.
  static var noHandle: ct_tensor { ct_tensor(impl: nil) }
  static var absent: ct_tensor { noHandle }

  deinit { ct_tensor_free(raw) }
}

extension Tensor {
  /// Copies `values`, row-major, into a tensor of `shape`. Throws when the count does not fit the shape.
  public convenience init<Element: TensorElement>(_ values: [Element], shape: [Int]) throws(TorchError) {
    try self.init("Tensor") { out in
      values.withUnsafeBytes { bytes in
        ct_from_data(
          bytes.baseAddress, bytes.count, Element.elementType.raw, shape,
          shape.count, &out)
      }
    }
  }

  /// A vector of `values`.
  public convenience init<Element: TensorElement>(_ values: [Element]) throws(TorchError) {
    try self.init(values, shape: [values.count])
  }

  /// Copies raw bytes of elements of `type`, row-major, little-endian as in memory.
  public convenience init(bytes: UnsafeRawBufferPointer, type: ElementType, shape: [Int]) throws(TorchError) {
    try self.init("Tensor") { out in
      ct_from_data(
        bytes.baseAddress, bytes.count, type.raw, shape, shape.count, &out)
    }
  }

  /// The elements of `type` in a part of a mapped file, row-major, little-endian, without a copy; it stays mapped as long as the
  /// tensor, or a view of it, lives.
  public convenience init(mapping part: MappedPart, type: ElementType, shape: [Int]) throws(TorchError) {
    guard let start = part.bytes.baseAddress else {
      throw TorchError(operation: "Tensor", message: "no bytes for shape \(shape)")
    }
    let owner = Unmanaged.passRetained(part)
    try self.init("Tensor") { out in
      ct_from_memory(
        UnsafeMutableRawPointer(mutating: start), part.bytes.count, type.raw, shape, shape.count,
        owner.toOpaque(), { Unmanaged<MappedPart>.fromOpaque($0).release() }, &out)
    }
  }

  /// A tensor whose f32 elements are not set yet, and where they lie, row-major; the address lives as long as the tensor.
  /// `pinned` memory is copied to CUDA devices while the processor goes on.
  public static func uninitialized(
    _ shape: [Int], pinned: Bool = false
  ) throws(TorchError) -> (tensor: Tensor, elements: UnsafeMutablePointer<Float>?) {
    var data: UnsafeMutableRawPointer?
    let tensor = try Tensor { ct_empty(shape, shape.count, ElementType.f32.raw, pinned, &$0, &data) }
    return (tensor, data?.assumingMemoryBound(to: Float.self))
  }

  /// Whether another tensor (a view, or one that is kept for a gradient) uses this one's memory.
  public var isShared: Bool { ct_is_shared(raw) != 0 }

  /// A tensor of zeros.
  public static func zeros(_ shape: [Int], type: ElementType = .f32) throws(TorchError) -> Tensor {
    try full(shape, 0, type: type)
  }

  /// A tensor of ones.
  public static func ones(_ shape: [Int], type: ElementType = .f32) throws(TorchError) -> Tensor {
    try full(shape, 1, type: type)
  }

  /// A tensor whose elements all equal `value`.
  public static func full(_ shape: [Int], _ value: Double, type: ElementType = .f32) throws(TorchError) -> Tensor {
    try Tensor { ct_full(shape, shape.count, value, type.raw, &$0) }
  }

  /// 0, 1, ..., count - 1.
  public static func arange(
    _ count: Int, type: ElementType = .i64, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try Tensor { ct_arange(count, type.raw, device.raw, device.index, &$0) }
  }

  /// The identity matrix [n, n].
  public static func eye(_ n: Int, type: ElementType = .f32) throws(TorchError) -> Tensor {
    try Tensor { ct_eye(n, type.raw, &$0) }
  }
}

extension Tensor {
  /// The extent of each dimension.
  public var shape: [Int] {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: 16) { buffer in
      var n = 0
      guard let base = buffer.baseAddress, let error = ct_shape(raw, base, 16, &n) else {
        return Array(buffer.prefix(n))
      }
      ct_error_free(error)  // more than 16 dimensions: nothing here makes such a tensor
      return []
    }
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The type of the elements.
  public var elementType: ElementType {
    var type = ct_f32
    if let error = ct_element_type(raw, &type) { ct_error_free(error) }
    return ElementType(raw: type)
  }

  /// Where the elements are.
  public var device: Device {
    var (kind, index) = (ct_cpu, 0)
    if let error = ct_device_of(raw, &kind, &index) { ct_error_free(error) }
    return Device(raw: kind, index: index)
  }

  /// The only element, as a double. Throws when there are more.
  public func item() throws(TorchError) -> Double {
    var value = 0.0
    try check(ct_item(raw, &value), "item")
    return value
  }

  /// Whether no element is NaN or infinite.
  public func isAllFinite() throws(TorchError) -> Bool {
    var value = false
    try check(ct_all_finite(raw, &value), "isAllFinite")
    return value
  }

  /// The elements, converted and copied out row-major.
  public func array<Element: TensorElement>(of type: Element.Type) throws(TorchError) -> [Element] {
    let n = count
    var failure: OpaquePointer?
    let values = [Element](unsafeUninitializedCapacity: n) { buffer, initialized in
      failure = ct_copy_out(
        raw, Element.elementType.raw, buffer.baseAddress,
        n * MemoryLayout<Element>.stride)
      if failure != nil { buffer.initialize(repeating: .zero) }
      initialized = n
    }
    try check(failure, "array")
    return values
  }

  /// The elements as `Float`.
  public func floats() throws(TorchError) -> [Float] { try array(of: Float.self) }
  /// The elements as `Double`.
  public func doubles() throws(TorchError) -> [Double] { try array(of: Double.self) }
  /// The elements as `Int`.
  public func ints() throws(TorchError) -> [Int] { try array(of: Int.self) }

  /// The elements' bytes in their own type, row-major.
  public func bytes() throws(TorchError) -> [UInt8] {
    let type = elementType
    let n = count * type.size
    var failure: OpaquePointer?
    let values = [UInt8](unsafeUninitializedCapacity: n) { buffer, initialized in
      failure = ct_copy_out(raw, type.raw, buffer.baseAddress, n)
      if failure != nil { buffer.initialize(repeating: 0) }
      initialized = n
    }
    try check(failure, "bytes")
    return values
  }

  /// A copy with its own memory.
  public func clone() throws(TorchError) -> Tensor { try Tensor { ct_clone(raw, &$0) } }
  /// The elements converted to `type`; the tensor itself when it has that type.
  public func to(_ type: ElementType) throws(TorchError) -> Tensor { try Tensor { ct_to_type(raw, type.raw, &$0) } }
  /// The same on another device; the tensor itself when it is there. Without `waits` a copy from pinned memory may still be
  /// under way: work on that device sees it done.
  public func to(_ device: Device, waits: Bool = true) throws(TorchError) -> Tensor {
    try Tensor { ct_to_device(raw, device.raw, device.index, waits, &$0) }
  }
  /// A copy in memory that CUDA devices copy from while the processor goes on.
  public func pinned() throws(TorchError) -> Tensor { try Tensor { ct_pin(raw, &$0) } }
  /// The same elements in row-major memory.
  public func contiguous() throws(TorchError) -> Tensor { try Tensor { ct_contiguous(raw, &$0) } }
  /// The same elements [n, c, h, w] with memory in the order n, h, w, c, which convolutions like best.
  public func channelsLast() throws(TorchError) -> Tensor { try Tensor { ct_channels_last(raw, &$0) } }
  /// Overwrites the elements with `source`, broadcast, converted and brought to this device. Gradients ignore it. `waits` as
  /// for `to`.
  public func assign(_ source: Tensor, waits: Bool = true) throws(TorchError) {
    try check(ct_copy_(raw, source.raw, waits), "assign")
  }
  /// Overwrites every element with `value`; nothing waits for the device.
  public func fill(_ value: Double) throws(TorchError) { try check(ct_fill_(raw, value), "fill") }
}
