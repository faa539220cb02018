import CTorch

/// Shape and index. Negative dimensions count from the end.
extension Tensor {
  /// The same elements in another shape; -1 stands for what is left.
  public func reshape(_ shape: [Int]) throws(TorchError) -> Tensor {
    try Tensor { ct_reshape(raw, shape, shape.count, &$0) }
  }
  /// Dimensions of extent 1 repeated to `shape` without copying.
  public func expand(_ shape: [Int]) throws(TorchError) -> Tensor {
    try Tensor { ct_expand(raw, shape, shape.count, &$0) }
  }
  /// Dimensions in another order.
  public func permute(_ order: [Int]) throws(TorchError) -> Tensor {
    try Tensor { ct_permute(raw, order, order.count, &$0) }
  }
  /// Two dimensions swapped.
  public func transpose(_ a: Int, _ b: Int) throws(TorchError) -> Tensor { try Tensor { ct_transpose(raw, a, b, &$0) } }
  /// The transpose of a matrix.
  public func t() throws(TorchError) -> Tensor { try transpose(0, 1) }
  /// A new dimension of extent 1.
  public func unsqueeze(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_unsqueeze(raw, dim, &$0) } }
  /// A dimension of extent 1 removed.
  public func squeeze(_ dim: Int) throws(TorchError) -> Tensor { try Tensor { ct_squeeze(raw, dim, &$0) } }
  /// `length` slices of a dimension from `start`, sharing memory.
  public func narrow(_ dim: Int, _ start: Int, _ length: Int) throws(TorchError) -> Tensor {
    try Tensor { ct_narrow(raw, dim, start, length, &$0) }
  }
  /// One slice of a dimension, sharing memory.
  public func select(_ dim: Int, _ index: Int) throws(TorchError) -> Tensor {
    try Tensor { ct_select(raw, dim, index, &$0) }
  }
  /// The slices of a dimension that `indices` (i64) name.
  public func indexSelect(_ dim: Int, _ indices: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_index_select(raw, dim, indices.raw, &$0) }
  }
  /// A copy in which slice `indices[i]` has `source`'s slice i added.
  public func indexAdd(_ dim: Int, _ indices: Tensor, _ source: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_index_add(raw, dim, indices.raw, source.raw, &$0) }
  }
  /// Elements picked along a dimension by `indices` (i64) of the result's shape.
  public func gather(_ dim: Int, _ indices: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_gather(raw, dim, indices.raw, &$0) }
  }
  /// A copy with `source`'s elements put where `indices` (i64) say.
  public func scatter(_ dim: Int, _ indices: Tensor, _ source: Tensor) throws(TorchError) -> Tensor {
    try Tensor { ct_scatter(raw, dim, indices.raw, source.raw, &$0) }
  }
  /// Tensors joined along a dimension.
  public static func concat(_ parts: [Tensor], _ dim: Int = 0) throws(TorchError) -> Tensor {
    let handles = parts.map(\.raw)
    return try withExtendedLifetime(parts) { () throws(TorchError) in
      try Tensor { ct_concat(handles, handles.count, dim, &$0) }
    }
  }
  /// Tensors of one shape joined along a new dimension.
  public static func stack(_ parts: [Tensor], _ dim: Int = 0) throws(TorchError) -> Tensor {
    let handles = parts.map(\.raw)
    return try withExtendedLifetime(parts) { () throws(TorchError) in
      try Tensor { ct_stack(handles, handles.count, dim, &$0) }
    }
  }
  /// Labels (i64) [n] as rows of zeros with a one (i64) [n, classes].
  public func oneHot(_ classes: Int) throws(TorchError) -> Tensor { try Tensor { ct_one_hot(raw, classes, &$0) } }
  /// The diagonal over two dimensions, as the new last one, sharing memory.
  public func diagonal(_ a: Int = 0, _ b: Int = 1) throws(TorchError) -> Tensor {
    try Tensor { ct_diagonal(raw, a, b, &$0) }
  }
}
