import Foundation
import Testing

/// From images to figures with the program itself, each stage from the files of the one before.
@Suite(.serialized) struct WorkflowTests {
  @Test func trainEvaluateExtractMeasureTransfer() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let training = try tool.run(
      "train", "--network", "resnet8", "--objective", "label-smoothing", "--data", "glyphs", "--epochs", "1", "--batch",
      "128", "--seed", "3", "--threads", "1", "--out", "run", "--json")
    #expect(training.code == 0, "\(training.errors)")
    #expect(training.json["steps"] as? Int == 28)

    let again = try tool.run(
      "train", "--network", "resnet8", "--objective", "label-smoothing", "--data", "glyphs", "--epochs", "1", "--batch",
      "128", "--seed", "3", "--threads", "1", "--out", "run", "--json")
    #expect(again.json["was_finished"] as? Bool == true)

    let evaluation = try tool.run("evaluate", "run", "--data", "glyphs", "--predictions", "p.npz", "--json")
    #expect(evaluation.code == 0, "\(evaluation.errors)")
    for key in ["n", "top1", "top5", "loss", "nll", "ece", "temperature", "nll_scaled", "ece_scaled"] {
      #expect(evaluation.json[key] is NSNumber, "\(key)")
    }
    #expect(FileManager.default.fileExists(atPath: tool.path("p.npz")))

    for split in ["train", "test"] {
      let extraction = try tool.run(
        "extract", "run", "--data", "glyphs:hue", "--split", split, "--out", "\(split).safetensors", "--json")
      #expect(extraction.code == 0, "\(extraction.errors)")
      #expect((extraction.json["layers"] as? [String: [Int]])?["features"] == [split == "train" ? 4000 : 2000, 64])
    }

    // Straight from the run: the features file says the same of the pooled features.
    let sparsity = try tool.run("analyze", "sparsity", "run", "--data", "glyphs:hue", "--json")
    let ofFile = try tool.run("analyze", "sparsity", "test.safetensors", "--json")
    func last(_ result: Tool.Result) -> Double? {
      (result.json["layers"] as? [[String: Any]])?.last?["nonzero_fraction"] as? Double
    }
    #expect(try abs(#require(last(sparsity)) - #require(last(ofFile))) < 1e-4, "\(sparsity.errors)")
    let cka = try tool.run("analyze", "cka", "run", "--data", "glyphs:hue", "--batch", "200", "--json")
    let whole = try tool.run(
      "analyze", "cka", "test.safetensors", "--estimator", "minibatch", "--batch", "200", "--json")
    let table = cka.json["cka"] as? [[Double]] ?? []
    #expect(table.count > 3 && cka.json["n"] as? Int == 2000, "\(cka.errors)")
    #expect(table.indices.allSatisfy { table[$0][$0] == 1 })
    #expect((whole.json["cka"] as? [[Double]])?[0][0] == 1)
    let other = try tool.run("analyze", "cka", "run", "--data", "glyphs:hue", "--estimator", "biased")
    #expect(other.code == 2 && other.errors.contains("minibatch"))

    let separation = try tool.run("analyze", "separation", "test.safetensors", "--json")
    #expect(separation.code == 0, "\(separation.errors)")
    for key in ["cosine", "centered_cosine", "squared_euclidean", "angle"] {
      let entry = separation.json[key] as? [String: Any]
      let r2 = (entry?["r2"] as? NSNumber)?.doubleValue ?? -1
      #expect((0...1).contains(r2), "\(key)")
    }

    let probe = try tool.run(
      "transfer", "probe", "--train", "train.safetensors", "--test", "test.safetensors", "--lambdas", "1e-3:1e3:7",
      "--out", "probe.safetensors", "--json")
    #expect(probe.code == 0, "\(probe.errors)")
    #expect((probe.json["path"] as? [Any])?.count == 7)
    let atZero = (probe.json["gradient_norm_at_zero"] as? NSNumber)?.doubleValue ?? 0
    for case let entry as [String: Any] in probe.json["path"] as? [Any] ?? [] {
      let norm = (entry["gradient_norm"] as? NSNumber)?.doubleValue ?? .infinity
      #expect(norm <= 1e-5 * atZero)
    }
    // Eight hues by chance: one in eight; colour is easy even for a net that hardly trained.
    #expect(((probe.json["accuracy"] as? NSNumber)?.doubleValue ?? 0) > 0.4)

