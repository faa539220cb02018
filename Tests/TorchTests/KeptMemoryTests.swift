import TestSupport
import Testing
import Torch

/// Large blocks, freed and taken again: nobody's numbers change under another's.
@Suite struct KeptMemoryTests {
  init() { Machine.keepFreedMemory() }

  @Test func blocksDoNotOverlap() throws {
    var kept: [(value: Double, tensor: Tensor)] = []
    var state: UInt64 = 1
    for number in 0..<400 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let count = (1 << 17) + Int(state >> 44)  // half a megabyte to four and a half
      kept.append((Double(number), try (Tensor.ones([count]) * Double(number))))
      if kept.count > 12 {
        let gone = kept.remove(at: Int(state >> 33) % kept.count)
        let (least, most) = (try gone.tensor.min().item(), try gone.tensor.max().item())
        #expect(least == gone.value && most == gone.value)
      }
    }
  }

  @Test func blocksThatCannotBeHadAreRefused() throws {
    #expect(throws: TorchError.self) { try Tensor.ones([1 << 48]) }
    #expect(try Tensor.ones([1 << 20]).sum().item() == Double(1 << 20))
  }

  @Test func threadsTakeTurns() async throws {
    try await withThrowingTaskGroup(of: Double.self) { group in
      for worker in 1...4 {
        group.addTask {
          var sum = 0.0
          for _ in 0..<50 { sum += try (Tensor.ones([1 << 20]) * Double(worker)).min().item() }
          return sum
        }
      }
      var all = 0.0
      for try await sum in group { all += sum }
      #expect(all == 50 * (1 + 2 + 3 + 4))
    }
  }
}
