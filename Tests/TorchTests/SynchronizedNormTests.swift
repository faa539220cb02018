#if os(Linux)
  import Foundation
  import TestSupport
  import Testing
  import Torch

  /// Batch norm over the images of several processes equals batch norm of all of them in one.
  @Suite(.enabled(if: ProcessInfo.processInfo.environment[Ranks.scenarioVariable] == nil))
  struct SynchronizedNormTests {
    /// One batch norm with what follows it.
    struct Norm {
      var name: String
      var type: ElementType
      var shape: [Int]
      var residual = true
      var relu = true
      var offset = 0.5
      var spread = 2.0
      var tolerance: Double
    }

    static let norms = [
      Norm(name: "f64", type: .f64, shape: [7, 6, 5, 3], tolerance: 1e-12),
      Norm(name: "f64 plain", type: .f64, shape: [7, 16, 2, 2], residual: false, relu: false, tolerance: 1e-12),
      Norm(name: "f64 rows", type: .f64, shape: [9, 5, 1, 1], residual: false, tolerance: 1e-12),
      Norm(name: "fused", type: .f32, shape: [7, 32, 9, 7], tolerance: 2e-6),
      Norm(name: "fused plain", type: .f32, shape: [9, 16, 5, 4], residual: false, relu: false, tolerance: 2e-6),
      // Without a ReLU: so far out, rounding decides on which side of zero some numbers fall.
      Norm(
        name: "fused far", type: .f32, shape: [7, 16, 9, 9], residual: false, relu: false, offset: 1000, spread: 30,
        tolerance: 1e-4),
      Norm(name: "odd channels", type: .f32, shape: [7, 10, 5, 3], tolerance: 2e-6),
      Norm(name: "bf16", type: .bf16, shape: [7, 16, 9, 9], tolerance: 0x1p-7),
    ]

    /// All that comes out for the images in `rows`.
    static func results(_ norm: Norm, _ rows: Range<Int>, _ group: ProcessGroup?, wide: Bool = false) throws
      -> [String: [Double]]
    {
      let (shape, channels) = (norm.shape, norm.shape[1])
      let type = wide ? .f64 : norm.type
      func share(_ stream: UInt64, _ scale: Double, _ offset: Double = 0) throws -> Tensor {
        let all = counterNumbers(stream, shape.reduce(1, *), scale).map { $0 + offset }
        let own = try Tensor(all, shape: shape).narrow(0, rows.lowerBound, rows.count)
        return try own.to(norm.type).to(type).channelsLast()
      }
      func vector(_ stream: UInt64, _ offset: Double) throws -> Tensor {
        try Tensor(counterNumbers(stream, channels, 0.5).map { $0 + offset }).to(.f32).to(type == .f64 ? .f64 : .f32)
      }
      let x = try share(1, norm.spread, norm.offset).requiresGradient()
      let residual = norm.residual ? try share(2, 1).requiresGradient() : nil
      let state = Tensor.BatchNormState(
        weight: try vector(3, 0.75).requiresGradient(), bias: try vector(4, 0).requiresGradient(),
        runningMean: try vector(5, 0), runningVariance: try vector(6, 1), momentum: 0.1, epsilon: 1e-5)
      let y = try x.batchNorm(state, residual: residual, relu: norm.relu, training: true, fused: !wide, group: group)
      try (y * share(7, 1)).sum().backward()
      return [
        "output": try y.detach().doubles(), "x": try x.gradient()?.doubles() ?? [],
        "residual": try residual?.gradient()?.doubles() ?? [],
        "weight": try state.weight.gradient()?.doubles() ?? [], "bias": try state.bias.gradient()?.doubles() ?? [],
        "mean": try state.runningMean.doubles(), "variance": try state.runningVariance.doubles(),
      ]
    }

    /// What a rank does.
    static func scenario(_ group: ProcessGroup, _ record: inout Ranks.Record) throws {
      for norm in norms {
        let count = norm.shape[0]
        let rows = count * group.rank / group.worldSize..<count * (group.rank + 1) / group.worldSize
        for (name, values) in try results(norm, rows, group) { record.values["\(norm.name) \(name)"] = values }
      }
    }

    @Test(arguments: [1, 2, 3]) func equalsOneProcess(size: Int) async throws {
      let outcomes = try await Ranks.run("batch norm", size: size)
      for outcome in outcomes { #expect(outcome.texts.isEmpty, "\(outcome.texts) \(outcome.standardError)") }
      for norm in Self.norms {
        // By LibTorch's own operators, in f64.
        let expected = try Self.results(norm, 0..<norm.shape[0], nil, wide: true)
        for (name, values) in expected {
          let found = outcomes.map { $0.values["\(norm.name) \(name)"] ?? [] }
          switch name {
          case "output", "x", "residual":
            let gap = relativeGap(Array(found.joined()), values)
            #expect(gap <= norm.tolerance, "\(norm.name) \(name): \(gap)")
          case "weight", "bias":
            let sum = values.indices.map { place in
              found.reduce(0) { $0 + ($1.indices.contains(place) ? $1[place] : .nan) }
            }
            let gap = relativeGap(sum, values)
            #expect(gap <= norm.tolerance, "\(norm.name) \(name): \(gap)")
          default:
            let allowed = norm.type == .f64 ? norm.tolerance : 1e-5
            #expect(relativeGap(found[0], values) <= allowed, "\(norm.name) \(name)")
            #expect(found.allSatisfy { $0 == found[0] }, "\(norm.name) \(name)")
          }
        }
      }
    }
  }
#endif
