import Datasets
import Foundation
import Networks
import Objectives
import TestSupport
import Testing

@testable import Training

@Suite struct PlanTests {
  /// Numbers that need all their digits, and every optional part.
  private func awkward() throws -> Plan {
    var plan = try smallPlan(objective: "cosine-softmax:temperature=0.05+logit-penalty") {
      $0.learningRate = 0.1 + 0.2
      $0.weightDecay = 5e-4 / 3
      $0.warmup = 3.0 / 7
      $0.ema = 1 - 1e-9 / 3
      $0.precision = .bf16
      $0.decay = .step
      $0.optimizer = .adamw
      $0.betas = [0.1 + 0.2, 1 - 1e-9 / 3]
      $0.epsilon = 1e-8 / 3
      $0.clip = 1.0 / 3
      $0.accumulate = 2
      $0.patience = 4
      $0.testSize = 40
    }
    plan.data = DataReference(dataset: "idx", train: ["a: b", "#c"], classes: [0, 2], fraction: 1.0 / 3)
    plan.dataDigest = "0e1"
    plan.seed = .max
    plan.holdoutSeed = 1 << 63
    plan.holdout = 1.0 / 3
    return plan
  }

  @Test func jsonRoundTrip() throws {
    let plan = try awkward()
    let read = try JSONDecoder().decode(Plan.self, from: plan.canonicalJSON())
    #expect(read == plan)
    #expect(try read.digest() == plan.digest())
  }

  @Test func yamlRoundTrip() throws {
    let plan = try awkward()
    let text = try plan.yaml()
    let read = try TrainingRun.plan(yaml: text, path: "plan.yaml")
    #expect(read == plan)
    #expect(try read.digest() == plan.digest())
    #expect(text.contains("\nseed: 18446744073709551615\n"))
  }

  @Test func keysLeftOutTakeTheirDefaults() throws {
    let plan = try TrainingRun.plan(
      yaml: """
        data: { dataset: glyphs }
        network: { name: resnet8 }
        objective: { parts: [{ name: softmax, parameters: {} }] }
        training: { learning_rate: 0.3 }
        """, path: "p")
    var options = TrainingOptions()
    options.learningRate = 0.3
    #expect(plan.training == options)
    #expect(plan.holdout == 0.1 && plan.seed == 0 && plan.threads == 1 && plan.dataDigest == nil)
    #expect(plan.network == NetworkSpec(name: "resnet8"))
  }

  @Test(arguments: [
    ("sed: 1", "sed"), ("training: { lr: 0.1 }", "training.lr"),
    ("network: { name: resnet8, depth: 9 }", "network.depth"),
    ("data: { dataset: glyphs, fractoin: 0.5 }", "data.fractoin"),
    ("objective: { parts: [{ name: softmax, parameters: {} }], part: 1 }", "objective.part"),
  ])
  func unknownKeysAreRefused(line: String, field: String) throws {
    var lines = [
      "data": "data: { dataset: glyphs }", "network": "network: { name: resnet8 }",
      "objective": "objective: { parts: [{ name: softmax, parameters: {} }] }",
    ]
    lines[String(line.prefix { $0 != ":" })] = line
    let text = lines.values.joined(separator: "\n")
    #expect {
      try TrainingRun.plan(yaml: text, path: "p")
    } throws: { error in
      guard case TrainingError.badPlan(field, _, let expected) = error else { return false }
      return expected.hasPrefix("one of ")
    }
  }

  @Test(arguments: [
    "", "- 1", "data: 3", "data: { dataset: glyphs }", "{", "data: { dataset: glyphs }\nnetwork: [1]",
    "\u{0}",
  ])
  func whatIsNoPlanIsSaid(text: String) {
    #expect(throws: TrainingError.self) { try TrainingRun.plan(yaml: text, path: "p") }
  }

  @Test func valuesOutOfRangeAreRefused() throws {
    let changes: [(String, (inout TrainingOptions) -> Void)] = [
      ("epochs", { $0.epochs = 0 }), ("batch", { $0.batch = 1 }), ("learning_rate", { $0.learningRate = -1 }),
      ("learning_rate", { $0.learningRate = .infinity }), ("learning_rate", { $0.learningRate = .nan }),
      ("warmup", { $0.warmup = 31 }), ("warmup", { $0.warmup = -0.5 }), ("momentum", { $0.momentum = 1 }),
      ("momentum", { $0.momentum = .nan }), ("weight_decay", { $0.weightDecay = -1e-9 }),
      ("ema", { $0.ema = 1 }),
      ("ema", { $0.ema = -0.1 }),
    ]
    for (field, change) in changes {
      var options = TrainingOptions()
      change(&options)
      #expect {
        try options.validate()
      } throws: { error in
        guard case TrainingError.badPlan("training.\(field)", _, _) = error else { return false }
        return true
      }
    }
    try TrainingOptions().validate()
  }

  @Test func plansThatCannotRunAreRefused() throws {
    let folder = try ScratchFolder()
    let samples = try quadrants()
    func refused(_ change: (inout Plan) -> Void) throws -> String {
      var plan = try smallPlan()
      change(&plan)
      let run = TrainingRun(plan: plan, folder: folder.url.appendingPathComponent(UUID().uuidString))
      let error = #expect(throws: TrainingError.self) { try run.go(samples) }
      return try #require(error).description
    }
    #expect(try refused { $0.holdout = 0.99 }.contains("holdout"))
    #expect(try refused { $0.holdout = .nan }.contains("holdout"))
    #expect(try refused { $0.threads = 0 }.contains("threads"))
    #expect(try refused { $0.training.batch = 73 }.contains("72 training samples"))
    #expect(try refused { $0.dataDigest = "other" }.contains("the data set has changed"))
    #expect(try refused { $0.network.name = "resnet9" }.contains("resnet8"))
    #expect(try refused { $0.network.width = 0 }.contains("width"))
  }

  @Test func everySettingChangesTheDigest() throws {
    let plan = try smallPlan()
    var others: [Plan] = []
    func add(_ change: (inout Plan) -> Void) {
      var other = plan
      change(&other)
      others.append(other)
    }
    add { $0.data.fraction = 0.5 }
    add { $0.dataDigest = "x" }
    add { $0.holdout = 0.2 }
    add { $0.holdoutSeed = 1 }
    add { $0.network.width = 8 }
    add { $0.network.name = "resnet14" }
    add { $0.training.epochs = 4 }
    add { $0.training.batch = 8 }
    add { $0.training.learningRate = 0.050_000_000_000_000_01 }
    add { $0.training.warmup = 0 }
    add { $0.training.decay = .step }
    add { $0.training.momentum = 0.8 }
    add { $0.training.weightDecay = 0 }
    add { $0.training.ema = 0 }
    add { $0.training.augment = [] }
    add { $0.training.precision = .bf16 }
    add { $0.seed = 6 }
    add { $0.threads = 2 }
    others.append(try smallPlan(objective: "dropout"))
    #expect(Set(try others.map { try $0.digest() } + [plan.digest()]).count == others.count + 1)
    #expect(try plan.digest().count == 64)
  }
}
