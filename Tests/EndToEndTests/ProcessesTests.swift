#if os(Linux)
  import Foundation
  import TestSupport
  import Testing
  import Torch

  /// Training by several real processes on loopback: the same as one; what happens when one dies, stops or is asked to.
  @Suite(.serialized) struct ProcessesTests {
    /// 360 samples to train on, 40 held out; 8 steps an epoch of 42 images, which four processes cannot share evenly.
    private func plan(epochs: Int, objective: String = "softmax", _ more: String = "") -> String {
      """
      data: { dataset: glyphs, fraction: 0.1 }
      network: { name: resnet8 }
      objective: { parts: [\(objective == "softmax" ? "{ name: softmax, parameters: {} }" : objective)] }
      training: { epochs: \(epochs), batch: 42, learning_rate: 0.1, warmup: 0.5, ema: 0.9, augment: [flip, shift], \(more) }
      seed: 11
      threads: 1
      """
    }

    private func make(_ plan: String) throws -> Tool {
      let tool = try Tool()
      try plan.write(to: tool.folder.appendingPathComponent("plan.yaml"), atomically: true, encoding: .utf8)
      return tool
    }

    private func line(_ processes: Int, _ run: String, _ more: String...) -> [String] {
      ["train", "--plan", "plan.yaml", "--objective", "softmax", "--out", run] + more
        + (processes > 1 ? ["--processes", "\(processes)"] : [])
    }

    /// All values of a run's weights, one after another.
    private func values(_ tool: Tool, _ run: String) throws -> [Double] {
      let file = try SafeTensorsFile(tool.folder.appendingPathComponent("\(run)/weights.safetensors"))
      return file.entries.sorted { $0.name < $1.name }.flatMap { entry in
        file.withBytes(of: entry) { bytes in
          stride(from: 0, to: bytes.count, by: 4).map {
            Double(bytes.loadUnaligned(fromByteOffset: $0, as: Float.self))
          }
        }
      }
    }

    private func losses(_ tool: Tool, _ run: String) throws -> [Double] {
      try tool.events(run, "epoch").compactMap { ($0["loss"] as? NSNumber)?.doubleValue }
    }

    /// One, two and four processes: dropout, a penalty on the head, mixed images, a batch in two parts.
    @Test func oneTwoAndFourProcessesAreTheSame() throws {
      let tool = try make(plan(epochs: 2, "accumulate: 2, clip: 5"))
      defer { tool.remove() }
      let more = [
        "--objective", "label-smoothing+dropout+final-layer-l2:strength=0.01", "--augment",
        "flip+shift+mixup:alpha=0.4",
      ]
      func train(_ processes: Int, _ run: String, _ extra: [String] = []) throws {
        let result = try tool.run(
          ["train", "--plan", "plan.yaml", "--out", run] + more + extra
            + (processes > 1 ? ["--processes", "\(processes)"] : []))
        #expect(result.code == 0, "\(result.errors)")
      }
      try train(1, "one")
      let (expected, weights) = (try losses(tool, "one"), try values(tool, "one"))
      #expect(expected.count == 2 && weights.count > 70_000)
      for processes in [2, 4] {
        try train(processes, "run\(processes)")
        let gap = relativeGap(try losses(tool, "run\(processes)"), expected)
        #expect(gap <= 1e-5, "\(processes) processes: losses \(gap)")
        let apart = relativeGap(try values(tool, "run\(processes)"), weights)
        #expect(apart <= 1e-3, "\(processes) processes: weights \(apart)")
        #expect(try tool.events("run\(processes)", "started").first?["processes"] as? Int == processes)
      }
      // Each process's own statistics are something else.
      try train(2, "own", ["--sync-bn", "off"])
      #expect(relativeGap(try losses(tool, "own"), expected) > 1e-4)
    }

    @Test func aKilledProcessIsNamedAndTheRunGoesOnWithAnyNumber() throws {
      let tool = try make(plan(epochs: 5))
      defer { tool.remove() }
      let undisturbed = try tool.run(line(2, "whole"))
      #expect(undisturbed.code == 0, "\(undisturbed.errors)")
      let job = try Tool.Job(tool, line(2, "run", "--checkpoint-every", "2steps"))
      let run = tool.folder.appendingPathComponent("run")
      try job.reach(10, of: run)
      kill(try job.rank(1), SIGKILL)
      let result = try job.wait()
      #expect(result.code == 1)
      #expect(result.errors.contains("rank 1 was killed by signal 9"), "\(result.errors)")
      for number in [1, 4] {
        try FileManager.default.copyItem(at: run, to: tool.folder.appendingPathComponent("run\(number)"))
      }
      let again = try tool.run(line(2, "run"))
      #expect(again.code == 0, "\(again.errors)")
      #expect(try tool.weights("run") == tool.weights("whole"))
      let expected = try values(tool, "whole")
      for number in [1, 4] {
        let other = try tool.run(line(number, "run\(number)"))
        #expect(other.code == 0, "\(other.errors)")
        let resumed = try #require(try tool.events("run\(number)", "resumed").last)
        #expect(resumed["step"] as? Int ?? 0 >= 10 && resumed["processes"] as? Int == (number > 1 ? number : nil))
        let apart = relativeGap(try values(tool, "run\(number)"), expected)
        #expect(apart <= 0.05, "\(number) processes: \(apart)")
      }
    }

    @Test(arguments: [0, 1]) func aStoppedProcessIsNamedWithinTheTimeout(victim: Int) throws {
      let tool = try make(plan(epochs: 1000))
      defer { tool.remove() }
      let job = try Tool.Job(tool, line(3, "run", "--checkpoint-every", "2steps", "--timeout", "10"))
      try job.reach(2, of: tool.folder.appendingPathComponent("run"))
      let stopped = try job.rank(victim)
      kill(stopped, SIGSTOP)
      let result = try job.wait(limit: 120)
      #expect(result.code == 1)
      #expect(result.errors.contains("rank \(victim) "), "\(result.errors)")
      #expect(result.errors.contains("not answer"), "\(result.errors)")
      #expect(!Tool.isAlive(stopped))
    }

    @Test(arguments: [nil, 1]) func askedToStopAllDo(rank: Int?) throws {
      let tool = try make(plan(epochs: 16))
      defer { tool.remove() }
      let undisturbed = try tool.run(line(2, "whole"))
      #expect(undisturbed.code == 0, "\(undisturbed.errors)")
      let job = try Tool.Job(tool, line(2, "run", "--checkpoint-every", "2steps"))
      try job.reach(2, of: tool.folder.appendingPathComponent("run"))
      kill(try rank.map { try job.rank($0) } ?? job.process.processIdentifier, SIGTERM)
      let result = try job.wait()
      #expect(result.code == 4, "\(result.errors)")
      #expect(result.errors.contains("interrupted at step"))
      #expect(try tool.events("run", "interrupted").count == 1)
      let again = try tool.run(line(2, "run"))
      #expect(again.code == 0, "\(again.errors)")
      #expect(try tool.weights("run") == tool.weights("whole"))
    }

    /// A killed launcher leaves nothing behind that holds the folder.
    @Test func processesEndWithTheirLauncher() throws {
      let tool = try make(plan(epochs: 1000))
      defer { tool.remove() }
      let job = try Tool.Job(tool, line(2, "run", "--checkpoint-every", "2steps"))
      try job.reach(2, of: tool.folder.appendingPathComponent("run"))
      let ranks = try [job.rank(0), job.rank(1)]
      kill(job.process.processIdentifier, SIGKILL)
      _ = try job.wait()
      let deadline = Date(timeIntervalSinceNow: 60)
      while Date() < deadline, ranks.contains(where: Tool.isAlive) { usleep(10_000) }
      #expect(!ranks.contains(where: Tool.isAlive))
    }

    /// Without a launcher that watches: the others find out, say who it is and end.
    @Test func processesStartedByHandFindOut() throws {
      let tool = try make(plan(epochs: 1000))
      defer { tool.remove() }
      let port = 20_000 + Int.random(in: 0..<10_000)
      let jobs = try (0..<2).map { rank in
        try Tool.Job(
          tool, line(1, "run", "--checkpoint-every", "2steps", "--timeout", "20"),
          environment: [
            "RANK": "\(rank)", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
          ])
      }
      try jobs[0].reach(2, of: tool.folder.appendingPathComponent("run"))
      kill(jobs[1].process.processIdentifier, SIGKILL)
      let result = try jobs[0].wait(limit: 120)
      #expect(result.code == 1)
      #expect(result.errors.contains("rank 1 does not answer"), "\(result.errors)")
      #expect(result.errors.contains("goes on from the last checkpoint"))
      _ = try jobs[1].wait()
    }

    /// What one says for all is said once.
    @Test func whatCannotBeSharedIsRefused() throws {
      let tool = try make(plan(epochs: 1))
      defer { tool.remove() }
      func check(_ arguments: [String], code: Int32, _ said: String, environment: [String: String] = [:]) throws {
        let result = try Tool.Job(tool, arguments, environment: environment).wait()
        #expect(result.code == code, "\(result.errors)")
        #expect(result.errors.components(separatedBy: said).count == 2, "\(result.errors)")
      }
      let contrastive = ["train", "--plan", "plan.yaml", "--objective", "supervised-contrastive", "--out", "r"]
      try check(contrastive + ["--processes", "2"], code: 3, "compares the examples of a batch with each other")
      try check(line(2, "r", "--batch", "3", "--sync-bn", "off"), code: 3, "at least 4, 2 for each process")
      try check(line(1, "r", "--processes", "0"), code: 2, "--processes 0")
      try check(line(2, "r", "--sync-bn", "maybe"), code: 2, "--sync-bn 'maybe'")
      try check(line(2, "r", "--timeout", "0"), code: 2, "--timeout 0.0")
      try check(line(1, "r"), code: 2, "RANK is missing", environment: ["WORLD_SIZE": "2"])
      let place = ["RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29999"]
      try check(line(2, "r"), code: 2, "leave the option out", environment: place)
      try check(line(1, "r", "--timeout", "2"), code: 1, "rank 1 of 2 did not come", environment: place)
    }
  }
#endif
