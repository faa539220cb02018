import Foundation
import Testing

/// docs/measures.md, "What comes of odd input", line by line through the built tool. The files are generate_odd.py's: twelve examples of
/// three numbers, which serve as outputs of three classes too.
@Suite struct OddInputTests {
  private func file(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/odd/\(name)").path
  }

  /// Runs a measure; words that are fixtures' names become their paths.
  private func analyze(_ tool: Tool, _ words: String) throws -> Tool.Result {
    try tool.run(
      ["analyze"]
        + words.split(separator: " ").map { word -> String in
          let path = file(String(word))
          return FileManager.default.fileExists(atPath: path) ? path : String(word)
        })
  }

  private func expected(_ key: String) throws -> Double {
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file("expected.json"))))
    return try #require((json as? [String: Double])?[key])
  }

  private func figure(_ result: Tool.Result, _ entry: String, _ key: String) -> Any? {
    (result.json[entry] as? [String: Any])?[key]
  }

  private func isR2(_ result: Tool.Result, _ key: String) throws -> Bool {
    guard result.code == 0, let found = figure(result, "cosine", "r2") as? Double else { return false }
    return try abs(found - expected(key)) <= 1e-9
  }

  /// Exit code 3, nothing on standard output, and a message with file, what was found and what is expected.
  private func expectBadInput(_ result: Tool.Result, _ said: [String], _ words: String) {
    #expect(result.code == 3, "\(words): \(result.code), \(result.output)\(result.errors)")
    #expect(result.output.isEmpty)
    for part in said + ["found", "expected"] {
      #expect(result.errors.contains(part), "\(words): no \(part) in \(result.errors)")
    }
  }

  // MARK: Formats

  @Test(arguments: [
    "plain.npy", "plain.f64.npy", "plain.half.npy", "plain.big.npy", "plain.fortran.npy", "plain.bigfortran.npy",
    "plain.odd.npz", "plain.stored.npz", "plain.packed.npz", "plain.safetensors", "plain.half.safetensors",
  ])
  func everyFormIsTheSame(name: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let labels = name.hasSuffix("npy") ? " --labels labels.npy" : ""
    let result = try analyze(tool, "separation \(name)\(labels) --json")
    #expect(try isR2(result, "r2"), "\(result.output)\(result.errors)")
    #expect(result.errors.isEmpty)
  }

  // MARK: NaN and infinities

  static let everyMeasure = [
    "separation BAD --labels labels.npy", "cka BAD plain.npy", "cka BAD --kernel rbf", "cka BAD --estimator minibatch",
    "cka plain.npy BAD --permutations 9", "similarity BAD plain.npy", "similarity plain.npy BAD", "spectrum BAD",
    "sparsity BAD", "collapse BAD --labels labels.npy", "uniformity BAD", "uniformity BAD --labels labels.npy",
    "calibration BAD --labels labels.npy", "agreement BAD plain.npy", "agreement plain.npy BAD --labels labels.npy",
    "ood --in BAD --out plain.npy", "ood --in plain.npy --out BAD", "shift --clean BAD plain.npy --labels labels.npy",
    "shift --clean plain.npy BAD --labels labels.npy",
  ]

  @Test(
    arguments: everyMeasure.map { $0.replacingOccurrences(of: "BAD", with: "nan.npy") } + [
      "separation nan.stored.npz", "separation nan.packed.npz", "separation nan.safetensors",
      "calibration nan.stored.npz", "calibration nan.packed.npz", "calibration nan.safetensors",
      "calibration plain.npy --labels labels.npy --fit nan.safetensors",
      "ood --in both.npz --out both.npz --fit nan.stored.npz",
    ])
  func whatIsNotFiniteIsCountedAndPlaced(words: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let name = try #require(words.split(separator: " ").first { $0.hasPrefix("nan.") })
    expectBadInput(
      try analyze(tool, words),
      [file(String(name)), "row 2, column 1: 1 NaN and 1 infinite in 2 of 12 rows", "--allow-nonfinite skip"], words)
  }

  @Test(
    arguments: everyMeasure.map { $0.replacingOccurrences(of: "BAD", with: "nan.npy") } + [
      "separation nan.packed.npz", "separation nan.safetensors",
    ])
  func skippingLeavesSuchRowsOut(words: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let result = try analyze(tool, "\(words) --allow-nonfinite skip --json")
    #expect(result.code == 0, "\(words): \(result.errors)")
    #expect(result.errors.contains("skipped 2 of 12 examples with NaN or infinities: row 2, 7"), "\(result.errors)")
    if words.hasPrefix("separation") { #expect(try isR2(result, "r2_kept"), "\(result.output)") }
    if !["ood", "shift", "sparsity"].contains(where: { words.hasPrefix($0) }) {
      #expect(result.json["n"] as? Int == 10)
    }
  }

  // MARK: Lengths and labels

  @Test(arguments: ["cka plain.npy shorter.npy", "similarity plain.npy shorter.npy", "agreement plain.npy shorter.npy"])
  func setsOfDifferentLength(words: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    expectBadInput(try analyze(tool, words), [file("plain.npy"), file("shorter.npy"), "found 9", "12"], words)
  }

  @Test(arguments: [
    ("separation plain.npy", ["plain.npy: labels", "--labels"]),
    ("collapse plain.npy", ["plain.npy: labels", "--labels"]),
    ("calibration plain.npy", ["plain.npy: labels", "--labels"]),
    ("calibration plain.npy --labels labels.npy --fit both.npz --fit-labels labels.few.npy", ["labels.few.npy", "11"]),
    ("calibration plain.npy --labels labels.npy --fit plain.f64.npy", ["plain.f64.npy: labels", "--fit-labels"]),
    ("shift --clean plain.npy plain.stored.npz", ["plain.npy: labels", "--labels"]),
    ("separation plain.npy --labels labels.many.npy", ["labels.many.npy: labels", "found 13", "12 rows", "plain.npy"]),
    ("separation plain.npy --labels labels.few.npy", ["labels.few.npy: labels", "found 11", "12 rows", "plain.npy"]),
    ("agreement plain.npy plain.f64.npy --labels labels.many.npy", ["labels.many.npy", "found 13", "12 rows"]),
    ("separation plain.npy --labels labels.half.npy", ["labels.half.npy", "[4]", "found 2.5", "a whole number"]),
    ("separation plain.npy --labels labels.square.npy", ["labels.square.npy", "found [12, 2]", "[n]"]),
    ("calibration plain.npy --labels labels.gaps.npy", ["labels.gaps.npy", "labels[0]", "found -5", "0..<3"]),
    ("calibration plain.npy --labels labels.beyond.npy", ["labels.beyond.npy", "labels[5]", "found 3", "0..<3"]),
    ("agreement plain.npy plain.f64.npy --labels labels.beyond.npy", ["labels.beyond.npy", "labels[5]", "found 3"]),
    (
      "shift --clean plain.npy plain.f64.npy --labels labels.beyond.npy", ["labels.beyond.npy", "labels[5]", "found 3"]
    ),
    ("collapse plain.npy --labels labels.gaps.npy --weights plain.npy", ["plain.npy", "labels", "found -5"]),
  ])
  func labelsThatDoNotFit(words: String, said: [String]) throws {
    let tool = try Tool()
    defer { tool.remove() }
    expectBadInput(try analyze(tool, words), said, words)
  }

  /// Whole numbers as floating-point ones, and labels below 0 with gaps.
  @Test(arguments: ["labels.whole.npy", "labels.gaps.npy"])
  func labelsAreTheirDistinctValues(name: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    #expect(try isR2(analyze(tool, "separation plain.npy --labels \(name) --json"), "r2"))
    let collapse = try analyze(tool, "collapse plain.npy --labels \(name) --json")
    #expect(collapse.json["classes"] as? Int == 3 && collapse.json["nc1"] is NSNumber)
  }

  @Test func missingLabelsLeaveOutWhatNeedsThem() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let agreement = try analyze(tool, "agreement plain.npy plain.half.npy --json")
    #expect(agreement.json["accuracy_a"] is NSNull && agreement.json["reason"] != nil)
    let uniformity = try analyze(tool, "uniformity plain.npy --json")
    #expect(uniformity.json["alignment"] is NSNull && uniformity.json["uniformity"] is NSNumber)
  }

  @Test func oneClass() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let separation = try analyze(tool, "separation plain.npy --labels labels.one.npy --json")
    for distance in ["cosine", "centered_cosine", "squared_euclidean", "angle"] {
      let found = try #require(figure(separation, distance, "r2") as? Double, "\(distance)")
      #expect(abs(found) <= 1e-12)
    }
    let collapse = try analyze(tool, "collapse plain.npy --labels labels.one.npy --json")
    for name in ["nc1", "cdnv", "vci"] {
      #expect(collapse.json[name] is NSNull)
      #expect((collapse.json["reasons"] as? [String: String])?[name] == "there is one class")
    }
  }

  @Test func aClassWithOneExample() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let separation = try analyze(tool, "separation plain.npy --labels labels.single.npy --json")
    for distance in ["cosine", "centered_cosine", "squared_euclidean", "angle"] {
      #expect(figure(separation, distance, "r2") is NSNumber && figure(separation, distance, "r2_debiased") is NSNull)
      #expect((figure(separation, distance, "reason") as? String)?.contains("class 90") == true)
    }
    let collapse = try analyze(tool, "collapse plain.npy --labels labels.single.npy --json")
    #expect(collapse.json["nc1"] is NSNumber && collapse.json["cdnv"] is NSNumber)
    let uniformity = try analyze(tool, "uniformity plain.npy --labels labels.single.npy --json")
    #expect(uniformity.json["alignment"] is NSNull && uniformity.json["uniformity"] is NSNumber)
    #expect((uniformity.json["reasons"] as? [String: String])?["alignment"]?.contains("class 90") == true)
  }

  // MARK: Features

  @Test(arguments: ["constant.npy", "zeros.npy"])
  func constantFeatures(name: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    for estimator in ["debiased", "biased", "minibatch"] {
      let cka = try analyze(tool, "cka \(name) plain.npy --estimator \(estimator) --json")
      #expect((cka.json["cka"] as? [[Any]])?[0][0] is NSNull, "\(estimator): \(cka.output)\(cka.errors)")
      #expect((cka.json["reasons"] as? [String])?.count == 1)
    }
    let tested = try analyze(tool, "cka \(name) plain.npy --permutations 9 --json")
    #expect((tested.json["p"] as? [[Any]])?[0][0] is NSNull, "\(tested.errors)")
    let similarity = try analyze(tool, "similarity \(name) plain.npy --json")
    for measure in ["procrustes", "svcca", "rsa", "rsa_spearman"] {
      #expect(similarity.json[measure] is NSNull, "\(measure): \(similarity.output)\(similarity.errors)")
    }
    let spectrum = try analyze(tool, "spectrum \(name) --json")
    let reasons = spectrum.json["reasons"] as? [String: String]
    for measure in ["participation_ratio", "effective_rank", "alpha"] {
      #expect(spectrum.json[measure] is NSNull && reasons?[measure] != nil, "\(measure)")
    }
    if name == "zeros.npy" {
      #expect(spectrum.json["rankme"] is NSNull && reasons?["rankme"] != nil)
    } else {
      let rank = try #require(spectrum.json["rankme"] as? Double)
      #expect(abs(rank - 1) <= 1e-6)
    }
    let separation = try analyze(tool, "separation \(name) --labels labels.npy --json")
    for distance in ["cosine", "centered_cosine", "squared_euclidean", "angle"] {
      #expect(figure(separation, distance, "r2") is NSNull && figure(separation, distance, "reason") is String)
    }
    let collapse = try analyze(tool, "collapse \(name) --labels labels.npy --json")
    #expect(collapse.json["nc1"] is NSNull, "\(collapse.output)")
    // As outputs they are a classifier's that always gives the same answer.
    let calibration = try analyze(tool, "calibration \(name) --labels labels.npy --json")
    #expect(calibration.json["accuracy"] as? Double == 1.0 / 3, "\(calibration.output)\(calibration.errors)")
  }

  @Test func aZeroVector() throws {
    let tool = try Tool()
    defer { tool.remove() }
    let separation = try analyze(tool, "separation zero.npy --labels labels.npy --json")
    for distance in ["cosine", "angle"] {
      #expect(figure(separation, distance, "r2") is NSNull)
      #expect((figure(separation, distance, "reason") as? String)?.contains("1 of 12 feature vectors are zero") == true)
    }
    #expect(figure(separation, "squared_euclidean", "r2") is NSNumber)
    for words in ["similarity zero.npy plain.npy --json", "similarity plain.npy zero.npy --json"] {
      let similarity = try analyze(tool, words)
      let reasons = similarity.json["reasons"] as? [String: String]
      #expect(similarity.json["rsa"] is NSNull && similarity.json["rsa_spearman"] is NSNull && reasons?["rsa"] != nil)
      #expect(similarity.json["mutual_knn"] is NSNull && reasons?["mutual_knn"]?.contains("zero") == true)
      #expect(similarity.json["procrustes"] is NSNumber && similarity.json["svcca"] is NSNumber)
    }
    let uniformity = try analyze(tool, "uniformity zero.npy --labels labels.npy --json")
    #expect(uniformity.json["uniformity"] is NSNull && uniformity.json["alignment"] is NSNull)
    let cka = try analyze(tool, "cka zero.npy plain.npy --json")
    #expect((cka.json["cka"] as? [[Double]])?.count == 1)
  }

  @Test(arguments: [
    ("cka three.npy", ["three.npy", "found 3 examples", "at least 4"]),
    ("cka three.npy --estimator minibatch", ["three.npy", "found 3 examples", "at least 4"]),
    ("cka seven.npy --bootstrap 10", ["seven.npy", "found 7 examples", "at least 8"]),
    ("cka none.npy", ["none.npy", "found 0 examples"]), ("spectrum none.npy", ["none.npy", "found 0 examples"]),
    ("similarity none.npy none.npy", ["none.npy", "found 0 examples"]),
    ("uniformity none.npy", ["none.npy", "found 0 examples"]), ("sparsity none.npy", ["none.npy", "no numbers"]),
    ("agreement none.npy none.npy", ["none.npy", "[0, 3]"]), ("ood --in none.npy --out plain.npy", ["none.npy"]),
    ("separation none.npy --labels none.npy", ["none.npy"]),
    ("spectrum flat.npy", ["flat.npy", "found [12]", "[n, d]"]),
    ("calibration flat.npy --labels labels.npy", ["flat.npy", "found [12]", "[n, d]"]),
  ])
  func tooFewExamples(words: String, said: [String]) throws {
    let tool = try Tool()
    defer { tool.remove() }
    expectBadInput(try analyze(tool, words), said, words)
    if words == "cka three.npy" { #expect(try analyze(tool, "\(words) --estimator biased").code == 0) }
  }

  // MARK: Files

  @Test(arguments: ["plain.npy", "plain.stored.npz", "plain.packed.npz", "plain.safetensors"])
  func filesCutShort(name: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let whole = try Data(contentsOf: URL(fileURLWithPath: file(name)))
    let damaged = "cut-" + name
    for count in [0, 5, 70, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: URL(fileURLWithPath: tool.path(damaged)))
      for words in [
        "spectrum \(damaged)", "separation plain.npy --labels \(damaged)", "shift --clean \(damaged) x.npy",
      ] {
        expectBadInput(try analyze(tool, words), [damaged], "\(words), \(count) bytes")
      }
    }
  }

  @Test(arguments: ["text.npy", "text.npz", "text.safetensors", "folder.npy", "folder", "nowhere.npy", "empty.npz"])
  func filesThatAreNone(name: String) throws {
    let tool = try Tool()
    defer { tool.remove() }
    let place = URL(fileURLWithPath: tool.path(name))
    if name.hasPrefix("text") { try Data("some words, none of them numbers\n".utf8).write(to: place) }
    if name.hasPrefix("empty") { try Data().write(to: place) }
    if name.hasPrefix("folder") {
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    }
    for words in [
      "spectrum \(name)", "cka plain.npy \(name)", "separation plain.npy --labels \(name)",
      "calibration plain.npy --labels labels.npy --fit \(name)", "ood --in plain.npy --out \(name)",
      "collapse plain.npy --labels labels.npy --weights \(name)",
      "shift --clean plain.npy \(name) --labels labels.npy",
      "shift --clean plain.npy --labels labels.npy --sets \(name)",
      "shift --clean plain.npy plain.f64.npy --labels labels.npy --reference \(name)",
    ] {
      expectBadInput(try analyze(tool, words), [name], words)
    }
  }
}
