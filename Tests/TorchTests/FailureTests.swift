import Foundation
import Testing
import Torch

/// Nothing that a caller can do wrong ends the process: each group of `ctorch.h` hands its failures back.
@Suite struct FailureTests {
  private static func matrix(_ rows: Int = 2, _ columns: Int = 3) throws -> Tensor {
    try Tensor.ones([rows, columns], type: .f64)
  }

  private static func state(_ channels: Int, type: ElementType = .f32) throws -> Tensor.BatchNormState {
    Tensor.BatchNormState(
      weight: try Tensor.ones([channels], type: type), bias: try Tensor.zeros([channels], type: type),
      runningMean: try Tensor.zeros([channels], type: type),
      runningVariance: try Tensor.ones([channels], type: type),
      momentum: 0.1, epsilon: 1e-5)
  }

  private static func parameter(
    _ value: Tensor, velocity: Tensor, average: Tensor? = nil
  ) -> OptimizedParameter {
    OptimizedParameter(value: value, first: velocity, average: average, weightDecay: 0)
  }

  private static func trained(_ count: Int) throws -> Tensor {
    let value = try Tensor.ones([count]).requiresGradient()
    try value.sum().backward()
    return value
  }

  /// By the group's name in the header.
  private static let failures: [String: [(name: String, body: @Sendable () throws -> Void)]] = [
    "devices": [("a GPU that is not there", { try Device.cuda(99).use() })],
    "create and copy": [
      ("too few values", { _ = try Tensor([1.0, 2], shape: [3]) }),
      ("a negative side", { _ = try Tensor([Double](), shape: [-1]) }),
      ("an overflowing shape", { _ = try Tensor.zeros([1 << 40, 1 << 40]) }),
      ("three dimensions channels-last", { _ = try Tensor.ones([2, 2, 2]).channelsLast() }),
      ("a device that is not there", { _ = try matrix().to(Device.cuda(99)) }),
      ("a source of another shape", { try matrix().assign(Tensor.ones([7])) }),
      ("a negative count", { _ = try Tensor.arange(-1) }),
    ],
    "properties": [("the item of six", { _ = try matrix().item() })],
    "shape and index": [
      ("another count", { _ = try matrix().reshape([7]) }),
      ("expanding 2 to 5", { _ = try matrix().expand([5, 3]) }),
      ("a dimension beyond", { _ = try matrix().permute([0, 2]) }),
      ("beyond the end", { _ = try matrix().narrow(1, 2, 2) }),
      ("an index beyond", { _ = try matrix().select(0, 2) }),
      ("a picked index beyond", { _ = try matrix().indexSelect(0, Tensor([2])) }),
      ("a negative picked index", { _ = try matrix().indexSelect(0, Tensor([-1])) }),
      ("an added index beyond", { _ = try matrix().indexAdd(0, Tensor([9]), matrix(1, 3)) }),
      ("a gathered index beyond", { _ = try matrix().gather(0, Tensor([5], shape: [1, 1])) }),
      ("a scattered index beyond", { _ = try matrix().scatter(0, Tensor([5], shape: [1, 1]), matrix()) }),
      ("nothing to join", { _ = try Tensor.concat([]) }),
      ("stacking two shapes", { _ = try Tensor.stack([matrix(), matrix(3, 3)]) }),
      ("a negative label", { _ = try Tensor([-1]).oneHot(3) }),
      ("a label beyond", { _ = try Tensor([3]).oneHot(3) }),
      ("the diagonal of a vector", { _ = try Tensor([1.0]).diagonal() }),
    ],
    "elementwise, of one tensor": [("the negative of a truth", { _ = try -Tensor.ones([2], type: .bool) })],
    "elementwise, of two tensors, broadcast": [
      ("2x3 + 4", { _ = try matrix() + Tensor.ones([4]) }),
      ("a number as condition", { _ = try Tensor.where(matrix(), matrix(), matrix()) }),
    ],
    "reductions; n = 0 dims means all": [
      ("a dimension beyond", { _ = try matrix().sum([2]) }),
      ("the largest of nothing", { _ = try Tensor.zeros([0, 3]).max([0]) }),
      ("the place of the largest of nothing", { _ = try Tensor.zeros([0, 3]).argmax(0) }),
      ("the five largest of three", { _ = try matrix().topk(5, 1) }),
    ],
    "linear algebra": [
      ("2x3 by 2x3", { _ = try matrix().matmul(matrix()) }),
      ("not positive definite", { _ = try (-Tensor.eye(2)).cholesky() }),
      ("eigenvalues of 2x3", { _ = try matrix().eigh() }),
      ("a singular matrix", { _ = try Tensor.zeros([2, 2]).solve(Tensor.ones([2, 1])) }),
    ],
    "networks": [
      (
        "features of another width", { _ = try matrix().linear(weight: matrix(5, 4), bias: Tensor.ones([5])) }
      ),
      (
        "channels that do not fit",
        { _ = try Tensor.ones([1, 2, 4, 4]).conv2d(weight: Tensor.ones([1, 3, 3, 3])) }
      ),
      (
        "stride 0",
        { _ = try Tensor.ones([1, 1, 4, 4]).conv2d(weight: Tensor.ones([1, 1, 1, 1]), stride: 0) }
      ),
      ("pooling a matrix globally", { _ = try matrix().globalAveragePool() }),
      (
        "a window larger than the image", { _ = try Tensor.ones([1, 1, 2, 2]).maxPool2d(size: 3, stride: 1) }
      ),
      (
        "padding over half the window",
        { _ = try Tensor.ones([1, 1, 4, 4]).averagePool2d(size: 2, stride: 1, padding: 2) }
      ),
      (
        "a bias of other channels",
        { _ = try Tensor.ones([1, 1, 4, 4]).conv2d(weight: Tensor.ones([2, 1, 1, 1]), bias: Tensor.ones([3])) }
      ),
      ("batch norm of a matrix", { _ = try matrix().batchNorm(state(3), relu: true, training: true) }),
      (
        "batch norm of other channels",
        { _ = try Tensor.ones([1, 2, 4, 4]).batchNorm(state(3), relu: true, training: true) }
      ),
      (
        "a residual of another shape",
        {
          let x = try Tensor.ones([1, 16, 4, 4])
          _ = try x.batchNorm(state(16), residual: Tensor.ones([1, 16, 2, 2]), relu: true, training: true)
        }
      ),
      (
        "parameters of mixed types",
        {
          let (half, whole) = (try state(16), try state(16, type: .f64))
          let mixed = Tensor.BatchNormState(
            weight: half.weight, bias: whole.bias, runningMean: half.runningMean,
            runningVariance: half.runningVariance, momentum: 0.1, epsilon: 1e-5)
          _ = try Tensor.ones([1, 16, 4, 4]).channelsLast().batchNorm(mixed, relu: true, training: true)
        }
      ),
    ],
    "gradients": [
      ("back from a matrix", { try matrix().requiresGradient().exp().backward() }),
      ("back from a constant", { try matrix().sum().backward() }),
      ("a gradient of whole numbers", { try Tensor([1]).requiresGradient() }),
    ],
    "training step": [
      (
        "no gradient",
        {
          let value = try Tensor.ones([2]).requiresGradient()
          try sgdStep(
            [parameter(value, velocity: Tensor.zeros([2]))], rate: 1, momentum: 0, averageDecay: 0)
        }
      ),
      (
        "a velocity of another type",
        {
          let velocity = try Tensor.zeros([2], type: .f64)
          try sgdStep([parameter(trained(2), velocity: velocity)], rate: 1, momentum: 0, averageDecay: 0)
        }
      ),
      (
        "a velocity that is too short",
        {
          try sgdStep(
            [parameter(trained(9), velocity: Tensor.zeros([2]))], rate: 1, momentum: 0, averageDecay: 0)
        }
      ),
      (
        "an average that is too short",
        {
          let short = try parameter(trained(9), velocity: Tensor.zeros([9]), average: Tensor.zeros([2]))
          try sgdStep([short], rate: 1, momentum: 0, averageDecay: 0)
        }
      ),
      (
        "a norm without gradients", { _ = try gradientNorm([parameter(Tensor.ones([2]), velocity: Tensor.zeros([2]))]) }
      ),
      (
        "no second mean",
        {
          try adamWStep(
            [parameter(trained(2), velocity: Tensor.zeros([2]))], rate: 1, betas: (0.9, 0.99), epsilon: 1e-8, step: 1,
            averageDecay: 0)
        }
      ),
      (
        "another memory order",
        {
          let value = try Tensor.ones([2, 3, 2, 2]).requiresGradient()
          try value.sum().backward()
          let velocity = try Tensor.zeros([2, 3, 2, 2]).channelsLast()
          try sgdStep([parameter(value, velocity: velocity)], rate: 1, momentum: 0, averageDecay: 0)
        }
      ),
    ],
    "search": [
      (
        "rows that do not fit",
        {
          try Tensor.ones([2, 3]).mergeTopK(
            offset: 0, values: Tensor.zeros([1, 2]), indices: Tensor([0, 1], shape: [1, 2]))
        }
      ),
      (
        "queries that are no panels",
        {
          try Tensor.ones([2, 16]).mergePanels(
            Tensor.ones([1, 16, 16]), count: 1, bias: nil, offset: 0, values: .zeros([2, 1]),
            indices: Tensor([0, 1], shape: [2, 1]))
        }
      ),
      ("rows in f64 to be packed", { _ = try Tensor.zeros([2, 16], type: .f64).packedRough() }),
      (
        "queries in f32 for packed rows",
        {
          try Tensor.ones([2, 16]).mergeRough(
            Tensor.ones([1]), count: 1, bias: nil, offset: 0, values: .zeros([2, 1]),
            indices: Tensor([0, 1], shape: [2, 1])
          )
        }
      ),
      (
        "slack that does not fit values",
        {
          try Tensor.ones([2, 3]).dropCandidates(
            Tensor([0, 0, 0, 0, 0, 0], shape: [2, 3]), beyond: .zeros([3], type: .f64), of: 1)
        }
      ),
      (
        "scores that do not fit candidates",
        {
          let rows = try Tensor.ones([2, 3])
          try rows.scoreCandidates(
            Tensor([0, 2], shape: [2, 1]), norms: rows.rowNorms(), queries: rows, queryNorms: rows.rowNorms(),
            euclidean: false, into: .zeros([2, 2], type: .f64))
        }
      ),
      (
        "scores in f64",
        {
          try matrix(1, 3).mergeTopK(
            offset: 0, values: Tensor.zeros([1, 2]), indices: Tensor([0, 1], shape: [1, 2]))
        }
      ),
    ],
    "sums over features": [
      ("rows in double", { _ = try matrix().columnSums() }),
      ("a row of another length", { _ = try matrix().to(.f32).subtracting(row: Tensor.zeros([4], type: .f64)) }),
      ("no panels", { _ = try matrix().gram(matrix()) }),
    ],
    "logistic regression": [
      (
        "rows of another width",
        { _ = try LogisticRows(rows: Tensor.zeros([2, 15]), labels: [0, 1]).logits(Tensor.zeros([2, 15])) }
      ),
      (
        "a label that is no class",
        { _ = try LogisticRows(rows: Tensor.zeros([2, 16]), labels: [0, 9]).state(logits: Tensor.zeros([2, 2])) }
      ),
      ("blocks that are none", { _ = try matrix().blockProducts(matrix()) }),
    ],
    "outputs of classifiers": [
      ("a label that is no class", { _ = try matrix().outputRows(labels: Tensor([0, 9]), kind: .logits, bins: 15) }),
      (
        "factors for other classes",
        {
          let scaling = ClassScaling(scale: [1], offset: [0])
          _ = try matrix().outputRows(labels: Tensor([0, 0]), kind: .logits, scaling: scaling, bins: 15)
        }
      ),
      (
        "slopes of probabilities",
        {
          var slopes = Tensor.OutputSlopes()
          try matrix().addOutputSlopes(labels: Tensor([0, 0]), kind: .probabilities, to: &slopes)
        }
      ),
      ("outputs of two shapes", { _ = try Tensor.answers(of: [matrix(), matrix(3, 2)], kind: .logits) }),
    ],
    "any operator, by name": [
      ("an unknown name", { _ = try Tensor.call("aten::no_such_operator", []) }),
      (
        "an unknown overload", { _ = try Tensor.call("aten::cumprod", overload: "none", [.tensor(matrix())]) }
      ),
      ("a missing argument", { _ = try Tensor.call("aten::cumprod", [.tensor(matrix())]) }),
      ("too many arguments", { _ = try Tensor.call("aten::exp", [.tensor(matrix()), .int(1)]) }),
      ("an argument of another type", { _ = try Tensor.call("aten::exp", [.ints([1, 2])]) }),
      (
        "a result that is no tensor",
        { _ = try Tensor.call("aten::equal", [.tensor(matrix()), .tensor(matrix())]) }
      ),
    ],
    "machine": [("no threads", { try Machine.setThreads(0) })],
    "processes": [
      (
        "rank 2 of 2",
        { _ = try ProcessGroup(ProcessPlace(rank: 2, worldSize: 2, masterAddress: "127.0.0.1", masterPort: 1)) }
      ),
      (
        "no time",
        {
          let place = ProcessPlace(rank: 0, worldSize: 1, masterAddress: "127.0.0.1", masterPort: 1)
          _ = try ProcessGroup(place, timeout: 0)
        }
      ),
    ],
  ]

