import TestSupport
import Testing
import Torch

@Suite struct TensorTests {
  @Test func valuesGoInAndComeOut() throws {
    #expect(try Tensor([1.5, -2] as [Float], shape: [2, 1]).floats() == [1.5, -2])
    #expect(try Tensor([0.1, 2e300]).doubles() == [0.1, 2e300])
    #expect(try Tensor([Int.min, -1, .max]).ints() == [.min, -1, .max])
    #expect(try Tensor([0, 7, 255] as [UInt8]).array(of: UInt8.self) == [0, 7, 255])
    #expect(try Tensor([Float](), shape: [0, 3]).floats().isEmpty)
    #expect(try Tensor([Float](), shape: [0, 3]).shape == [0, 3])
    #expect(try Tensor([3.5], shape: []).item() == 3.5)
  }

  @Test(arguments: ElementType.allCases) func everyTypeConverts(type: ElementType) throws {
    let tensor = try Tensor([0.0, 1, 1], shape: [3]).to(type)
    #expect(tensor.elementType == type && tensor.count == 3)
    #expect(try tensor.doubles() == [0, 1, 1])
    #expect(try tensor.bytes().count == 3 * type.size)
    let copy = try tensor.bytes().withUnsafeBytes { try Tensor(bytes: $0, type: type, shape: [3]) }
    #expect(copy.elementType == type)
    #expect(try copy.doubles() == [0, 1, 1])
    #expect(type.isFloatingPoint == [.f16, .bf16, .f32, .f64].contains(type))
  }

  @Test func constructors() throws {
    #expect(try Tensor.zeros([2, 2]).floats() == [0, 0, 0, 0])
    #expect(try Tensor.ones([2], type: .bf16).elementType == .bf16)
    #expect(try Tensor.full([], 2.5, type: .f64).item() == 2.5)
    #expect(try Tensor.arange(4).ints() == [0, 1, 2, 3])
    #expect(try Tensor.arange(3, type: .f64).doubles() == [0, 1, 2])
    #expect(try Tensor.eye(2).floats() == [1, 0, 0, 1])
  }

  @Test func copiesShareNothingAndViewsShare() throws {
    let a = try Tensor([1.0, 2, 3, 4], shape: [2, 2])
    let copy = try a.clone()
    let view = try a.narrow(0, 0, 1)
    try a.assign(Tensor([9.0, 8]))  // broadcast over rows
    #expect(try a.doubles() == [9, 8, 9, 8])
    #expect(try copy.doubles() == [1, 2, 3, 4])
    #expect(try view.doubles() == [9, 8])
  }

  @Test func memoryOrderDoesNotChangeValues() throws {
    let values = counterNumbers(1, 2 * 3 * 4 * 5)
    let a = try Tensor(values, shape: [2, 3, 4, 5])
    let last = try a.channelsLast()
    #expect(last.shape == a.shape)
    #expect(try last.doubles() == values)
    #expect(try last.contiguous().doubles() == values)
    #expect(try a.permute([1, 0, 3, 2]).contiguous().doubles() == a.permute([1, 0, 3, 2]).doubles())
    #expect(try a.to(Device.cpu).doubles() == values)
  }

  @Test func finiteness() throws {
    #expect(try Tensor([1.0, -2]).isAllFinite())
    #expect(try !Tensor([1.0, .nan]).isAllFinite())
    #expect(try !Tensor([1.0, -.infinity]).isAllFinite())
    #expect(try Tensor([1.0, .nan, .infinity]).isFinite().ints() == [1, 0, 0])
  }

  @Test func softplusAndLogSumExpDoNotOverflow() throws {
    #expect(try Tensor([-1000.0, 0, 1000]).softplus().doubles() == [0, 0.6931471805599453, 1000])
    #expect(try Tensor([1000.0, 1000]).logSumExp(0).item() == 1000.6931471805599)
  }
}

@Suite struct MachineTests {
  @Test func saysWhatItIs() throws {
    #expect(Machine.version.first?.isNumber == true)
    #expect(!Machine.instructionSet.isEmpty)
    #expect(try Machine.configuration().contains("OpenMP"))
    #expect(!Machine.hasMPS || !Machine.hasCUDA)
    let before = Machine.threads
    #expect(before >= 1)
    try Machine.setThreads(before)
    #expect(Machine.threads == before)
    _ = Machine.hasNativeBF16
  }

  @Test func devicesCompareAndDescribeThemselves() {
    #expect(
      Device.cpu.description == "cpu" && Device.cuda(1).description == "cuda:1"
        && Device.mps.description == "mps")
    #expect(Device.cuda(0) != Device.cuda(1))
    #expect(Set([Device.cpu, .cpu, .mps]).count == 2)
  }
}
