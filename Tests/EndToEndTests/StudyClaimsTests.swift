import Foundation
import Testing

/// A study of some seconds, and what it says of the claims.
@Suite(.serialized) struct StudyClaimsTests {
  private static let specification = """
    name: small
    source: { dataset: glyphs, samples: { train: 200, test: 100 }, holdout: 0.2 }
    network: { name: resnet8, width: 4 }
    training: { epochs: 1, batch: 32, learning_rate: 0.1, warmup: 0 }
    objectives: [softmax, label-smoothing]
    seeds: 2
    transfer:
      - { dataset: source, labels: hue, name: hue, tags: [], protocols: [knn] }
    claims:
      - name: smoothing
        difference: { measure: knn_accuracy, target: hue, of: label-smoothing, over: softmax, below: 0.9 }
    """

  @Test func claimsOfAStudy() throws {
    let tool = try Tool()
    defer { tool.remove() }
    try Data(Self.specification.utf8).write(to: URL(fileURLWithPath: tool.path("small.yaml")))
    let study = try tool.run("study", "run", "small.yaml", "--out", "small", "--workers", "1")
    #expect(study.code == 0, "\(study.errors)")

    let found = try tool.run("study", "claims", "small", "--json")
    #expect(found.code == 0, "\(found.errors)")
    let claims = found.json["claims"] as? [[String: Any]] ?? []
    #expect(claims.count == 21 && found.json["study"] as? String == "small")
    #expect(claims.first { $0["id"] as? String == "6" }?["verdict"] as? String == "not measured")
    let own = try #require((found.json["own"] as? [[String: Any]])?.first)
    #expect(own["id"] as? String == "smoothing" && own["n"] as? Int == 2)
    for key in ["verdict", "statement", "statistic", "value", "interval", "parts", "missing", "sentence"] {
      #expect(own[key] != nil, "\(key)")
    }

    let table = try tool.run("study", "claims", "small")
    #expect(table.code == 0 && table.output.contains("\nsmoothing") && table.output.contains("17d."))
    #expect(FileManager.default.fileExists(atPath: tool.path("small/report/tables/claims.csv")))

    let compared = try tool.run("study", "report", "--compare", "small", "small", "--out", "compared", "--json")
    #expect(compared.code == 0 && compared.json["report"] != nil, "\(compared.errors)")
    for name in ["comparison.html", "differences.csv", "claims.csv", "unequal.csv"] {
      #expect(FileManager.default.fileExists(atPath: tool.path("compared/\(name)")), "\(name)")
    }
    #expect(try tool.run("study", "report", "--compare", "small", "nowhere").code == 1)
    #expect(try tool.run("study", "report", "--compare", "small").code == 2)
    #expect(try tool.run("study", "report", "small", "small").code == 2)
    #expect(try tool.run("study", "report", "small", "--out", "elsewhere").code == 2)

    let wrong = Self.specification.replacingOccurrences(of: "over: softmax", with: "over: sofmax")
    try Data(wrong.utf8).write(to: URL(fileURLWithPath: tool.path("wrong.yaml")))
    let refused = try tool.run("study", "run", "wrong.yaml", "--dry-run")
    #expect(refused.code == 3 && refused.errors.contains("wrong.yaml:11:"), "\(refused.errors)")
    #expect(refused.errors.contains("did you mean 'softmax'?"))
  }
}
