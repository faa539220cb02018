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