    let neighbours = try tool.run(
      "transfer", "knn", "--train", "train.safetensors", "--test", "test.safetensors", "--holdout", "0", "--k", "10",
      "--distance", "cosine", "--weighting", "uniform", "--json")
    #expect(neighbours.code == 0, "\(neighbours.errors)")
    #expect(((neighbours.json["accuracy"] as? NSNumber)?.doubleValue ?? 0) > 0.3)
  }

  @Test func dataIsDescribed() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let list = try tool.run("data", "list", "--json")
    #expect((list.json["datasets"] as? [Any])?.isEmpty == false)
    let info = try tool.run("data", "info", "glyphs", "--sheet", "sheet.png", "--json")
    #expect(info.code == 0, "\(info.errors)")
    for key in ["n", "classes", "per_class", "shape", "mean", "deviation", "sha256"] {
      #expect(info.json[key] != nil, "\(key)")
    }
    let sheet = try Data(contentsOf: tool.folder.appendingPathComponent("sheet.png"))
    #expect(sheet.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    let doctor = try tool.run("doctor", "--json")
    #expect(doctor.json["libtorch"] is String)
  }
}

/// What a user meets who errs.
struct ExitCodeTests {
  @Test(arguments: [
    (["evaluate", "nowhere"], "nowhere"),
    (["analyze", "separation", "nowhere.npy"], "nowhere.npy"),
    (["data", "info", "mnist:nowhere"], "nowhere"),
    (["study", "run", "nowhere.yaml"], "nowhere.yaml"),
    (["study", "export", "nowhere", "--to", "csv", "--out", "r.csv"], "nowhere"),
  ])
  func badInput(_ arguments: [String], _ said: String) throws {
    let result = try run(arguments)
    #expect(result.code == 3, "\(arguments): \(result.errors)")
    #expect(result.errors.contains(said), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test(arguments: [
    (["train", "--nosuch"], "Usage"),
    (["train", "--network", "nosuch", "--objective", "softmax", "--data", "glyphs", "--out", "r"], "known: resnet8"),
    (["study", "run", "nowhere.yaml", "--workers", "0"], "--workers"),
    (["study", "run", "nowhere.yaml", "--shard", "3/2"], "--shard 3/2"),
    (["study", "run", "nowhere.yaml", "--retries=-1"], "--retries"),
    (["study", "status", "nowhere", "--every", "0"], "--every"),
    (["study", "status", "nowhere", "--watch", "--json"], "--watch"),
    (["study", "export", "nowhere", "--to", "xml", "--out", "r.xml"], "tensorboard"),
    (["train", "--network", "resnet8", "--objective", "nosuch", "--data", "glyphs", "--out", "r"], "softmax"),
    (
      ["train", "--network", "resnet8", "--objective", "softmax", "--data", "glyphs", "--epochs", "0", "--out", "r"],
      "epochs"
    ),
    (
      [
        "train", "--network", "resnet8", "--objective", "softmax", "--data", "glyphs", "--checkpoint-every", "x",
        "--out", "r",
      ],
      "checkpoint-every"
    ),
    (["transfer", "knn", "--train", "a.npy", "--test", "b.npy", "--holdout", "0"], "--holdout 0"),
    (["nosuch"], "nosuch"),
  ])
  func wrongUsage(_ arguments: [String], _ said: String) throws {
    let result = try run(arguments)
    #expect(result.code == 2, "\(arguments): \(result.errors)")
    #expect(result.errors.contains(said), "\(result.errors)")
  }

  @Test(arguments: [
    ["study", "run"], ["study", "status"], ["study", "report"], ["study", "list"], ["study", "export"], ["train"],
    ["evaluate"], ["extract"],
    ["analyze", "separation"], ["analyze", "cka"], ["analyze", "similarity"], ["analyze", "spectrum"],
    ["analyze", "sparsity"], ["analyze", "collapse"], ["analyze", "uniformity"], ["analyze", "calibration"],
    ["analyze", "agreement"],
    ["analyze", "ood"],
    ["transfer", "probe"], ["transfer", "knn"], ["data", "list"],
    ["data", "info"],
    ["doctor"],
    ["bench", "train"],
  ])
  func helpHasAnExample(_ command: [String]) throws {
    let result = try run(command + ["--help"])
    #expect(result.code == 0)
    #expect(result.output.contains("Example"), "\(command)")
  }

  private func run(_ arguments: [String]) throws -> Tool.Result {
    let tool = try Tool()
    defer { tool.remove() }
    return try tool.run(arguments)
  }
}
