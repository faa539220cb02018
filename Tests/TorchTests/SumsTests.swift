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

  /// Few classes, as many as there are parts, and more; one of them empty. f32 and f64, with centre and shift and without.
  @Test(arguments: [1, 2, 40, 300], [5, 33])
  func classSums(count: Int, d: Int) throws {
    let n = 700
    let classes = (0..<n).map { $0 * 7 % count == 1 ? 0 : $0 * 7 % count }
    for type in [ElementType.f32, .f64] {
      let x = try rows(5, n, d, offset: 2).to(type)
      let wide = try x.to(.f64)
      for (center, shift, unit) in [(nil, nil, false), (try wide.mean([0]), try wide.select(0, 3), true)]
        as [(Tensor?, Tensor?, Bool)]
      {
        var y = wide
        if let center { y = try y - center }
        if unit { y = try y / y.norm(1, keep: true) }
        if let shift { y = try y - shift }
        let index = try Tensor(classes)
        let wanted = try Tensor.zeros([count, d], type: .f64).indexAdd(0, index, y)
        let wantedSquares = try Tensor.zeros([count], type: .f64).indexAdd(0, index, y.square().sum([1]))
        let (sums, squares) = (try Tensor.zeros([count, d], type: .f64), try Tensor.zeros([count], type: .f64))
        let zeros = try x.addClassSums(index, center: center, shift: shift, unit: unit, to: sums, squares: squares)
        #expect(zeros == 0)
        #expect(try relativeGap(sums, wanted) <= 1e-12 && relativeGap(squares, wantedSquares) <= 1e-12)
      }
    }
  }

  /// Lengths beyond what squares hold, and none at all.
  @Test func extremeLengths() throws {
    let x = try Tensor([3e200, 4e200, 0, 0, 3e-200, 4e-200] as [Double], shape: [3, 2])
    let (sums, squares) = (try Tensor.zeros([1, 2], type: .f64), try Tensor.zeros([1], type: .f64))
    let zeros = try x.addClassSums(Tensor([0, 0, 0]), unit: true, to: sums, squares: squares)
    #expect(try zeros == 1 && relativeGap(sums.doubles(), [1.2, 1.6]) <= 1e-14 && abs(squares.item() - 2) <= 1e-14)
    #expect(throws: TorchError.self) { try x.addClassSums(Tensor([0, 0, 1]), unit: true, to: sums, squares: squares) }
    #expect(throws: TorchError.self) { try x.addClassSums(Tensor([0, 0]), unit: true, to: sums, squares: squares) }
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
