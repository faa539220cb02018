import Foundation
import Testing

@testable import Objectives

@Suite struct ObjectiveSpecTests {
  @Test(arguments: battery, [2, 10, 100, 1000]) func textAndJSONRoundTrip(text: String, classes: Int) throws {
    let spec = try ObjectiveSpec(parsing: text, classes: classes)
    for other in [2, 100, 1000] {
      #expect(try ObjectiveSpec(parsing: spec.description, classes: other) == spec)
    }
    #expect(try ObjectiveSpec(parsing: spec.label(classes: classes), classes: classes) == spec)
    #expect(try ObjectiveSpec(parts: spec.parts) == spec)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let data = try encoder.encode(spec)
    #expect(try JSONDecoder().decode(ObjectiveSpec.self, from: data) == spec)
    #expect(try encoder.encode(ObjectiveSpec(parsing: spec.description, classes: 7)) == data)
  }

  @Test func everyParameterIsWrittenOut() throws {
    let spec = try ObjectiveSpec(parsing: "cosine-softmax:temperature=0.123", classes: 10)
    #expect(spec.description == "cosine-softmax:normalizesFeatures=1,temperature=0.123")
    #expect(
      spec.parts == [
        .init(name: "cosine-softmax", parameters: ["normalizesFeatures": 1, "temperature": 0.123])
      ])
    #expect(try spec.label(classes: 10) == "cosine-softmax:temperature=0.123")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = String(decoding: try encoder.encode(spec), as: UTF8.self)
    let parameters = #"{"normalizesFeatures":1,"temperature":0.123}"#
    #expect(json == #"{"parts":[{"name":"cosine-softmax","parameters":"# + parameters + "}]}")
  }

  @Test func oneCombinationHasOneForm() throws {
    let spellings = [
      "sigmoid+dropout:keep=0.5+logit-penalty:strength=1e-3",
      "logit-penalty:strength=0.001 + dropout:keep=0.50+sigmoid",
      "dropout:keep=5e-1+sigmoid+logit-penalty:strength=1.0E-3",
    ]
    let specs = try spellings.map { try ObjectiveSpec(parsing: $0, classes: 10) }
    #expect(Set(specs).count == 1)
    #expect(specs[0].description == "sigmoid+dropout:keep=0.5+logit-penalty:strength=0.001")
    #expect(
      try ObjectiveSpec(parsing: "softmax+dropout", classes: 10)
        == ObjectiveSpec(parsing: "dropout", classes: 10))
    #expect(
      try ObjectiveSpec(parsing: "squared-error:scale=1e+1", classes: 10).parts[0].parameters["scale"] == 10)
  }

  @Test func presets() throws {
    func values(_ text: String, _ classes: Int) throws -> [String: Double] {
      try ObjectiveSpec(parsing: text, classes: classes).parts[0].parameters
    }
    #expect(try values("paper/label-smoothing", 10) == ["smoothing": 0.1, "rescaled": 1])
    #expect(try values("label-smoothing", 1000) == ["smoothing": 0.1, "rescaled": 0])
    #expect(try values("paper/dropout", 10) == ["keep": 0.7])
    #expect(try values("paper/final-layer-l2", 10) == ["strength": 8e-4])
    #expect(try values("paper/logit-penalty", 10) == ["strength": 6e-4])
    #expect(try values("paper/logit-normalization", 10) == ["temperature": 0.04])
    #expect(try values("paper/cosine-softmax", 10) == ["temperature": 0.05, "normalizesFeatures": 1])
    #expect(
      try values("paper/squared-error", 10) == ["kappa": 9, "target": 60, "scale": 10, "sumsClasses": 0])
    #expect(try values("plain/squared-error", 1000) == values("squared-error", 10))
    #expect(try values("squared-error", 1000) == values("paper/squared-error", 10))
    #expect(Presets.near(2) == Presets.ten && Presets.near(43) == Presets.hundred)
    #expect(Presets.near(1000) == Presets.thousand)
    for classes in [10, 1000] {
      #expect(try values("focal", classes) == ["focus": 2])
      #expect(try values("poly-1", classes) == ["first": 2])
      #expect(try values("maxsup", classes) == ["strength": 0.1])
      #expect(try values("logitnorm", classes) == ["temperature": 0.04])
      #expect(try values("confidence-penalty", classes) == ["strength": 0.1])
      #expect(try values("supervised-contrastive", classes) == ["temperature": 0.1])
      #expect(try values("paper/cosface", classes) == ["scale": 64, "margin": 0.35])
      #expect(try values("paper/arcface", classes) == ["scale": 64, "margin": 0.5, "easyMargin": 0])
    }
    // 0.5 log 9999 = 4.6, 0.9 log 89991 = 10.3, 0.99 log 989901 = 13.7, 0.999 log 9989001 = 16.1.
    for (classes, scale) in [(2, 5.0), (10, 11), (100, 14), (1000, 17)] {
      #expect(try values("cosface", classes) == ["scale": scale, "margin": 0.35])
      #expect(try values("arcface", classes) == ["scale": scale, "margin": 0.5, "easyMargin": 0])
    }
  }

  @Test func byNameWithReplacements() throws {
    let spec = try ObjectiveSpec(name: "cosine-softmax", parameters: ["normalizes_features": 0], classes: 10)
    #expect(try spec == ObjectiveSpec(parsing: "cosine-softmax:normalizesFeatures=false", classes: 10))
    #expect(
      try ObjectiveSpec(name: "paper/dropout", parameters: [:], classes: 10).description == "dropout:keep=0.7"
    )
  }

  @Test(arguments: [
    ("sofmax", "unknown objective \"sofmax\"; there are: softmax,"),
    ("cosine", "unknown objective \"cosine\""),
    ("papr/softmax", "unknown preset \"papr\"; there are: paper, plain"),
    (
      "label-smoothing:smoothin=0.1",
      "label-smoothing has no parameter \"smoothin\"; it has: smoothing, rescaled"
    ),
    ("softmax:temperature=1", "softmax has no parameter \"temperature\"; it takes none"),
    (
      "label-smoothing:smoothing=1",
      "label-smoothing: smoothing is 1; expected a number of at least 0 and less than 1"
    ),
    ("dropout:keep=0", "dropout: keep is 0; expected a number greater than 0 and at most 1"),
    ("dropout:keep=often", "dropout: keep is \"often\"; expected a number greater than 0 and at most 1"),
    ("dropout:keep=true", "dropout: keep is \"true\"; expected a number"),
    ("dropout:keep=nan", "dropout: keep is nan; expected a number"),
    ("cosine-softmax:temperature=inf", "cosine-softmax: temperature is inf; expected a finite number"),
    (
      "cosine-softmax:temperature=0",
      "cosine-softmax: temperature is 0; expected a finite number greater than 0"
    ),
    ("cosine-softmax:normalizesFeatures=0.5", "normalizesFeatures is \"0.5\"; expected true or false"),
    ("cosine-softmax:normalizesFeatures=maybe", "normalizesFeatures is \"maybe\"; expected true or false"),
    ("dropout:keep=0.5,keep=0.6", "dropout: keep is given twice"),
    ("dropout+dropout", "dropout is named twice"),
    ("sigmoid+cosine-softmax", "sigmoid and cosine-softmax are each a whole loss"),
    ("softmax+label-smoothing", "softmax and label-smoothing are each a whole loss"),
    ("logit-normalization+logit-penalty", "logit-normalization and logit-penalty cannot be combined"),
    ("logitnorm+logit-penalty", "logitnorm and logit-penalty cannot be combined"),
    ("logitnorm+maxsup", "logitnorm and maxsup cannot be combined"),
    ("confidence-penalty+logitnorm", "logitnorm and confidence-penalty cannot be combined"),
    ("squared-error+confidence-penalty", "confidence-penalty and squared-error cannot be combined"),
    ("focal+supervised-contrastive", "focal and supervised-contrastive are each a whole loss"),
    ("poly-1:first=-1.5", "poly-1: first is -1.5; expected a finite number of at least -1"),
    ("arcface:margin=2", "arcface: margin is 2; expected a number from 0 to 1.57"),
    ("", "a name is missing"), ("softmax+", "a name is missing"), (":a=1", "a name is missing"),
    ("dropout:", "is not key=value"), ("dropout:keep", "is not key=value"),
    ("dropout:keep=", "is not key=value"),
  ])
  func whatIsWrongIsNamed(text: String, words: String) {
    #expect {
      try ObjectiveSpec(parsing: text, classes: 10)
    } throws: { error in
      "\(error)".contains(words)
    }
  }

  @Test func aSpecFromAFileIsChecked() throws {
    let json = #"{"parts":[{"name":"dropout","parameters":{"keep":2}}]}"#
    let spec = try JSONDecoder().decode(ObjectiveSpec.self, from: Data(json.utf8))
    #expect(
      throws: ObjectiveError.outOfRange(
        objective: "dropout", parameter: "keep", value: 2, expected: "a number greater than 0 and at most 1")
    ) { try spec.objective() }
    let none = try JSONDecoder().decode(ObjectiveSpec.self, from: Data(#"{"parts":[]}"#.utf8))
    #expect(throws: ObjectiveError.self) { try none.objective() }
  }

  @Test func aListMayBeAnyones() throws {
    let list: [any Objective.Type] = Objectives.standard + [Doubled.self]
    let spec = try ObjectiveSpec(parsing: "doubled:factor=4+dropout:keep=0.9", classes: 10, from: list)
    #expect(spec.description == "doubled:factor=4+dropout:keep=0.9")
    let problem = Problem(classes: 10)
    let loss = try problem.evaluate(spec.objective(from: list)).loss
    #expect(abs(loss - 4 * (try problem.evaluate(combination("softmax")).loss)) <= 1e-12)
    #expect(throws: ObjectiveError.self) { try spec.objective() }
    #expect(throws: ObjectiveError.self) {
      try ObjectiveSpec(parsing: "doubled:factor=-1", classes: 10, from: list)
    }
  }
}
