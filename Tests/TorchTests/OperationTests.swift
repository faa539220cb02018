import TestSupport
import Testing
import Torch

/// `Fixtures/operations.json`: PyTorch's results in f64.
private struct Operations: Decodable {
  struct Array: Decodable {
    var type: ElementType
    var shape: [Int]
    var values: [Double]

    func tensor() throws -> Tensor { try Tensor(values, shape: shape).to(type) }
  }
  struct Case: Decodable {
    var inputs: [Array]
    var outputs: [Array]
  }
  var cases: [String: Case]
}

private typealias Operation = @Sendable ([Tensor]) throws -> [Tensor]

@Suite struct OperationTests {
  private static let elementwise: [String: Operation] = [
    "neg": { [try -$0[0]] },
    "exp": { [try $0[0].exp()] },
    "log": { [try $0[0].log()] },
    "log1p": { [try $0[0].log1p()] },
    "sqrt": { [try $0[0].sqrt()] },
    "rsqrt": { [try $0[0].rsqrt()] },
    "reciprocal": { [try $0[0].reciprocal()] },
    "abs": { [try $0[0].abs()] },
    "square": { [try $0[0].square()] },
    "relu": { [try $0[0].relu()] },
    "sigmoid": { [try $0[0].sigmoid()] },
    "softplus": { [try $0[0].softplus()] },
    "acos": { [try $0[0].acos()] },
    "cos": { [try $0[0].cos()] },
    "sin": { [try $0[0].sin()] },
    "floor": { [try $0[0].floor()] },
    "isFinite": { [try $0[0].isFinite()] },
    "logicalNot": { [try $0[0].logicalNot()] },
    "clamp": { [try $0[0].clamp(-0.5, 0.75)] },
    "pow": { [try $0[0].pow(1.75)] },
    "addNumber": { [try $0[0] + 1.5] },
    "numberMinus": { [try 1.5 - $0[0]] },
    "mulNumber": { [try -2.5 * $0[0]] },
    "divNumber": { [try $0[0] / 3] },
    "add": { [try $0[0] + $0[1]] },
    "sub": { [try $0[0] - $0[1]] },
    "mul": { [try $0[0] * $0[1]] },
    "div": { [try $0[0] / $0[1]] },
    "maximum": { [try $0[0].maximum($0[1])] },
    "minimum": { [try $0[0].minimum($0[1])] },
    "equals": { [try $0[0].equals($0[1])] },
    "isLess": { [try $0[0].isLess($0[1])] },
    "isAtMost": { [try $0[0].isAtMost($0[1])] },
    "where": { [try Tensor.where($0[0], $0[1], $0[2])] },
  ]

  private static let shapes: [String: Operation] = [
    "reshape": { [try $0[0].reshape([4, -1])] },
    "expand": { [try $0[0].expand([3, 4])] },
    "permute": { [try $0[0].permute([2, 0, 1])] },
    "transpose": { [try $0[0].transpose(0, -1)] },
    "t": { [try $0[0].t()] },
    "unsqueeze": { [try $0[0].unsqueeze(1)] },
    "squeeze": { [try $0[0].squeeze(1)] },
    "narrow": { [try $0[0].narrow(1, 1, 2)] },
    "select": { [try $0[0].select(1, 2)] },
    "indexSelect": { [try $0[0].indexSelect(0, $0[1])] },
    "indexAdd": { [try $0[0].indexAdd(0, $0[1], $0[2])] },
    "gather": { [try $0[0].gather(0, $0[1])] },
    "scatter": { [try $0[0].scatter(0, $0[1], $0[2])] },
    "concat": { [try Tensor.concat($0, 1)] },
    "stack": { [try Tensor.stack($0, 1)] },
    "oneHot": { [try $0[0].oneHot(5)] },
    "diagonal": { [try $0[0].diagonal()] },
  ]

