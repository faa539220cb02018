import Datasets
import Foundation
import Objectives
import Testing
import Training

@testable import Study

@Suite struct SchemaTests {
  let schema = SpecificationSchema()

  /// A key of the reader without a schema would be accepted whatever it holds.
  @Test func everyKeyHasASchema() {
    #expect(Set(schema.search.keys) == Set(SpecificationReader.searchKeys))
    #expect(Set(schema.properties.keys) == Set(SpecificationReader.keys + ["include"]))
    #expect(Set(schema.source.keys) == Set(SpecificationReader.dataKeys))
    #expect(Set(schema.target.keys) == Set(SpecificationReader.targetKeys))
    #expect(Set(schema.training.keys) == Set(TrainingReader.keys))
    #expect(Set(schema.network.keys) == Set(SpecificationReader.networkKeys))
    #expect(Set(schema.shift.keys) == Set(SpecificationReader.shiftKeys))
  }

  /// The page about specifications has every key, and its example is one.
  @Test func thePageHasEveryKey() throws {
    let page = try String(contentsOf: Package.folder.appendingPathComponent("docs/study.md"), encoding: .utf8)
    let keys =
      SpecificationReader.keys + SpecificationReader.targetKeys + TrainingReader.keys + SpecificationReader.searchKeys
      + SearchSpace.trainingKeys
    for key in keys { #expect(page.contains("`\(key)`") || page.contains("`\(key):"), "\(key)") }
    let example = try #require(page.firstMatch(of: /```yaml\n((?s).*?)```/)).output.1
    #expect(try document(String(example)).specification.objectives.count == 3 * 2 * 7)
  }

  @Test func isMadeOfTheLists() throws {
    let text = try schema.json()
    for objective in Objectives.standard {
      #expect(text.contains("\"\(objective.name)\""))
      for parameter in objective.parameters { #expect(text.contains("\"\(parameter.name)\"")) }
    }
    for augmentation in Augmentations.standard { #expect(text.contains("\"\(augmentation.name)\"")) }
    let own = try SpecificationSchema(catalog: Catalog(objectives: [Softmax.self])).json()
    #expect(!own.contains("cosine-softmax"))
    #expect(try schema.json() == text)
  }

  // MARK: Beside Python's jsonschema

  static let script = Package.folder.appendingPathComponent("Tests/StudyTests/Fixtures/check_schema.py")

  /// Exit status and lines of the script.
  private static func check(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script.path] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init))
  }

  static let isMissing = (try? check([]).status) != 0

