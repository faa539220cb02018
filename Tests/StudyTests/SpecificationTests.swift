import Foundation
import Testing
import Training

@testable import Study

@Suite struct SpecificationTests {
  @Test func readsTheWholeStudy() throws {
    let document = try document(dataRoot: "/data")
    let study = document.specification
    #expect(study.name == "small")
    #expect(study.source.holdout == 0.1)
    #expect(study.source.data.directory == "fashion-mnist")
    #expect(study.network.name == "resnet8")
    #expect(study.training.epochs == 2)
    #expect(study.training.momentum == 0.9)
    #expect(
      study.objectives.map(\.label) == [
        "softmax", "cosine-softmax:temperature=0.05", "cosine-softmax:temperature=0.1",
      ])
    #expect(study.seeds == [0, 1])
    #expect(study.transfer.map(\.label) == ["mnist", "notmnist"])
    #expect(study.transfer[1].protocols == [.knn])
    #expect(study.measures == [.separation, .calibration])
    #expect(document.dataRoot == "/data")
  }

  @Test(arguments: [
    (
      "training: { epochs: 2, batch: 32, learning_rat: 0.1 }",
      "study.yaml:4:35: training: unknown key 'learning_rat'; did you mean 'learning_rate'?"
    ),
    ("training: { epochs: two }", "study.yaml:4:21: epochs: expected a whole number, found two"),
    ("training: { epochs: \"2\" }", "study.yaml:4:21: epochs: expected a whole number, found \"2\""),
    ("training: { epochs: 0 }", "study.yaml:4:21: epochs: 0 is out of range"),
    (
      "training: { epochs: 2, warmup: 3 }",
      "study.yaml:4:32: warmup: 3.0 epochs of warm-up do not fit into 2 epochs"
    ),
    (
      "training: { epochs: 2, learning_rate: nan }",
      "study.yaml:4:39: learning_rate: expected a number, found nan"
    ),
    ("training: { epochs: 2, epochs: 3 }", "key 'epochs' is given twice"),
    ("training: { epochs: 2, decay: cosin }", "decay: 'cosin' is not known; did you mean 'cosine'?"),
    ("training: { epochs: 2, augment: [flip, mixup, flip] }", "augment: 'flip' is given twice; keep one"),
    ("training: { epochs: 2, augment: [flip, mixip] }", "mixup"),
    ("training: { epochs: 2, augment: [erase: { p: 2 }] }", "augment: "),
    ("training: { epochs: 2, optimizer: adam }", "did you mean 'adamw'?"),
    ("training: { epochs: 2, betas: [0.9, 0.99] }", "betas: only adamw has it"),
    ("training: { epochs: 2, optimizer: adamw, betas: [0.9] }", "betas: expected two numbers, found 1"),
    ("training: { epochs: 2, batch: 8, accumulate: 5 }", "accumulate: 5 parts of a batch of 8"),
    ("training: { epochs: 2, clip: 0 }", "clip: must be above 0"),
    ("training: { batch: 3 }", "key 'epochs' is missing; add for example 'epochs: 30'"),
    ("training: { preset: cifer }", "preset: 'cifer' is not known; did you mean 'cifar'?"),
    ("training: { preset: paper-imagenet, epochs: 5 }", "warmup: 10.0 epochs of warm-up do not fit into 5 epochs"),
    ("training: 3", "training: expected a mapping"),
  ])
  func refusesWrongTraining(line: String, message: String) {
    let text = smallStudy.replacingOccurrences(
      of: "training: { epochs: 2, batch: 32, learning_rate: 0.1, warmup: 1 }", with: line)
    #expect(refusal(text).contains(message), "\(refusal(text))")
  }

  @Test func recipes() throws {
    let line = "training: { epochs: 2, batch: 32, learning_rate: 0.1, warmup: 1 }"
    let text = smallStudy.replacingOccurrences(
      of: line,
      with:
        "training: { epochs: 2, batch: 32, warmup: 1, optimizer: adamw, betas: [0.8, 0.99], epsilon: 1e-6, clip: 0.5, "
        + "accumulate: 2, patience: 3, test_size: 40 }")
    let options = try document(text).specification.training
    #expect(options.optimizer == .adamw && options.betas == [0.8, 0.99] && options.epsilon == 1e-6)
    #expect(options.clip == 0.5 && options.accumulate == 2 && options.patience == 3 && options.testSize == 40)
    for preset in TrainingPreset.standard {
      let text = smallStudy.replacingOccurrences(of: line, with: "training: { preset: \(preset.name), batch: 48 }")
      var expected = preset.options
      expected.batch = 48
      #expect(try document(text).specification.training == expected)
      let own = text.replacingOccurrences(
        of: "- softmax\n", with: "- softmax: { training: { preset: \(preset.name) } }\n")
      #expect(own != text && refusal(own).contains("preset: belongs in"))
    }
    let mixed = smallStudy.replacingOccurrences(of: line, with: "training: { epochs: 2, warmup: 1, augment: [cutmix] }")
    #expect(throws: Never.self) { try document(mixed) }
    let focal = mixed.replacingOccurrences(of: "- softmax\n", with: "- softmax\n  - focal\n")
    #expect(focal != mixed && refusal(focal).contains("focal") && refusal(focal).contains("cutmix"))
  }

  @Test(arguments: [
    ("shift: []", "shift: the list is empty"),
    ("shift: [{ corrupt: fogg }]", "fog"),
    ("shift: [{ corrupt: fog, severities: [0] }]", "shift.severities: 0 is out of range"),
    ("shift: [{ corrupt: fog }, { corrupt: [fog], severities: 3 }]", "fog at severity 3 is given twice"),
    ("shift: [{ severities: [1] }]", "corrupt"),
    ("ood: [{ dataset: gtsrb }]", "study.yaml:12:1: study: 'ood' is not supported by this version"),
    ("measures: [separation, similarity]", "study.yaml:12:24: measures: 'similarity' is not supported by this version"),
    ("measures: [seperation]", "did you mean 'separation'?"),
    ("measures: []", "the list is empty"),
    ("sedes: 3", "study.yaml:12:1: study: unknown key 'sedes'; did you mean 'seeds'?"),
    ("name: again", "key 'name' is given twice"),
    ("measures: *nowhere", "not YAML"),
    ("measures: [a, b", "study.yaml:13:1: not YAML: did not find expected ',' or ']'"),
    ("? [a, b]\n: c", "a key must be a word"),
  ])
  func refusesWrongKeys(line: String, message: String) {
    let found = refusal(smallStudy + "\n" + line)
    #expect(found.contains(message), "\(found)")
  }

  @Test(arguments: [
    ("- { dataset: mnist, protocols: [svm] }", "protocols: 'svm' is not supported by this version"),
    ("- { dataset: mnist, protocols: [prob] }", "did you mean 'probe'?"),
    ("- { dataset: mnits }", "transfer.dataset: 'mnits' is not known; did you mean 'mnist'?"),
    ("- { dataset: mnist }\n  - { dataset: mnist, protocols: [knn] }", "two targets are called 'mnist'"),
    ("- { dataset: source, classes: others }", "the source uses all its classes, so there are no others"),
    ("- { dataset: mnist, classes: others }", "it needs 'dataset: source'"),
    ("- { dataset: mnist, classes: 5 }", "expected a list of class numbers"),
    ("- { dataset: mnist, holdout: 0 }", "must be above 0"),
    ("- { format: cifar, classes: 43 }", "no files; add 'train: [...]'"),
    ("- { format: idx, train: [a] }", "an IDX set is two files"),
    ("- { dataset: mnist, train: [a] }", "files need 'format: cifar'"),
    ("- { dataset: mnist, format: cifar, train: [a] }", "give either 'dataset' or 'format'"),
    ("- { dataset: glyphs, directory: x }", "glyphs are drawn by the program"),
    ("- { dataset: mnist, samples: { train: 5 } }", "only the drawn set 'glyphs' has a free size"),
    (
      "- { dataset: mnist, tags: [fine_graind] }",
      "transfer.tags: 'fine_graind' is not known; did you mean 'fine_grained'?"
    ),
    ("- { dataset: mnist, tags: [fine_grained, fine_grained] }", "transfer.tags: 'fine_grained' is given twice"),
    ("- { dataset: mnist, tags: { a: b } }", "transfer.tags: expected a list"),
    ("- mnist", "transfer: expected a mapping"),
  ])
  func refusesWrongTargets(entry: String, message: String) throws {
    let start = try #require(smallStudy.range(of: "transfer:"))
    let found = refusal(smallStudy[..<start.lowerBound] + "transfer:\n  \(entry)\n")
    #expect(found.contains(message), "\(found)")
  }

  @Test(arguments: [
    ("softmux", "softmax"), ("- cosine-softmax: { temprature: 0.1 }", "temperature"),
    ("- cosine-softmax: { temperature: warm }", "temperature: expected a number, true or false, found warm"),
    ("- softmax\n  - softmax", "'softmax' is given twice"),
    ("- cosine-softmax: { temperature: [0.1, 0.1] }", "temperature: 0.1 is given twice"),
    ("- softmax: 3", "expected parameters such as"),
    ("- softmax:\n    sigmoid:", "one objective an entry"),
    ("[]", "the list is empty"),
  ])
  func refusesWrongObjectives(entry: String, message: String) throws {
    let start = try #require(smallStudy.range(of: "objectives:"))
    let end = try #require(smallStudy.range(of: "seeds:"))
    let list = entry.hasPrefix("-") ? "\n  \(entry)" : " \(entry.hasPrefix("[") ? entry : "[\(entry)]")"
    let found = refusal(
      smallStudy[..<start.lowerBound] + "objectives:\(list)\n" + smallStudy[end.lowerBound...])
    #expect(found.contains(message) && found.hasPrefix("study.yaml:"), "\(found)")
  }

  @Test func combinationsAndOwnOptions() throws {
    let text = smallStudy.replacingOccurrences(
      of: "- cosine-softmax: { temperature: [0.05, 0.1] }",
      with: """
        - label-smoothing:smoothing=0.1+logit-penalty:strength=1e-3
          - squared-error: { kappa: 3, training: { learning_rate: 0.02 } }
          - squared-error: { kappa: 3 }
          - paper/cosine-softmax
        """)
    let study = try document(text).specification
    #expect(
      study.objectives.map(\.label) == [
        "softmax", "label-smoothing+logit-penalty", "squared-error:kappa=3 learning_rate=0.02",
        "squared-error:kappa=3",
        "paper/cosine-softmax",
      ])
    #expect(study.objectives[2].training.learningRate == 0.02)
    #expect(study.objectives[3].training.learningRate == 0.1)
  }

  @Test func overridesReachEverywhere() throws {
    let study = try document(
      overrides: [
        "training.epochs=5", "seeds=[7]", "objectives=[softmax]", "transfer.0.protocols=[knn]",
        "network.name=resnet14",
        "source.fraction=0.5",
      ].filter { !$0.hasPrefix("network") } + ["network={ name: resnet14, width: 8 }"]
    ).specification
    #expect(study.training.epochs == 5)
    #expect(study.seeds == [7])
    #expect(study.objectives.count == 1)
    #expect(study.transfer[0].protocols == [.knn])
    #expect(study.network.width == 8)
    #expect(study.source.data.fraction == 0.5)
  }

  @Test(arguments: [
    ("training.epoch=5", "--set training.epoch=5: training: unknown key 'epoch'; did you mean 'epochs'?"),
    ("training.epochs", "expected key=value"), ("training.epochs=", "the value is missing"),
    ("training..epochs=3", "a part of the key is empty"),
    ("transfer.9.protocols=[knn]", "'9' is not an entry of the list"),
    ("name.first=x", "leads into a single value"),
    ("training.epochs=five", "--set training.epochs=five: epochs: expected"),
  ])
  func refusesWrongOverrides(argument: String, message: String) {
    let found = refusal(smallStudy, overrides: [argument])
    #expect(found.contains(message), "\(found)")
    #expect(throws: SpecificationError.self) { try document(overrides: [argument]) }
    do {
      _ = try document(overrides: [argument])
    } catch let error as SpecificationError {
      #expect(error.isUsage)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test func missingAndUnreadableFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    let missing = folder.url.appendingPathComponent("none.yaml")
    #expect(throws: SpecificationError.self) { try SpecificationReader.read(file: missing) }
    try Data([0xFF, 0xFE, 0x00, 0xD8]).write(to: folder.url.appendingPathComponent("bytes.yaml"))
    #expect(throws: SpecificationError.self) {
      try SpecificationReader.read(file: folder.url.appendingPathComponent("bytes.yaml"))
    }
    #expect(refusal("").contains("empty"))
    #expect(refusal("- a").contains("expected a mapping"))
  }

  @Test(arguments: ["demo", "fashion-mnist", "cifar10", "cifar10-half"])
  func readyMadeStudies(name: String) throws {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let study = try StudyRunner.read(file: package.appendingPathComponent("studies/\(name).yaml"))
      .specification
    #expect(study.name == name)
    #expect(study.objectives.count >= 9 && study.seeds.count >= 3 && !study.transfer.isEmpty)
    #expect(study.source.holdout > 0)
  }

  @Test func nearestNames() {
    #expect(NearestName.distance("kitten", "sitting") == 3)
    #expect(NearestName.distance("ab", "ba") == 1)
    #expect(NearestName.of("xyz", in: ["softmax", "sigmoid"]) == nil)
  }
}
