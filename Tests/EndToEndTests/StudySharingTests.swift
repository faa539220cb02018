#if os(Linux)
  import Foundation
  import Testing

  /// Studies shared by several calls of the program, and the commands that look after them.
  @Suite(.serialized) struct StudySharingTests {
    static let specification = """
      name: tiny
      source: { dataset: glyphs, labels: coarse, samples: { train: 160, test: 80 }, holdout: 0.2 }
      network: { name: convnet, width: 4 }
      training: { epochs: 2, batch: 32, learning_rate: 0.05, warmup: 0 }
      objectives: [softmax, label-smoothing]
      seeds: 2
      transfer: [{ dataset: source, labels: texture, protocols: [knn] }]
      """

    func tool() throws -> Tool {
      let tool = try Tool()
      try Data(Self.specification.utf8).write(to: tool.folder.appendingPathComponent("tiny.yaml"))
      return tool
    }

    @Test func shardsMakeAStudy() throws {
      let tool = try tool()
      defer { tool.remove() }
      let first = try tool.run("study", "run", "tiny.yaml", "--out", "s", "--shard", "1/2", "--workers", "1", "--json")
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.json["stages"] as? Int == 10 && first.json["done"] as? Int == 10)
      #expect(first.json["left_elsewhere"] as? Int == 10)
      #expect(first.errors.contains("shard 1/2: nothing is left to do; 10 stages of other shards are not done"))
      let partly = try tool.run("study", "status", "s", "--json")
      #expect(partly.json["stages_done"] as? Int == 10 && partly.json["stages_running"] as? Int == 0)
      let second = try tool.run("study", "run", "tiny.yaml", "--out", "s", "--shard", "2/2", "--workers", "1", "--json")
      #expect(second.code == 0 && second.json["left_elsewhere"] as? Int == 0, "\(second.errors)")
      let watched = try tool.run("study", "status", "s", "--watch")
      #expect(watched.code == 0 && watched.output == "tiny: 4 of 4 runs done, 0 failed; 20 of 20 stages\n")
      let check = try tool.run("study", "check", "s", "--json")
      #expect(check.code == 0 && check.json["stages"] as? Int == 20, "\(check.output)")

      // Half of it is asked for no more.
      let less = try tool.run("study", "run", "tiny.yaml", "--out", "s", "--set", "seeds=1", "--workers", "1")
      #expect(less.code == 0, "\(less.errors)")
      let listed = try tool.run("study", "gc", "s", "--dry-run", "--json")
      #expect((listed.json["items"] as? [Any])?.count == 2 && listed.json["stages"] as? Int == 10)
      let removed = try tool.run("study", "gc", "s")
      #expect(removed.code == 0 && removed.output.contains("removed 2 folders and files"), "\(removed.output)")
      let again = try tool.run("study", "gc", "s", "--json")
      #expect((again.json["items"] as? [Any])?.isEmpty == true && again.json["stages"] as? Int == 0)

      // Another study takes over what is left.
      let reused = try tool.run("study", "run", "tiny.yaml", "--out", "t", "--set", "seeds=1", "--reuse", "s", "--json")
      #expect(reused.code == 0 && reused.errors.contains("10 stages taken over"), "\(reused.errors)")
      func page(_ study: String) throws -> Data { try Data(contentsOf: tool.folder.appendingPathComponent(study)) }
      #expect(try page("s/report/report.html") == page("t/report/report.html"))

      let weights = try FileManager.default.contentsOfDirectory(atPath: tool.path("t/runs"))[0]
      try Data("gone".utf8).write(to: tool.folder.appendingPathComponent("t/runs/\(weights)/weights.safetensors"))
      let damaged = try tool.run("study", "check", "t")
      #expect(damaged.code == 1 && damaged.output.contains("weights.safetensors: "), "\(damaged.output)")
      let none = try tool.run("study", "check", "nowhere")
      #expect(none.code != 0 && none.errors.contains("no study here"))
    }

    @Test func aSchedulerIsKilledAndTheOtherGoesOn() throws {
      let tool = try tool()
      defer { tool.remove() }
      let line = ["study", "run", "tiny.yaml", "--out", "s", "--workers", "1", "--set", "training.epochs=30"]
      let (first, second) = (try Tool.Job(tool, line), try Tool.Job(tool, line))
      // Killed when it has a stage.
      let victim = first.process.processIdentifier
      for _ in 0..<2000 where !isAtWork(victim, tool) && first.process.isRunning { usleep(5_000) }
      kill(victim, SIGKILL)
      let watch = try Tool.Job(tool, ["study", "status", "s", "--watch", "--every", "0.1"])
      let result = try second.wait()
      #expect(result.code == 0, "\(result.errors)")
      _ = try first.wait()
      #expect(try watch.wait().code == 0)
      let done = try tool.events("s", "done").compactMap { $0["stage"] as? String }
      #expect(Set(done).count == done.count, "nothing is done twice")
      #expect(try tool.run("study", "status", "s", "--json").json["stages_done"] as? Int == 20)
      #expect(try tool.events("s", "freed").count == 1)
    }

    @Test func stoppingAndLookingAwayAreNoFailures() throws {
      let tool = try tool()
      defer { tool.remove() }
      let study = try Tool.Job(
        tool, ["study", "run", "tiny.yaml", "--out", "s", "--workers", "1", "--set", "training.epochs=2000"])
      for _ in 0..<2000 where !isAtWork(study.process.processIdentifier, tool) && study.process.isRunning {
        usleep(5_000)
      }
      let watch = try Tool.Job(tool, ["study", "status", "s", "--watch"])
      usleep(1_500_000)
      kill(watch.process.processIdentifier, SIGINT)
      let seen = try watch.wait()
      #expect(seen.code == 0 && seen.output.contains("1 in work"), "\(seen.output) \(seen.errors)")
      let other = try tool.run("study", "run", "tiny.yaml", "--out", "s", "--workers", "1")
      #expect(other.code == 1 && other.errors.contains("with another specification"), "\(other.errors)")
      #expect(try tool.run("study", "gc", "s").code == 1)
      kill(study.process.processIdentifier, SIGTERM)
      #expect(try study.wait().code == 4)
      #expect(try tool.run("study", "status", "s", "--json").json["stages_running"] as? Int == 0)
    }

    /// Whether a process of the study has claimed a stage.
    private func isAtWork(_ process: pid_t, _ tool: Tool) -> Bool {
      ((try? tool.events("s", "claimed")) ?? []).contains { $0["process"] as? Int == Int(process) }
    }
  }
#endif