  private static let reductions: [String: Operation] = [
    "sum": { [try $0[0].sum(), try $0[0].sum([0, 2]), try $0[0].sum([1], keep: true)] },
    "mean": { [try $0[0].mean(), try $0[0].mean([0, 2]), try $0[0].mean([1], keep: true)] },
    "max": { [try $0[0].max(), try $0[0].max([0, 2]), try $0[0].max([1], keep: true)] },
    "min": { [try $0[0].min(), try $0[0].min([0, 2]), try $0[0].min([1], keep: true)] },
    "logSumExp": { [try $0[0].logSumExp(1)] },
    "norm": { [try $0[0].norm(2, keep: true)] },
    "argmax": { [try $0[0].argmax(1)] },
    "softmax": { [try $0[0].softmax(2)] },
    "logSoftmax": { [try $0[0].logSoftmax(1)] },
    "cumsum": { [try $0[0].cumsum(1)] },
    "sort": {
      let (values, indices) = try $0[0].sort(1, descending: true)
      return [values, indices]
    },
    "topk": {
      let (values, indices) = try $0[0].topk(2, 1)
      return [values, indices]
    },
  ]

  private static let products: [String: Operation] = [
    "matmul": { [try $0[0].matmul($0[1])] },
    "eigh": {  // vectors are unique up to sign only: compare what they rebuild
      let (values, vectors) = try $0[0].eigh()
      return [values, try (vectors * values).matmul(vectors.t())]
    },
    "singularValues": { [try $0[0].singularValues()] },
    "cholesky": { [try $0[0].cholesky()] },
    "choleskySolve": { [try $0[0].choleskySolve($0[1])] },
    "solve": { [try $0[0].solve($0[1])] },
    "linear": { [try $0[0].linear(weight: $0[1], bias: $0[2])] },
    "conv2d": { [try $0[0].conv2d(weight: $0[1], stride: 2, padding: 1)] },
    "conv2dRectangle": { [try $0[0].conv2d(weight: $0[1], bias: $0[2], padding: (height: 0, width: 2))] },
    "maxPool2d": { [try $0[0].maxPool2d(size: 2, stride: 2)] },
    "maxPool2dPadded": { [try $0[0].maxPool2d(size: 3, stride: 2, padding: 1)] },
    "averagePool2d": { [try $0[0].averagePool2d(size: 3, stride: 2, padding: 1)] },
    "globalAveragePool": { [try $0[0].globalAveragePool()] },
    "call": { try Tensor.call("aten::cumprod", [.tensor($0[0]), .int(1)]) },
  ]

  private static let all = [elementwise, shapes, reductions, products].reduce(into: [:]) {
    $0.merge($1) { first, _ in first }
  }

  @Test func everyFixtureHasItsOperationAndTheReverse() throws {
    let names = try fixture(Operations.self, "operations.json").cases.keys
    #expect(Set(names) == Set(Self.all.keys))
  }

  @Test func resultsEqualPyTorch() throws {
    for (name, row) in try fixture(Operations.self, "operations.json").cases.sorted(by: { $0.key < $1.key }) {
      let operation = try #require(Self.all[name])
      let inputs = try row.inputs.map { try $0.tensor() }
      let outputs = try operation(inputs)
      try #require(outputs.count == row.outputs.count, "\(name)")
      for (output, expected) in zip(outputs, row.outputs) {
        #expect(output.elementType == expected.type, "\(name)")
        #expect(output.shape == expected.shape, "\(name)")
        let gap = try relativeGap(output, expected.values)
        #expect(gap <= (expected.type == .f64 ? 1e-13 : 0), "\(name): \(gap)")
      }
    }
  }

  @Test func sortIsStable() throws {
    let (_, ascending) = try Tensor([1.0, 0, 1, 0, 1]).sort()
    #expect(try ascending.ints() == [1, 3, 0, 2, 4])
    let (_, descending) = try Tensor([1.0, 0, 1, 0, 1]).sort(descending: true)
    #expect(try descending.ints() == [0, 2, 4, 1, 3])
  }
}
