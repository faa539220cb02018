#if os(Linux)
  import Foundation
  import Testing

  /// `study run --dry-run` with and without data.
  @Suite(.serialized) struct DryRunTests {
    static let specification = """
      name: planned
      source: { dataset: glyphs, labels: coarse, samples: { train: 160, test: 80 }, holdout: 0.2 }
      network: { name: convnet, width: 4 }
      training: { epochs: 1, batch: 32, learning_rate: 0.05, warmup: 0 }
      objectives: [softmax]
      seeds: 1
      transfer: [{ dataset: pets, protocols: [knn] }, { dataset: source, labels: texture, protocols: [knn] }]
      """

    func tool() throws -> Tool {
      let tool = try Tool()
      try Data(Self.specification.utf8).write(to: tool.folder.appendingPathComponent("planned.yaml"))
      return tool
    }

    @Test func missingDataArePlannedAndTold() throws {
      let tool = try tool()
      defer { tool.remove() }
      let shown = try tool.run("study", "run", "planned.yaml", "--dry-run", "--data-root", "nowhere")
      #expect(shown.code == 0, "\(shown.errors)")
      #expect(shown.output.contains("planned: 1 runs, 7 stages"))
      let line = shown.output.split(separator: "\n").first { $0.hasPrefix("pets (3680 + 3669 images, 37 classes): ") }
      #expect(line?.contains("nowhere/pets: expected") == true, "\(shown.output)")
      #expect(line?.hasSuffix("how to get it: separatrix data list pets") == true)
      #expect(try tool.run("data", "list", "pets").code == 0)

      let json = try tool.run("study", "run", "planned.yaml", "--dry-run", "--data-root", "nowhere", "--json").json
      let missing = try #require(json["missing"] as? [[String: Any]])
      #expect(missing.count == 1 && missing[0]["dataset"] as? String == "pets")
      #expect(missing[0]["used_by"] as? [String] == ["pets"] && missing[0]["train"] as? Int == 3680)
      #expect(json["done"] as? Int == 0 && (json["remaining_seconds"] as? Double ?? 0) > 0)

      let refused = try tool.run("study", "run", "planned.yaml", "--data-root", "nowhere")
      #expect(refused.code == 3 && refused.errors.contains("planned.yaml:7:12: "), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: tool.path("studies")))
    }

    @Test func doneStagesAreCounted() throws {
      let tool = try tool()
      defer { tool.remove() }
      let call = ["study", "run", "planned.yaml", "--out", "s", "--set", "transfer=[]", "--workers", "1"]
      let ran = try tool.run(call)
      #expect(ran.code == 0, "\(ran.errors)")
      let shown = try tool.run(call + ["--dry-run"])
      #expect(shown.output.contains("done already    4 of 4 stages") && shown.output.contains(", 0 s of it left"))
      let elsewhere = ["study", "run", "planned.yaml", "--out", "t", "--reuse", "s", "--dry-run", "--json"]
      let json = try tool.run(elsewhere).json
      #expect(json["done"] as? Int == 4 && json["stages"] as? Int == 7)
      #expect((json["missing"] as? [Any])?.count == 1)
    }

    /// The largest of the ready-made studies is planned on a machine that has none of its data.
    @Test func paperStudyIsPlanned() throws {
      let tool = try Tool()
      defer { tool.remove() }
      let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
      let file = package.appendingPathComponent("studies/paper-imagenet.yaml").path
      let shown = try tool.run("study", "run", file, "--dry-run", "--data-root", "nowhere", "--json")
      #expect(shown.code == 0, "\(shown.errors)")
      #expect((shown.json["runs"] as? [Any])?.count == 72 && shown.json["stages"] as? Int == 2016)
      #expect((shown.json["missing"] as? [Any])?.count == 9)
    }
  }
#endif
