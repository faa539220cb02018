#if os(Linux)
  import Foundation
  import TestSupport
  import Testing
  import Torch

  /// Real processes on loopback; what each does is in `RankTests`.
  @Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment[Ranks.scenarioVariable] == nil))
  struct ProcessGroupTests {
    @Test(arguments: [1, 2, 4]) func operationsGiveTheSameEverywhere(size: Int) async throws {
      let inputs = (0..<size).map(RankTests.numbers)
      let sum = inputs[0].indices.map { index in inputs.reduce(0) { $0 + $1[index] } }
      for outcome in try await Ranks.run("operations", size: size) {
        #expect(outcome.texts.isEmpty, "\(outcome.texts) \(outcome.standardError)")
        for type in RankTests.types {
          #expect(outcome.values["sum \(type)"] == sum)
          let greatest = inputs[0].indices.map { index in inputs.map { $0[index] }.max() ?? .nan }
          #expect(outcome.values["max \(type)"] == greatest)
          // Quarters and halves of small numbers are exact.
          if type.isFloatingPoint { #expect(outcome.values["mean \(type)"] == sum.map { $0 / Double(size) }) }
          #expect(outcome.values["gather \(type)"] == inputs.flatMap { $0 })
          #expect(outcome.values["broadcast \(type)"] == inputs[size - 1])
        }
        for factor in 1...3 { #expect(outcome.values["pending \(factor)"] == sum.map { $0 * Double(factor) }) }
        #expect(outcome.values["tracked"] == sum)
        #expect(outcome.values["gradient"] == sum.map { Double(size * (size + 1)) * $0 })
        #expect(outcome.values["synchronized"] == counterNumbers(0, 24))
        #expect(outcome.values["vector"] == (0..<size).map(Double.init))
      }
    }

    /// Every rank, each time, in every run: the same bytes, and the sum.
    @Test(arguments: [2, 4]) func sumsHaveTheSameBytesAlways(size: Int) async throws {
      let runs = try await [Ranks.run("sums", size: size), Ranks.run("sums", size: size)]
      let digests = Set(runs.joined().map { $0.texts["digests"] })
      #expect(digests.count == 1)
      // Two numbers have one sum, wherever in a tensor they stand.
      if size == 2 { #expect(runs.joined().allSatisfy { $0.texts["part"] == "equal" }) }
      let words = try #require(digests.first ?? nil).split(separator: " ")
      #expect(words.count == 8 && words[0..<4] == words[4..<8])
      let inputs = (0..<size).map { counterNumbers(UInt64($0), 100_003) }
      let sum = inputs[0].indices.map { index in inputs.reduce(0) { $0 + $1[index] } }
      let result = try #require(runs[0][0].values["sum"])
      // Each addition rounds once, to 2^-24 of what it gives, here at most the number of ranks.
      let bound = Double(size * (size - 1)) * 0x1p-24
      #expect(result.count == sum.count && zip(result, sum).allSatisfy { abs($0 - $1) <= bound })
    }

    @Test(arguments: [1, 2, 4]) func bucketsGiveTheMeanOfGradients(size: Int) async throws {
      for outcome in try await Ranks.run("buckets", size: size) {
        #expect(outcome.texts.isEmpty, "\(outcome.texts) \(outcome.standardError)")
        for (bytes, divisor) in [(1, size), (100, 1), (1 << 20, size)] {
          for step in 0..<2 {
            for index in RankTests.shapes.indices {
              let all = (0..<size).map { RankTests.gradient($0, index, step) }
              let expected = all[0].indices.map { place in
                Double(step + 1) * all.reduce(0) { $0 + $1[place] } / Double(divisor)
              }
              let result = outcome.values["\(bytes) \(step) \(index)"] ?? []
              #expect(result.count == expected.count)
              #expect(zip(result, expected).allSatisfy { abs($0 - $1) <= Double(size) * 0x1p-22 })
            }
          }
        }
      }
    }

    /// `victim` ends or stops in the middle; every other rank says so, and within the timeout.
    @Test(arguments: ["killed", "stopped"], [0, 2])
    func aLostRankIsNamed(how: String, victim: Int) async throws {
      let outcomes = try await Ranks.run(how, size: 4, timeout: 4, victim: victim)
      #expect(outcomes[victim].texts.isEmpty)
      for (rank, outcome) in outcomes.enumerated() where rank != victim {
        let error = try #require(outcome.texts["error"], "\(outcome.standardError)")
        #expect(outcome.texts["kind"] == "noContact" && outcome.texts["then"] == "true")
        #expect(error.contains("all-reduce (operation ") && error.contains(" on rank \(rank) of 4: rank \(victim) "))
        #expect(error.contains("not answer"))
      }
    }

    @Test(arguments: [("killed in backward", "finish: "), ("killed in tracked backward", "backward: ")])
    func aRankLostDuringBackwardIsNamed(how: String, start: String) async throws {
      let outcomes = try await Ranks.run(how, size: 3, timeout: 6, victim: 1)
      for rank in [0, 2] {
        let error = try #require(outcomes[rank].texts["error"])
        #expect(outcomes[rank].texts["kind"] == "noContact")
        #expect(
          error.contains("all-reduce (operation ") && error.contains(" on rank \(rank) of 3: rank 1 does not answer"))
      }
    }

    @Test func aStuckRankIsNamedWithWhereItIs() async throws {
      let outcomes = try await Ranks.run("stuck", size: 4, timeout: 4, victim: 1)
      for rank in [0, 2, 3] {
        let error = try #require(outcomes[rank].texts["error"])
        #expect(
          error.contains("barrier (operation 2) on rank \(rank) of 4: rank 1 is still at all-reduce (operation 1)"))
      }
    }

    @Test func aRankThatLeavesEarlyIsNamed() async throws {
      let outcomes = try await Ranks.run("left", size: 3, timeout: 6)
      #expect(outcomes[1].texts.isEmpty)
      for rank in [0, 2] {
        let error = try #require(outcomes[rank].texts["error"])
        #expect(error.contains("barrier (operation 2) on rank \(rank) of 3: rank 1 left the group"))
      }
    }

    @Test func whoDoesNotComeIsNamed() async throws {
      let outcomes = try await Ranks.run("absent", size: 4, timeout: 3) { $0.removeLast(2) }
      for outcome in outcomes {
        #expect(outcome.texts["error"] == "ProcessGroup: ranks 2, 3 of 4 did not come within 3000 ms")
      }
      let alone = try await Ranks.run("absent", size: 2, timeout: 3) { $0.removeFirst() }
      #expect(alone[0].texts["kind"] == "noContact")
      #expect(alone[0].texts["error"]?.hasPrefix("ProcessGroup: rank 1 of 2 could not join at 127.0.0.1:") == true)
    }

    @Test func ranksOfAnotherSizeAreRefused() async throws {
      let outcomes = try await Ranks.run("absent", size: 2, timeout: 6) { $0[1].worldSize = 3 }
      // Whichever of them sees it first.
      let sentences = [
        "ProcessGroup: rank 1 was started as one of 3, rank 0 as one of 2",
        "ProcessGroup: rank 0 was started as one of 2, rank 1 as one of 3",
      ]
      for outcome in outcomes { #expect(sentences.contains(outcome.texts["error"] ?? "")) }
    }
  }
#endif
