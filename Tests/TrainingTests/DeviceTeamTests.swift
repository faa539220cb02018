#if os(Linux)
  import Foundation
  import TestSupport
  import Testing
  import Torch

  @testable import Training

  /// Processes that share a run by the way of other devices, here on the processor with Gloo: the way that GPUs go with NCCL.
  @Suite struct DeviceTeamTests {
    /// The weights of one process, up to rounding, and the same for every rank; stopped by one rank and gone on with by
    /// another number of processes, too.
    @Test func teamsEndWhereOneProcessDoes() async throws {
      let samples = try quadrants()
      let alone = try ScratchFolder()
      let one = TrainingRun(plan: try DeviceTeamMember.plan(), folder: alone.url)
      let listener = Listener()
      try one.go(samples, listener)
      let expected = try TensorFile.read(one.weights, requiresDigest: true).tensors
      for (first, second) in [(2, nil), (3, nil), (2, 3)] as [(Int, Int?)] {
        let folder = try ScratchFolder()
        let scenario = second == nil ? "whole" : "stopped"
        let records = try await Ranks.run("\(scenario) \(folder.url.path)", of: "DeviceTeamMember", size: first)
        for record in records { #expect(record.texts == ["outcome": scenario], "\(record.standardError)") }
        if let second {
          for record in try await Ranks.run(
            "whole \(folder.url.path)", of: "DeviceTeamMember", size: second)
          {
            #expect(record.texts == ["outcome": "whole"], "\(record.standardError)")
          }
        }
        let run = TrainingRun(plan: one.plan, folder: folder.url)
        let found = try TensorFile.read(run.weights, requiresDigest: true).tensors
        #expect(found.keys.sorted() == expected.keys.sorted())
        for (name, tensor) in expected { #expect(try relativeGap(#require(found[name]), tensor) < 2e-3, "\(name)") }
        let epochs = try TrainingRun.epochs(in: folder.url)
        #expect(epochs.count == listener.epochs.count)
        for (a, b) in zip(epochs, listener.epochs) {
          #expect(abs(a.loss - b.loss) < 1e-4 * abs(b.loss) && a.holdoutAccuracy == b.holdoutAccuracy)
        }
      }
    }
  }

  /// What one process does: the other half of `DeviceTeamTests`, which starts it.
  @Suite(.enabled(if: ProcessInfo.processInfo.environment[Ranks.scenarioVariable] != nil)) struct DeviceTeamMember {
    static func plan() throws -> Plan {
      try smallPlan {
        $0.clip = 1
        $0.accumulate = 2
      }
    }

    @Test func scenario() throws {
      let environment = ProcessInfo.processInfo.environment
      let place = try #require(try ProcessPlace(environment: environment))
      let words = try #require(environment[Ranks.scenarioVariable]).split(separator: " ", maxSplits: 1)
      var record = Ranks.Record()
      do {
        let group = try ProcessGroup(place, timeout: 120)
        let folder = URL(fileURLWithPath: String(try #require(words.last)))
        var run = TrainingRun(plan: try Self.plan(), folder: folder)
        run.stepsAsElsewhere = true
        var steps = 0
        let stops = words.first == "stopped" && place.rank == 1
        let outcome = try run.run(
          all: try quadrants(), group: group, checkpointEvery: .steps(5),
          shouldStop: {
            steps += 1
            return stops && steps > 5
          })
        switch outcome {
        case .finished: record.texts["outcome"] = "whole"
        case .interrupted: record.texts["outcome"] = "stopped"
        }
      } catch {
        record.texts["error"] = "\(error)"
      }
      try JSONEncoder().encode(record).write(to: URL(fileURLWithPath: #require(environment[Ranks.outputVariable])))
    }
  }
#endif
