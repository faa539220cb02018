import Foundation
import Testing

/// `analyze` on feature files as users have them.
struct AnalyzeTests {
  /// A fixture of MeasuresTests.
  private func file(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("MeasuresTests/Fixtures/\(name)").path
  }

  /// Writes an array of f32 as NumPy does.
  private func writeArray(_ values: [Float], _ shape: [Int], to path: String) throws {
    let sides = shape.map { "\($0)," }.joined(separator: " ")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(sides)), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    header += "\n"
    var data = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
    data += Data([UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]) + Data(header.utf8)
    values.withUnsafeBytes { data += Data($0) }
    try data.write(to: URL(fileURLWithPath: path))
  }

  @Test(arguments: [
    ("cka", ["estimator", "kernel", "n", "layers_a", "layers_b", "cka"]),
    ("similarity", ["procrustes", "rsa", "mutual_knn", "svcca"]),
  ])
  func pairs(_ command: String, _ keys: [String]) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try tool.run("analyze", command, file("similarity.a.npz"), file("similarity.b.npz"), "--json")
    #expect(result.code == 0, "\(result.errors)")
    for key in keys { #expect(result.json[key] != nil && !(result.json[key] is NSNull), "\(key)") }
    #expect(result.errors.isEmpty)
  }

  @Test func intervals() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try tool.run(
      "analyze", "cka", file("similarity.a.npz"), file("similarity.b.npz"), "--layers", "first", "--json")
    #expect(result.code == 3 && result.errors.contains("narrow, other, broad"), "\(result.errors)")
    let alone = try tool.run("analyze", "cka", file("similarity.a.npz"), "--bootstrap", "20", "--json")
    let (values, low, high) = (
      alone.json["cka"] as? [[Double]], alone.json["low"] as? [[Double]], alone.json["high"] as? [[Double]]
    )
    #expect(values?.count == 4 && low?.count == 4 && high?.count == 4)
    #expect(try #require(values)[0][0] == 1)
    #expect(try #require(low)[0][1] < #require(values)[0][1])
    let tested = try tool.run(
      "analyze", "cka", file("similarity.a.npz"), file("similarity.b.npz"), "--permutations", "19", "--json")
    #expect((tested.json["p"] as? [[Double]])?.map(\.count) == [3, 3, 3, 3])
    #expect(tested.json["permutations"] as? Int == 19)
    let text = try tool.run("analyze", "cka", file("similarity.a.npz"), "--permutations", "19")
    #expect(text.output.contains("p, of 19 permutations") && text.output.contains("0.0500"), "\(text.output)")
    let many = try tool.run(
      "analyze", "cka", file("similarity.a.npz"), file("similarity.b.npz"), file("similarity.a.npz"), "--json")
    #expect((many.json["pairs"] as? [Any])?.count == 3 && (many.json["sets"] as? [Any])?.count == 3)
  }

  @Test func separationByLayerAndHeldOut() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let (file, labels) = (file("ood.train.npz"), file("collapse.y.npy"))
    let result = try tool.run(
      "analyze", "separation", file, "--layers", "all", "--held-out", self.file("collapse.x.npy"), "--held-out-labels",
      labels, "--distance", "cosine", "--json")
    #expect(result.code == 0, "\(result.errors)")
    let own = try #require(result.json["cosine"] as? [String: Any])
    let layers = try #require(result.json["layers"] as? [[String: Any]])
    #expect(layers.map { $0["layer"] as? String } == ["features"])
    #expect((layers[0]["cosine"] as? [String: Any])?["r2"] as? Double == own["r2"] as? Double)
    let other = try #require(result.json["held_out"] as? [String: Any])
    let alone = try tool.run(
      "analyze", "separation", self.file("collapse.x.npy"), "--labels", labels, "--distance", "cosine", "--json")
    #expect(
      (other["cosine"] as? [String: Any])?["r2"] as? Double == (alone.json["cosine"] as? [String: Any])?["r2"]
        as? Double)
    let text = try tool.run(
      "analyze", "separation", file, "--layers", "all", "--held-out", file, "--distance", "cosine")
    #expect(text.output.contains("by layer, cosine") && text.output.contains("R^2 held out"))
    let missing = try tool.run("analyze", "separation", file, "--layers", "none")
    #expect(missing.code == 3 && missing.errors.contains("none"), "\(missing.errors)")
  }

  @Test func oneSet() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let spectrum = try tool.run("analyze", "spectrum", file("similarity.a.npz"), "--layer", "first", "--json")
    for key in ["singular_values", "participation_ratio", "effective_rank", "rankme", "alpha"] {
      #expect(spectrum.json[key] != nil && !(spectrum.json[key] is NSNull), "\(key)")
    }
    let sparsity = try tool.run("analyze", "sparsity", file("similarity.a.npz"), "--json")
    let layers = sparsity.json["layers"] as? [[String: Any]]
    #expect(layers?.compactMap { $0["layer"] as? String } == ["first", "block", "wide", "far"])
    #expect(layers?.allSatisfy { $0["nonzero_fraction"] as? Double == 1 } == true)
    let collapse = try tool.run(
      "analyze", "collapse", file("collapse.x.npy"), "--labels", file("collapse.y.npy"), "--weights",
      file("collapse.weight.npy"), "--json")
    for key in ["nc1", "nc2_equinorm", "nc2_equiangle", "nc3", "nc4", "cdnv", "vci"] {
      #expect(collapse.json[key] is NSNumber, "\(key)")
    }
    let uniformity = try tool.run(
      "analyze", "uniformity", file("collapse.x.npy"), "--labels", file("collapse.y.npy"), "--json")
    #expect(uniformity.json["alignment"] is NSNumber && uniformity.json["uniformity"] is NSNumber)
    let separation = try tool.run(
      "analyze", "separation", file("collapse.x.npy"), "--labels", file("collapse.y.npy"), "--per-class", "--bootstrap",
      "20", "--json")
    let cosine = separation.json["cosine"] as? [String: Any]
    #expect((cosine?["per_class"] as? [Any])?.count == 4 && (cosine?["r2_interval"] as? [String: Double])?.count == 2)
    let headless = try tool.run(
      "analyze", "collapse", file("collapse.x.npy"), "--labels", file("collapse.y.npy"), "--json")
    #expect(headless.json["nc3"] is NSNull)
    #expect((headless.json["reasons"] as? [String: String])?["nc3"]?.contains("--weights") == true)
  }

  @Test func outputsOfClassifiers() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let labels = ["--labels", file("outputs.y.npy")]
    let calibration = try tool.run(
      ["analyze", "calibration", file("outputs.a.npy")] + labels + [
        "--fit", file("outputs.b.npy"), "--fit-labels", file("outputs.y.npy"), "--json",
      ])
    for key in ["nll", "brier", "ece", "ece_adaptive", "ece_classwise", "accuracy", "temperature", "scaled", "bins"] {
      #expect(calibration.json[key] != nil && !(calibration.json[key] is NSNull), "\(key): \(calibration.errors)")
    }
    let raw = try tool.run(["analyze", "calibration", file("outputs.a.npy")] + labels + ["--json"])
    #expect(raw.json["temperature"] is NSNull && (raw.json["reason"] as? String)?.contains("--fit") == true)
    let two = try tool.run(
      ["analyze", "agreement", file("outputs.a.npy"), file("outputs.b.npy")] + labels + ["--json"])
    for key in ["agreement", "kappa", "mcnemar_p", "accuracy_a", "accuracy_b", "ensemble_accuracy"] {
      #expect(two.json[key] is NSNumber, "\(key): \(two.errors)")
    }
    let ood = try tool.run(
      "analyze", "ood", "--in", file("ood.inside.npz"), "--out", file("ood.outside.npz"), "--fit",
      file("ood.train.npz"),
      "--json")
    for key in ["msp", "max_logit", "energy", "mahalanobis", "knn"] {
      let figures = ood.json[key] as? [String: Double]
      #expect(
        Set(figures?.keys.map { $0 } ?? []) == ["auroc", "aupr_in", "aupr_out", "fpr95"], "\(key): \(ood.errors)")
    }
  }

  @Test func poolingAndWhatIsNotFinite() throws {
    let tool = try Tool()
    defer { tool.remove() }
    // Ten images of two channels of 2 x 1, the second channel's places far apart.
    var values = (0..<40).map { Float($0 % 7) + 1 }
    try writeArray(values, [10, 2, 2, 1], to: tool.path("images.npy"))
    let flat = try tool.run("analyze", "spectrum", "images.npy", "--json")
    let pooled = try tool.run("analyze", "spectrum", "images.npy", "--pool", "--json")
    #expect(flat.json["dimensions"] as? Int == 4 && pooled.json["dimensions"] as? Int == 2)
    values[9] = .nan
    values[30] = .infinity
    try writeArray(values, [10, 4], to: tool.path("bad.npy"))
    let refused = try tool.run("analyze", "spectrum", "bad.npy")
    #expect(refused.code == 3 && refused.output.isEmpty)
    #expect(refused.errors.contains("row 2, column 1: 1 NaN and 1 infinite in 2 of 10 rows"), "\(refused.errors)")
    let skipped = try tool.run("analyze", "spectrum", "bad.npy", "--allow-nonfinite", "skip", "--json")
    #expect(skipped.code == 0 && skipped.json["n"] as? Int == 8)
    #expect(skipped.errors.contains("skipped 2 of 10 examples") && skipped.errors.contains("2, 7"))
    let both = try tool.run("analyze", "cka", "bad.npy", "images.npy", "--allow-nonfinite", "skip", "--json")
    #expect(both.code == 0 && both.json["n"] as? Int == 8, "\(both.errors)")
    let wrong = try tool.run("analyze", "spectrum", "bad.npy", "--allow-nonfinite", "all")
    #expect(wrong.code == 2)
  }

  @Test(arguments: [
    (["cka", "collapse.x.npy", "plain.x.npy"], 3, "found 14; expected 48"),
    (["cka", "collapse.x.npy", "--estimator", "other"], 2, "debiased"),
    (["cka", "collapse.x.npy", "--kernel", "rbf", "--bandwidth", "0"], 2, "--bandwidth"),
    (["cka", "collapse.x.npy", "--bootstrap", "1"], 2, "--bootstrap"),
    (["cka", "collapse.x.npy", "--permutations", "-1"], 2, "--permutations"),
    (["cka", "collapse.x.npy", "--permutations", "9", "--estimator", "minibatch"], 2, "--permutations"),
    (["similarity", "collapse.x.npy", "plain.x.npy"], 3, "found 14; expected 48"),
    (["similarity", "collapse.x.npy", "collapse.x.npy", "--neighbors", "0"], 2, "--neighbors"),
    (["spectrum", "collapse.x.npy", "--alpha-ranks", "5"], 2, "LOW:HIGH"),
    (["spectrum", "collapse.x.npy", "--alpha-ranks", "5:50"], 3, "1:10"),
    (["collapse", "collapse.x.npy"], 3, "--labels"),
    (["collapse", "collapse.x.npy", "--labels", "plain.y.npy"], 3, "14"),
    (["sparsity", "nowhere.npy"], 3, "nowhere.npy"),
    (["agreement", "outputs.a.npy"], 2, "at least two"),
    (["agreement", "outputs.a.npy", "collapse.x.npy"], 3, "found 48; expected 150"),
    (["calibration", "outputs.a.npy"], 3, "--labels"),
    (["ood", "--in", "outputs.a.npy", "--out", "collapse.x.npy"], 3, "10 classes; expected 6"),
    (["ood", "--in", "outputs.a.npy"], 2, "--out"),
  ])
  func whatIsWrongIsSaid(_ arguments: [String], _ code: Int32, _ said: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let paths = arguments.map { $0.hasSuffix(".npy") && !$0.hasPrefix("nowhere") ? file($0) : $0 }
    let result = try tool.run(["analyze"] + paths)
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(said), "\(result.errors)")
    #expect(result.output.isEmpty)
  }
}
