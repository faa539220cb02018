#if os(Linux)
  import Foundation
  import TestSupport
  import Testing
  import Torch

  /// What one process of a group does: the other half of `ProcessGroupTests`, which starts it.
  @Suite(.enabled(if: ProcessInfo.processInfo.environment[Ranks.scenarioVariable] != nil)) struct RankTests {
    @Test func scenario() throws {
      let environment = ProcessInfo.processInfo.environment
      let place = try #require(try ProcessPlace(environment: environment))
      let timeout = try #require(environment[Ranks.timeoutVariable].flatMap(Double.init))
      var record = Ranks.Record()
      do {
        let group = try ProcessGroup(place, timeout: timeout)
        switch environment[Ranks.scenarioVariable] {
        case "operations": try Self.operations(group, &record)
        case "sums": try Self.sums(group, &record)
        case "buckets": try Self.buckets(group, &record)
        case "batch norm": try SynchronizedNormTests.scenario(group, &record)
        case "killed": try Self.lost(group, &record, SIGKILL)
        case "killed in backward": try Self.lostInBackward(group, tracked: false)
        case "killed in tracked backward": try Self.lostInBackward(group, tracked: true)
        case "stopped": try Self.lost(group, &record, SIGSTOP)
        case "stuck": try Self.stuck(group, &record)
        case "left": try Self.left(group, &record)
        default: break
        }
      } catch let error as TorchError {
        record.texts["error"] = error.description
        record.texts["kind"] = "\(error.kind)"
      }
      try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: #require(environment[Ranks.outputVariable])))
    }

    /// Whole numbers, so that every type holds every result exactly.
    static func numbers(_ rank: Int) -> [Double] { (0..<11).map { Double(($0 * 7 + rank * 5) % 9) } }

    static let types: [ElementType] = [.f32, .f64, .bf16, .f16, .i64, .u8]

    private static func operations(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      for type in types {
        let mine = try Tensor(numbers(group.rank), shape: [11]).to(type)
        for reduction in ProcessGroup.Reduction.allCases where reduction != .mean || type.isFloatingPoint {
          let result = try group.allReduce(mine, reduction)
          #expect(result.elementType == type)
          record.values["\(reduction) \(type)"] = try result.doubles()
        }
        record.values["gather \(type)"] = try group.allGather(mine).doubles()
        record.values["broadcast \(type)"] = try group.broadcast(mine, from: group.worldSize - 1).doubles()
        #expect(try mine.doubles() == numbers(group.rank))
      }
      // Several on their way, awaited in another order.
      let pending = try (1...3).map { factor in
        try group.startAllReduce(Tensor(numbers(group.rank)) * Double(factor), .sum)
      }
      for index in [2, 0, 1] { record.values["pending \(index + 1)"] = try pending[index].wait().doubles() }
      // Rank 0's parameters, in the others' place and memory order, with a gradient to come.
      let kernel = try Tensor(counterNumbers(UInt64(group.rank), 24), shape: [2, 3, 2, 2]).channelsLast()
      try kernel.requiresGradient()
      try group.synchronize([kernel])
      record.values["synchronized"] = try kernel.detach().doubles()
      // L = sum over ranks r of w_r (sum of x)^2: dL/dx = 2 (sum of w) (sum of x), the same on every rank.
      let x = try Tensor(numbers(group.rank)).requiresGradient()
      let y = try group.trackedSum(x)
      try (y.square() * Double(group.rank + 1)).sum().backward()
      record.values["tracked"] = try y.detach().doubles()
      record.values["gradient"] = try x.gradient()?.doubles()
      #expect(throws: TorchError.self) { try group.allReduce(Tensor.ones([2], type: .bool)) }
      #expect(throws: TorchError.self) { try group.allReduce(Tensor([1]), .mean) }
      #expect(throws: TorchError.self) { try group.broadcast(Tensor([1.0]), from: group.worldSize) }
      // What was refused before it set out does no harm.
      record.values["vector"] = try group.allGather(Tensor.full([], Double(group.rank))).doubles()
      try group.barrier()
    }

    private static func sums(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      let mine = try Tensor(counterNumbers(UInt64(group.rank), 100_003)).to(.f32)
      for _ in 0..<2 {
        // Digests, and the numbers once.
        let pair = try [group.startAllReduce(mine), group.startAllReduce(mine.to(.bf16))].map { try $0.wait() }
        for result in pair {
          let digest = try result.bytes().reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
          record.texts["digests", default: ""] += "\(result.elementType) \(digest) "
        }
        let part = try group.allReduce(mine.narrow(0, 500, 4000))
        record.texts["part"] = try part.bytes() == pair[0].narrow(0, 500, 4000).bytes() ? "equal" : "other"
        if group.rank == 0 { record.values["sum"] = try pair[0].doubles() }
      }
    }

    static let shapes = [[5, 3], [7], [2, 4, 3, 3], [1], [6, 2], [9]]

    /// The gradient that rank `rank` alone has, of parameter `index`, in step `step`.
    static func gradient(_ rank: Int, _ index: Int, _ step: Int) -> [Double] {
      counterNumbers(UInt64(100 + rank * 10 + index + step * 1000), shapes[index].reduce(1, *))
    }

    private static func buckets(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      for (bytes, reduction) in [(1, ProcessGroup.Reduction.mean), (100, .sum), (1 << 20, .mean)] {
        let parameters = try shapes.enumerated().map { index, shape in
          let value = try Tensor.ones(shape, type: index == 4 ? .f64 : .f32)
          return try (shape.count == 4 ? value.channelsLast() : value).requiresGradient()
        }
        let buckets = try GradientBuckets(parameters, in: group, bytes: bytes, reduction: reduction)
        // The second step adds two backwards up; only the last is armed.
        for step in 0..<2 {
          for part in 0...step {
            var loss = try Tensor.zeros([], type: .f64)
            for (index, parameter) in parameters.enumerated() {
              let factor = try Tensor(gradient(group.rank, index, step), shape: shapes[index])
              loss = try loss + (parameter * factor.to(parameter.elementType)).sum().to(.f64)
            }
            if part == step { try buckets.arm() }
            try loss.backward()
          }
          try buckets.finish()
          for (index, parameter) in parameters.enumerated() {
            let gradient = try #require(try parameter.gradient())
            #expect(gradient.shape == shapes[index] && gradient.elementType == parameter.elementType)
            record.values["\(bytes) \(step) \(index)"] = try gradient.doubles()
          }
          // The step goes on to work on these gradients.
          let optimized = try parameters.map { parameter in
            OptimizedParameter(value: parameter, first: try parameter.detach().clone(), average: nil, weightDecay: 0)
          }
          try sgdStep(optimized, rate: 0, momentum: 0, averageDecay: 0)
        }
        #expect(throws: TorchError.self) { try buckets.finish() }
        try buckets.arm()
        try parameters[0].sum().backward()
        let error = #expect(throws: TorchError.self) { try buckets.finish() }
        #expect(error?.kind == .invalid && error?.message.contains("got no gradient") == true)
        #expect(throws: TorchError.self) { try GradientBuckets(parameters, in: group) }  // in buckets already
      }
    }

    /// The rank of `Ranks.victimVariable` ends or stops; the others go on.
    private static func lost(_ group: ProcessGroup, _ record: inout Ranks.Record, _ signal: Int32) throws {
      try group.barrier()
      let victim = ProcessInfo.processInfo.environment[Ranks.victimVariable].flatMap { Int($0) }
      if group.rank == victim { raise(signal) }
      do {
        for _ in 0..<1000 { _ = try group.allReduce(Tensor.ones([1000])) }
      } catch {
        record.texts["then"] = "\(#expect(throws: TorchError.self) { try group.barrier() }?.kind == .noContact)"
        throw error
      }
    }

    /// The loss of a rank while gradients are on their way is said by `finish`, during a tracked sum's backward by
    /// `backward`, and of its own kind by both.
    private static func lostInBackward(_ group: ProcessGroup, tracked: Bool) throws {
      let parameters = try (0..<3).map { _ in try Tensor.ones([100]).requiresGradient() }
      let buckets = try GradientBuckets(parameters, in: group, bytes: 1)
      for step in 0..<1000 {
        try buckets.arm()
        var loss = try parameters[0] * parameters[1] * parameters[2]
        if tracked { loss = try group.trackedSum(loss) }
        loss = try loss.sum()
        if group.rank == 1 && step == 3 { raise(SIGKILL) }
        try loss.backward()
        try buckets.finish()
      }
    }

    private static func stuck(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      _ = try group.allReduce(Tensor([1.0]))
      while group.rank == 1 { usleep(10_000) }
      try group.barrier()
    }

    private static func left(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      _ = try group.allReduce(Tensor([1.0]))
      if group.rank != 1 { try group.barrier() }
    }
  }
#endif
