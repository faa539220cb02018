#if os(Linux)
  import Foundation
  import Testing

  /// The protocol `few-shot` through the program: workers, store, report; asked for later, it alone is done.
  @Suite(.serialized) struct FewShotStudyTests {
    static let specification = """
      name: few
      source: { dataset: glyphs, labels: coarse, samples: { train: 200, test: 80 }, holdout: 0.2 }
      network: { name: convnet, width: 4 }
      training: { epochs: 1, batch: 32, learning_rate: 0.05, warmup: 0 }
      objectives: [softmax, label-smoothing]
      seeds: 2
      transfer: [{ dataset: source, labels: texture, protocols: [knn] }]
      """

    @Test func askedForLaterItAloneIsDone() throws {
      let tool = try Tool()
      defer { tool.remove() }
      try Data(Self.specification.utf8).write(to: tool.folder.appendingPathComponent("few.yaml"))
      let call = ["study", "run", "few.yaml", "--out", "s", "--workers", "2", "--json"]
      let first = try tool.run(call)
      #expect(first.code == 0 && first.json["stages"] as? Int == 20, "\(first.errors)")
      let tables = tool.folder.appendingPathComponent("s/report/tables")
      #expect(!FileManager.default.fileExists(atPath: tables.appendingPathComponent("few-shot.csv").path))

      let target = "{ dataset: source, labels: texture, protocols: [knn, few-shot], shots: [1, 4], draws: 2 }"
      let asked = call + ["--set", "transfer.0=\(target)"]
      let planned = try tool.run(asked + ["--dry-run"]).json
      #expect(planned["stages"] as? Int == 24 && planned["done"] as? Int == 20)
      let second = try tool.run(asked)
      #expect(second.code == 0 && second.json["done"] as? Int == 24, "\(second.errors)")
      #expect(second.errors.contains("few-shot") && !second.errors.contains(": train"), "\(second.errors)")
      let text = try String(contentsOf: tables.appendingPathComponent("few-shot.csv"), encoding: .utf8)
      let rows = text.split(separator: "\n").dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(rows.count == 4 && rows.allSatisfy { (0...1).contains(Double($0[3]) ?? -1) && $0[7] == "2" }, "\(text)")
      #expect(rows.map { String($0[2]) } == ["1", "4", "1", "4"])
    }
  }
#endif