  /// The groups of the header in which a function can fail.
  static func groups() throws -> [String] {
    var groups: [String] = []
    var current = ""
    for line in try Header.text().split(separator: "\n") {
      if line.hasPrefix("/* MARK: ") { current = String(line.dropFirst(9).prefix { $0 != "*" }.dropLast()) }
      if line.hasPrefix("CT_CALL"), groups.last != current { groups.append(current) }
    }
    return groups
  }

  @Test func everyGroupHasAFailure() throws {
    #expect(try Set(Self.groups()) == Set(Self.failures.keys))
  }

  @Test func failuresComeBackTyped() {
    for (group, failures) in Self.failures.sorted(by: { $0.key < $1.key }) {
      for (name, body) in failures {
        #expect("\(group): \(name)") {
          try body()
        } throws: { error in
          guard let error = error as? TorchError else { return false }
          return !error.message.isEmpty && !error.operation.isEmpty && !error.description.contains("\n")
        }
      }
    }
  }

  @Test func memoryThatCannotBeHadIsSaid() {
    #expect {
      try Tensor.zeros([1 << 30, 1 << 30])
    } throws: { error in
      (error as? TorchError)?.kind == .outOfMemory
    }
  }

  @Test func messagesSayWhatDoesNotFit() {
    let error = #expect(throws: TorchError.self) { try Tensor.ones([2, 3]).matmul(Tensor.ones([2, 3])) }
    #expect(error?.kind == .invalid)
    #expect(error?.description.hasPrefix("matmul(_:): ") == true)
    #expect(error?.description.contains("2x3") == true)
  }
}
