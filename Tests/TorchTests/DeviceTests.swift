import TestSupport
import Testing

@testable import Torch

@Suite struct DeviceTests {
  @Test func devicesAreNamed() throws {
    #expect(
      try Device(parsing: "cpu") == .cpu && Device.cuda(3).description == "cuda:3" && Device.cuda(3).kind == "cuda")
    #expect(try Tensor([1.0]).device == .cpu && Tensor([1.0]).to(.meta).device == .meta)
    for name in ["gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:999", "meta", "CPU", ""] {
      #expect(throws: DeviceError.unknown(name: name)) { try Device(parsing: name) }
    }
  }

  @Test func whatIsNotThereIsSaid() throws {
    if Machine.hasCUDA {
      let count = Machine.devices(like: .cuda())
      #expect(throws: DeviceError.noSuchNumber(name: "cuda:127", count: count)) { try Device(parsing: "cuda:127") }
    } else {
      let expected = Machine.isBuiltWithCUDA ? DeviceError.absent(name: "cuda:1") : .notBuilt(name: "cuda:1")
      #expect(throws: expected) { try Device(parsing: "cuda:1") }
      #expect(throws: TorchError.self) { try Tensor([1.0]).to(.cuda()) }
      #expect(try Device(parsing: "auto") == (Machine.hasMPS ? .mps : .cpu))
    }
    if !Machine.isBuiltWithCUDA {
      #expect(DeviceError.notBuilt(name: "cuda").description.contains("make gpu-bundle"))
      #expect(throws: TorchError.self) { try StepGraph() }
    }
    #expect(try Device.cpu.memory() == nil)
    try Device.cpu.use()
    try Device.cpu.synchronize()
  }

  @Test func fillsInPlace() throws {
    let a = try Tensor([1.0, 2.0, 3.0])
    try a.narrow(0, 1, 2).fill(7)
    #expect(try a.doubles() == [1, 7, 7])
  }

  /// Operations that LibTorch itself lets pass on `meta`.
  @Test func operationsTakeOneDevice() throws {
    let (there, here) = (try Tensor.ones([4, 4]).to(.meta), try Tensor.ones([4, 4]))
    let (places, rows) = (try Tensor([0, 1]), try Tensor([0, 1, 2, 3], shape: [4, 1]))
    let images = try Tensor.ones([1, 4, 5, 5]).to(.meta)
    let refused: [() throws -> Tensor] = [
      { try there.matmul(here) }, { try here.matmul(there) },
      { try there.linear(weight: here, bias: here.select(0, 0)) },
      { try images.conv2d(weight: Tensor.ones([2, 4, 3, 3])) }, { try there.indexSelect(0, places) },
      { try there.gather(1, rows) }, { try there.scatter(1, rows, there.narrow(1, 0, 1)) },
      { try there.scatter(1, rows.to(.meta), here.narrow(1, 0, 1)) },
      { try there.indexAdd(0, places, there.narrow(0, 0, 2)) },
      { try there + here }, { try Tensor.concat([there, here]) },
    ]
    for (number, operation) in refused.enumerated() {
      #expect(throws: TorchError.self, "operation \(number)") { try operation() }
    }
    #expect(try there.gather(1, rows.to(.meta)).shape == [4, 1] && there.matmul(there).device == .meta)
  }

  /// The kernels of the processor must see no address of another device.
  @Test func kernelsOfTheProcessorTakeNothingElse() throws {
    let x = try Tensor.ones([2, 16, 3, 3]).channelsLast()
    let vectors = try (0..<4).map { _ in try Tensor.ones([16]) }
    func state(_ strange: Int) throws -> Tensor.BatchNormState {
      let v = try vectors.enumerated().map { $0 == strange ? try $1.to(.meta) : $1 }
      return Tensor.BatchNormState(
        weight: v[0], bias: v[1], runningMean: v[2], runningVariance: v[3], momentum: 0.1, epsilon: 1e-5)
    }
    for strange in 0..<4 {
      #expect(throws: TorchError.self) { try x.batchNorm(state(strange), relu: true, training: true) }
    }
    #expect(throws: TorchError.self) {
      try x.batchNorm(state(-1), residual: x.to(.meta), relu: true, training: true)
    }
    let (scores, values, indices) = (
      try Tensor.ones([2, 5]), try Tensor.full([2, 3], -.infinity), try Tensor.full([2, 3], -1, type: .i64)
    )
    #expect(throws: TorchError.self) { try scores.to(.meta).mergeTopK(offset: 0, values: values, indices: indices) }
    #expect(throws: TorchError.self) { try scores.mergeTopK(offset: 0, values: values.to(.meta), indices: indices) }
    let value = try Tensor.ones([4]).requiresGradient()
    try value.sum().backward()
    let parameter = OptimizedParameter(
      value: value, first: try Tensor.zeros([4]).to(.meta), average: nil, weightDecay: 0)
    #expect(throws: TorchError.self) { try sgdStep([parameter], rate: 0.1, momentum: 0.9, averageDecay: 0) }
  }
}
