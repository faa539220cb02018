import CTorch

/// Sums over rows of features [n, d], f32 in memory order on the processor: numbers in f32 within short runs, then in double.
extension Tensor {
  /// The sum of each column, [d] f64, in double throughout.
  public func columnSums() throws(TorchError) -> Tensor { try Tensor { ct_column_sums(raw, &$0) } }

  /// scale (x - `row`) for every row x, and the sum of the squares of each, [n] f64. `row` is [d] f64.
  public func subtracting(row: Tensor, scale: Double = 1) throws(TorchError) -> (rows: Tensor, squares: Tensor) {
    let (rows, squares) = try Tensor.pair("subtracting") { ct_subtract_row(raw, row.raw, scale, &$0, &$1) }
    return (rows, squares)
  }

  /// The same in panels of 16 rows, as `gram` takes them: [n / 16 (up), d, 16].
  public func panels(
    minus row: Tensor, scale: Double = 1
  ) throws(TorchError) -> (panels: Tensor, squares: Tensor) {
    let (panels, squares) = try Tensor.pair("panels") { ct_panels(raw, row.raw, scale, &$0, &$1) }
    return (panels, squares)
  }

  /// Sums over each of K classes of rows y about the first row of the class.
  public struct ClassSums {
    /// Of y - shift, [K, d] f64, and of its square, [K] f64.
    public let vectors, squares: Tensor
    /// Each class's first row, [K, d] f64 or f32, and how many rows it has, [K] i64.
    public let shifts, counts: Tensor

    /// Sums of nothing. `type` is f64, or f32 for sums mostly in f32.
    public init(classes: Int, dimensions: Int, type: ElementType) throws(TorchError) {
      vectors = try .zeros([classes, dimensions], type: .f64)
      squares = try .zeros([classes], type: .f64)
      shifts = try .zeros([classes, dimensions], type: type)
      counts = try .zeros([classes], type: .i64)
    }
  }

  /// Adds every row y = x - `center`, divided by its length if `unit`, to the sums of its class. `classes` is i64 [n], rows [n, d] f32 or f64. In
  /// double, and returns how many rows of zeros had no length and were left out. Or, where the shifts are f32 as the rows must be then, in
  /// f32 but for sums of more than four numbers: y - shift is good to 1e-7 of the length of y. Returns how many rows have a length
  /// that f32 does not hold; they were left out. The same bytes for any number of threads.
  public func addClassSums(
    _ classes: Tensor, center: Tensor? = nil, unit: Bool, to sums: ClassSums
  ) throws(TorchError) -> Int {
    var left = 0
    let error = ct_add_class_sums(
      raw, classes.raw, center?.raw ?? Tensor.absent, unit, sums.shifts.raw, sums.counts.raw, sums.vectors.raw,
      sums.squares.raw, &left)
    try check(error, "addClassSums")
    return left
  }

  /// The products of all rows with all rows of `other`, both in panels, [n, m] up to multiples of 16, which are 0. Faster than `matmul`
  /// where rows meet many others, since they are laid out once.
  public func gram(_ other: Tensor) throws(TorchError) -> Tensor { try Tensor { ct_gram(raw, other.raw, false, &$0) } }

  /// The products of all rows, in panels, with each other: those above the diagonal; 0 elsewhere.
  public func upperGram() throws(TorchError) -> Tensor { try Tensor { ct_gram(raw, raw, true, &$0) } }

  /// Unit vectors, but for rounding, and what `addAngles` takes of them.
  public struct UnitRows {
    /// [n, d] f32.
    public let rows: Tensor
    /// The same less a shift, in panels, and their squared lengths [n].
    public let panels, squares: Tensor
    /// What each row counts, [n] f64, and its class, [n] i64, below 2^31.
    public let weights, classes: Tensor

    /// `rows` with their weights and classes, less `shift` [d] f64.
    public init(rows: Tensor, shift: Tensor, weights: Tensor, classes: Tensor) throws(TorchError) {
      (self.rows, self.weights, self.classes) = (rows, weights, classes)
      (panels, squares) = try rows.panels(minus: shift)
    }
  }

  /// Adds to `sum` the angles, in radians, between the rows of `a` and those of `b`, each times both rows' weights: of rows of different class, or
  /// of all where `within`. Without `b` every pair of different rows of `a` once. Both are less the same shift, which should lie among
  /// them: angles come from products in f32, and from the rows themselves where those lose them (near-equal and near-opposite rows).
  public static func addAngles(
    _ a: UnitRows, _ b: UnitRows? = nil, within: Bool, to sum: inout Double
  ) throws(TorchError) {
    let other = b ?? a
    let products = try b == nil ? a.panels.upperGram() : a.panels.gram(other.panels)
    let error = ct_add_angles(
      products.raw, a.rows.raw, other.rows.raw, a.squares.raw, other.squares.raw, a.weights.raw, other.weights.raw,
      a.classes.raw, other.classes.raw, within, b == nil, &sum)
    try check(error, "addAngles")
  }

  /// Adds `factor` times the sum of the elementwise product of each of `pairs` of `tensors` (f32, of one size) to `sums`.
  public static func addDots(
    _ tensors: [Tensor], pairs: [(Int, Int)], factor: Double = 1, to sums: inout [Double]
  ) throws(TorchError) {
    guard sums.count == pairs.count else {
      throw TorchError(operation: "addDots", message: "\(sums.count) sums for \(pairs.count) pairs")
    }
    let handles = tensors.map(\.raw)
    let places = pairs.flatMap { [$0.0, $0.1] }
    let error = withExtendedLifetime(tensors) {
      ct_add_dots(handles, handles.count, places, pairs.count, factor, &sums)
    }
    try check(error, "addDots")
  }
}
