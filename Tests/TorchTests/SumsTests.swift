import TestSupport
import Testing
import Torch

/// Sums and products of rows of features, against LibTorch's in f64. Sizes with and without whole panels, vectors and blocks.
@Suite struct SumsTests {
  private func rows(_ stream: UInt64, _ n: Int, _ d: Int, offset: Double = 0) throws -> Tensor {
    try Tensor(counterNumbers(stream, n * d).map { $0 + offset }, shape: [n, d]).to(.f32)
  }

  private func panels(_ x: Tensor) throws -> Tensor { try x.panels(minus: .zeros([x.shape[1]], type: .f64)).panels }

  static let sizes = [(1, 1), (3, 5), (16, 16), (17, 33), (70, 300), (200, 1100), (130, 256), (257, 48)]

  @Test(arguments: sizes)
  func sums(n: Int, d: Int) throws {
    let x = try rows(1, n, d, offset: 3)
    let wide = try x.to(.f64)
    #expect(try relativeGap(x.columnSums(), wide.sum([0])) <= 1e-6)
    let center = try wide.mean([0])
    let (y, squares) = try x.subtracting(row: center, scale: 0.5)
    let wanted = try (wide - center) * 0.5
    #expect(try relativeGap(y, wanted) <= 1e-6)
    #expect(try relativeGap(squares, wanted.square().sum([1])) <= 1e-6)
    let (packed, ofPanels) = try x.panels(minus: center, scale: 0.5)
    #expect(try relativeGap(ofPanels, wanted.square().sum([1])) <= 1e-6)
    let unpacked = try packed.permute([0, 2, 1]).reshape([(n + 15) / 16 * 16, d])
    #expect(
      try relativeGap(unpacked.narrow(0, 0, n), y) <= 1e-7
        && unpacked.square().sum().item() <= 1.00001 * y.square().sum().item() + 1e-9)
    var sums = [1.0, 0, 0]
    try Tensor.addDots([x, y], pairs: [(0, 0), (0, 1), (1, 1)], factor: 2, to: &sums)
    let dots = try [wide.square(), wide * wanted, wanted.square()].map { try $0.sum().item() }
    #expect(relativeGap(sums, [1 + 2 * dots[0], 2 * dots[1], 2 * dots[2]]) <= 1e-6)
  }

  @Test(arguments: sizes, sizes)
  func gram(a: (n: Int, d: Int), b: (n: Int, d: Int)) throws {
    let (x, y) = (try rows(2, a.n, a.d), try rows(3, b.n, a.d))
    let found = try panels(x).gram(panels(y))
    let (height, width) = ((a.n + 15) / 16 * 16, (b.n + 15) / 16 * 16)
    #expect(found.shape == [height, width])
    let inner = try found.narrow(0, 0, a.n).narrow(1, 0, b.n)
    #expect(try relativeGap(inner, x.to(.f64).matmul(y.to(.f64).t())) <= 1e-6)
    let outside = try found.abs().sum().item() - inner.abs().sum().item()
    #expect(abs(outside) <= 1e-3 * (try inner.abs().sum().item()))
  }

  @Test(arguments: sizes)
  func upperGram(n: Int, d: Int) throws {
    let x = try rows(4, n, d)
    let found = try panels(x).upperGram()
    let wide = try x.to(.f64).matmul(x.to(.f64).t())
    let upper = try Tensor.call("aten::triu", [.tensor(wide), .int(1)])[0]
    #expect(try relativeGap(found.narrow(0, 0, n).narrow(1, 0, n), upper) <= 1e-6)
    // Nothing below the diagonal or beyond the rows.
    #expect(
      try abs(found.square().sum().item() - upper.square().sum().item()) <= 1e-5 * max(1, upper.square().sum().item()))
  }

  /// Few classes, as many as there are parts, and more; one of them empty. f32 and f64, with centre and without, in two parts; sums in double and
  /// in f32, also of rows of which a class has nearly the same.
  @Test(arguments: [1, 2, 40, 300], [5, 33, 130])
  func classSums(count: Int, d: Int) throws {
    let n = 700
    let classes = (0..<n).map { $0 * 7 % count == 1 ? 0 : $0 * 7 % count }
    let index = try Tensor(classes)
    for (type, sumType, spread) in [
      (ElementType.f32, ElementType.f64, 1.0), (.f64, .f64, 1), (.f32, .f32, 1), (.f32, .f32, 1e-3),
    ] {
      let x = try (rows(6, count, d, offset: 2).indexSelect(0, index) + rows(5, n, d) * spread).to(type)
      let wide = try x.to(.f64)
      for (center, unit) in [(nil, false), (nil, true), (try wide.mean([0]), true)] as [(Tensor?, Bool)] {
        var y = wide
        if let center { y = try y - center }
        if unit { y = try y / y.norm(1, keep: true) }
        let firsts = try Tensor((0..<count).map { classes.firstIndex(of: $0) ?? 0 })
        let present = try Tensor((0..<count).map { classes.contains($0) ? 1.0 : 0 }).unsqueeze(1)
        let shifts = try y.indexSelect(0, firsts) * present
        let sums = try Tensor.ClassSums(classes: count, dimensions: d, type: sumType)
        for range in [0..<300, 300..<n] {
          let part = try x.narrow(0, range.lowerBound, range.count)
          let labels = try index.narrow(0, range.lowerBound, range.count)
          #expect(try part.contiguous().addClassSums(labels.contiguous(), center: center, unit: unit, to: sums) == 0)
        }
        #expect(try relativeGap(sums.shifts.to(.f64), shifts) <= (sumType == .f64 ? 1e-14 : 1e-7))
        // About the very shifts that were taken, which f32 has rounded.
        y = try y - sums.shifts.to(.f64).indexSelect(0, index)
        let wanted = try Tensor.zeros([count, d], type: .f64).indexAdd(0, index, y)
        let wantedSquares = try Tensor.zeros([count], type: .f64).indexAdd(0, index, y.square().sum([1]))
        // In f32 rows are good to 1e-7 of their length, `spread` of which is left after the shift.
        let tolerance = sumType == .f64 ? 1e-12 : 1e-7 / min(spread, 0.1)
        #expect(try relativeGap(sums.vectors, wanted) <= tolerance, "\(type) \(sumType) \(spread) \(unit)")
        #expect(try relativeGap(sums.squares, wantedSquares) <= tolerance, "\(type) \(sumType) \(spread) \(unit)")
        #expect(try sums.counts.ints() == (0..<count).map { c in classes.count { $0 == c } })
      }
    }
  }

  /// Lengths beyond what squares hold, and none at all.
  @Test func extremeLengths() throws {
    let x = try Tensor([3e200, 4e200, 0, 0, 3e-200, 4e-200] as [Double], shape: [3, 2])
    let sums = try Tensor.ClassSums(classes: 1, dimensions: 2, type: .f64)
    let zeros = try x.addClassSums(Tensor([0, 0, 0]), unit: true, to: sums)
    #expect(try zeros == 1 && relativeGap(sums.shifts.doubles(), [0.6, 0.8]) <= 1e-14)
    // The row of zeros is left out; the others are the shift.
    #expect(try sums.vectors.abs().max().item() <= 1e-15 && sums.squares.item() <= 1e-30)
    #expect(throws: TorchError.self) { try x.addClassSums(Tensor([0, 0, 1]), unit: true, to: sums) }
    #expect(throws: TorchError.self) { try x.addClassSums(Tensor([0, 0]), unit: true, to: sums) }
    let single = try Tensor.ClassSums(classes: 1, dimensions: 2, type: .f32)
    #expect(throws: TorchError.self) { try x.addClassSums(Tensor([0, 0, 0]), unit: true, to: single) }
    let short = try Tensor([3e-15, 4e-15, 3, 4, 3e18, 4e18] as [Float], shape: [3, 2])
    #expect(try short.addClassSums(Tensor([0, 0, 0]), unit: true, to: single) == 2)
  }

  @Test func misfitsAreRefused() throws {
    let x = try rows(1, 4, 6)
    #expect(throws: TorchError.self) { try x.to(.f64).columnSums() }
    #expect(throws: TorchError.self) { try x.t().columnSums() }
    #expect(throws: TorchError.self) { try x.subtracting(row: .zeros([5], type: .f64)) }
    #expect(throws: TorchError.self) { try panels(x).gram(panels(rows(1, 4, 7))) }
    #expect(throws: TorchError.self) { try x.gram(x) }
    var sums = [0.0]
    #expect(throws: TorchError.self) { try Tensor.addDots([x, rows(1, 4, 7)], pairs: [(0, 1)], to: &sums) }
    #expect(throws: TorchError.self) { try Tensor.addDots([x], pairs: [(0, 1)], to: &sums) }
    #expect(throws: TorchError.self) { try Tensor.addDots([x], pairs: [], to: &sums) }
  }
}