  private func verdicts(_ texts: [String]) throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write(try schema.json(), to: "schema.json")
    for (number, text) in texts.enumerated() { try folder.write(text, to: "\(number).yaml") }
    let files = ["schema.json"] + texts.indices.map { "\($0).yaml" }
    let (status, lines) = try Self.check(files.map { folder.url.appendingPathComponent($0).path })
    #expect(status == 0 && lines.count == texts.count)
    return lines
  }

  @Test(.disabled(if: isMissing, "Python's jsonschema or PyYAML is not installed"))
  func acceptsEveryReadyMadeStudy() throws {
    let folder = Package.folder.appendingPathComponent("studies")
    let paths = FileManager.default.subpaths(atPath: folder.path) ?? []
    let files = paths.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix("out/") }
    #expect(files.count >= 9)
    let texts = try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
    for (file, verdict) in zip(files, try verdicts(texts)) { #expect(verdict == "accepted", "\(file)") }
  }

  /// What the reader takes, the schema takes.
  @Test(.disabled(if: isMissing, "Python's jsonschema or PyYAML is not installed"))
  func acceptsWhatTheReaderAccepts() throws {
    let changes = [
      "seeds=1..5", "seeds=[0, 3..5]", "seeds={ from: 1, to: 9, step: 2 }", "augment={ plain: [], mixed: mixup }",
      "augment=[{ a: flip+shift }, { b: [crop, { color-jitter: { brightness: 0.4 } }] }]", "measures=[]",
      "transfer=[]", "objectives.1=cosine-softmax:temperature=0.1+logit-penalty", "objectives.1.cosine-softmax=~",
      "objectives.1={ label-smoothing+logit-penalty: { smoothing: [0.1, 0.2], training: { ema: 0 } } }",
      "objectives.1={ cosine-softmax: { temperature: { log: [0.01, 0.1], count: 3 }, training: { ema: 0 } } }",
      "objectives.1={ paper/cosine-softmax: { temperature: { from: 0.1, to: 0.5, step: 0.1 } } }",
      "training={ preset: cifar, batch: 32 }", "training.augment=none", "training.augment=[]", "training.warmup=0.5",
      "training.learning_rate=5e-4", "shift=[{ corrupt: all, severities: 2..4 }]",
      "network={ name: resnet8, width: 4 }",
      "source={ format: idx, train: [a, b], classes: 4 }", "source.classes=0..4", "source.fraction=1", "data_root=x",
      "transfer.0={ dataset: mnist, protocols: [few-shot, knn], shots: [1, 5..7], draws: 3 }",
      "transfer.0={ dataset: source, labels: hue, holdout: 0.3 }", "transfer.1.protocols=knn",
      "search={ over: { learning_rate: { log: [0.1, 1], count: 3 }, weight_decay: [0, 1e-4] }, by: random, runs: 5 }",
    ].filter { $0 != "measures=[]" }
    let texts = try changes.map { try changed($0) }
    for (change, text) in zip(changes, texts) { #expect(refusal(text) == "accepted", "\(change)") }
    for (change, verdict) in zip(changes, try verdicts(texts)) { #expect(verdict == "accepted", "\(change)") }
    let including = ["include: base.yaml\nname: a\ntransfer: ~", "include: [a.yaml, b.yaml]\ntraining: { batch: 8 }"]
    #expect(try verdicts(including) == ["accepted", "accepted"])
    let many = smallStudy.replacing(
      "network: resnet8", with: "networks: [resnet14, { name: resnet8, width: [4, 8..9] }]")
    #expect(refusal(many) == "accepted")
    #expect(try verdicts([many]) == ["accepted"])
  }

  /// What the schema is to see, it refuses as the reader does.
  @Test(.disabled(if: isMissing, "Python's jsonschema or PyYAML is not installed"))
  func refusesWhatTheReaderRefuses() throws {
    let changes = [
      "sedes=3", "name=a b", "name=.hidden", "seeds=0", "seeds=1.5", "seeds=[]", "seeds=[-1]", "seeds=\"3\"",
      "seeds=1...5",
      "seeds={ from: 0, to: 9, stride: 3 }", "seeds={ from: 0 }", "network=resnet9", "network=[resnet8]",
      "network.widht=3", "network={ width: 3 }", "network={ name: resnet8, width: 0 }",
      "network={ name: resnet8, width: [4] }",
      "training.epochs=0", "training.epochs=2.5", "training.epochs=two", "training.batch=1", "training.learning_rate=0",
      "training.ema=1", "training.decay=cosin", "training.precision=f16", "training.betas=[0.9]", "training.lr=1",
      "training={ batch: 3 }", "training={ preset: cifer }", "training.augment=flop",
      "training.augment=[{ flip: { q: 1 } }]",
      "training.augment=[{ color-jitter: { brightness: -3 } }]", "training=3", "augment=[flip]", "augment={}",
      "augment={ a+b: [flip] }", "objectives=[]", "objectives=softmax", "objectives.0=softmux",
      "objectives.0=[softmax]",
      "objectives.1={ cosine-softmax: { temprature: 1 } }", "objectives.1={ cosine-softmax: { temperature: 0 } }",
      "objectives.1={ cosine-softmax: { temperature: warm } }", "objectives.1={ cosine-softmax: { temperature: [] } }",
      "objectives.1={ cosine-softmax: { temperature: { log: [0, 1], count: 3 } } }",
      "objectives.1={ cosine-softmax: { temperature: { from: 0.1, to: 1 } } }", "objectives.1={ softmax: 3 }",
      "objectives.1={ cosine-softmax: { training: { preset: cifar } } }", "objectives.1={ a: ~ }",
      "objectives.1={ label-smoothing+logit-penalty: { smoothing: [] } }",
      "source.dataset=fashion", "source.format=idx", "source.train=a", "source.holdout=1", "source.fraction=0",
      "source.classes=others", "source={ holdout: 0.1 }", "source.on_bad_image=maybe", "source.exact=perhaps",
      "transfer.0={ dataset: mnist, protocols: few-shot, shots: [0] }",
      "transfer.0={ dataset: mnist, protocols: few-shot, draws: 0 }", "transfer.0.protocols=[prob]",
      "transfer.0.holdout=0", "transfer.0.tags=x", "transfer.0=mnist", "measures=[ood]",
      "measures=[]", "measures=[separation, separation]", "shift=[]", "shift=[{ severities: 1 }]",
      "shift=[{ corrupt: fogg }]", "shift=[{ corrupt: fog, severities: 6 }]", "ood=[{ dataset: mnist }]",
      "search={ by: grid }", "search={ over: { learning_rate: [0] } }",
      "search={ over: { lr: [1] } }", "search={ over: { ema: [0] }, by: gird }", "transfer=~",
    ]
    let texts = try changes.map { try changed($0) } + ["- a", "name: a", smallStudy.replacing("name: small", with: "")]
    for (text, verdict) in zip(texts, try verdicts(texts)) {
      #expect(refusal(text) != "accepted", "\(text)")
      #expect(verdict.hasPrefix("refused"), "\(text)")
    }
  }

  /// The small study with a change, as the text of a file.
  private func changed(_ change: String) throws -> String {
    var node = try SpecNode.parse(smallStudy, file: "study.yaml")
    if change.hasPrefix("network.") { try node.apply(override: "network={ name: resnet8 }") }
    try node.apply(override: change)
    return node.flow
  }
}

extension SpecNode {
  /// As YAML in one line.
  fileprivate var flow: String {
    switch content {
    case .scalar("", plain: true): "null"
    case .scalar(let text, plain: true): text
    case .scalar(let text, plain: false): "\"\(text)\""
    case .sequence(let items): "[\(items.map(\.flow).joined(separator: ", "))]"
    case .mapping(let entries): "{ \(entries.map { "\($0.key): \($0.value.flow)" }.joined(separator: ", ")) }"
    }
  }
}
