import Foundation
import Testing
import Torch

@testable import Objectives

/// Closed forms of the objectives beyond the study's nine, and what mixed targets mean for them.
@Suite struct OtherObjectivesTests {
  /// At zero features and zero bias, where z = 0.
  @Test(arguments: [2, 10, 100]) func initialLosses(classes: Int) throws {
    let k = Double(classes)
    let uniform = log(k)
    var problem = Problem(classes: classes)
    problem.features = problem.features.map { $0.map { _ in 0 } }
    problem.bias = problem.bias.map { _ in 0 }
    problem.labels = [0, 1, 0, 1, 0, 1]
    for (text, expected) in [
      ("focal:focus=2", pow(1 - 1 / k, 2) * uniform), ("focal:focus=0.5", pow(1 - 1 / k, 0.5) * uniform),
      ("poly-1:first=2", uniform + 2 * (1 - 1 / k)), ("poly-1:first=-1", uniform - (1 - 1 / k)),
      ("squentropy", uniform), ("logitnorm", uniform), ("maxsup", uniform),
      ("confidence-penalty:strength=0.3", 0.7 * uniform),
      ("cosface:scale=9,margin=0.35", log1p((k - 1) * exp(9 * 0.35))),
      ("arcface:scale=9,margin=0.5", log1p((k - 1) * exp(9 * sin(0.5)))),
      ("arcface:scale=9,margin=0.5,easyMargin=true", uniform),
      ("supervised-contrastive", uniform + log(5)),
    ] {
      let loss = try problem.evaluate(combination(text, classes: classes)).loss
      #expect(abs(loss - expected) <= 1e-12 * max(1, abs(expected)), "\(text)")
    }
  }

  @Test func specialCasesAreSoftmax() throws {
    let problem = Problem(classes: 10)
    let softmax = try problem.evaluate(combination("softmax"))
    for text in ["focal:focus=0", "poly-1:first=0", "maxsup:strength=0", "confidence-penalty:strength=0"] {
      let result = try problem.evaluate(combination(text))
      for ((name, value), (_, expected)) in zip(result.named, softmax.named) {
        #expect(relativeGap(value, expected) <= 1e-13, "\(text): \(name)")
      }
    }
  }

  /// An example beyond doubt has the loss zero and no gradient, also where the power's slope is infinite.
  @Test(arguments: [0.3, 0.5, 1, 2], [ElementType.f64, .f32]) func focalBeyondDoubt(focus: Double, type: ElementType)
    throws
  {
    var problem = Problem(classes: 3, examples: 3)
    problem.bias = [1e4, 0, 0]
    problem.labels = [0, 0, 0]
    let result = try problem.evaluate(combination("focal:focus=\(focus)"), type: type)
    #expect(result.loss == 0)
    #expect((result.x + result.weight + result.bias).allSatisfy { $0 == 0 })
  }

  /// Label smoothing is cross-entropy plus a (o_label - mean o); with every answer right the label is the largest.
  @Test func maxSuppressionIsLabelSmoothingWhereAnswersAreRight() throws {
    var problem = Problem(classes: 10)
    let outputs = rows(try problem.evaluate(combination("softmax")).outputs, 10)
    problem.labels = outputs.map { row in row.indices.max { row[$0] < row[$1] } ?? 0 }
    let right = try problem.evaluate(combination("maxsup:strength=0.2"))
    let smoothed = try problem.evaluate(combination("label-smoothing:smoothing=0.2"))
    for ((name, value), (_, expected)) in zip(right.named, smoothed.named) {
      #expect(relativeGap(value, expected) <= 1e-13, "\(name)")
    }
    // With every answer wrong, it is larger by a (max o - o_label).
    problem.labels = outputs.map { row in row.indices.min { row[$0] < row[$1] } ?? 0 }
    let wrong = try problem.evaluate(combination("maxsup:strength=0.2")).loss
    let excess = outputs.map { ($0.max() ?? 0) - ($0.min() ?? 0) }.reduce(0, +) / 6
    let bare = try problem.evaluate(combination("label-smoothing:smoothing=0.2")).loss
    #expect(abs(wrong - bare - 0.2 * excess) <= 1e-12)
  }

  /// Equal largest outputs share the gradient evenly, so that nothing depends on the order of classes.
  @Test func maxSuppressionAtTies() throws {
    var problem = Problem(classes: 4, examples: 1)
    problem.features = [[0, 0, 0, 0, 0]]
    problem.bias = [1, 1, 0, 0]
    problem.labels = [2]
    let bare = try problem.evaluate(combination("softmax")).bias
    let result = try problem.evaluate(combination("maxsup:strength=1")).bias
    #expect(relativeGap(zip(result, bare).map { $0 - $1 }, [0.25, 0.25, -0.25, -0.25]) <= 1e-14)
  }

  /// Both penalties see what the loss sees: outputs after the temperature, not z.
  @Test func predictionPenaltiesSeeOutputs() throws {
    let problem = Problem(classes: 10)
    let bare = try problem.evaluate(combination("cosine-softmax:temperature=0.2"))
    var (entropy, excess) = (0.0, 0.0)
    for row in rows(bare.outputs, 10) {
      let p = softmax(row)
      entropy -= p.map { $0 * log($0) }.reduce(0, +) / 6
      excess += ((row.max() ?? 0) - row.reduce(0, +) / 10) / 6
    }
    let text = "cosine-softmax:temperature=0.2+maxsup:strength=0.3+confidence-penalty:strength=0.7"
    let both = try problem.evaluate(combination(text)).loss
    #expect(abs(both - (bare.loss + 0.3 * excess - 0.7 * entropy)) <= 1e-12)
  }

  /// One function in training, another in evaluation.
  @Test func logitNormTrainsAsLogitNormalizationAndAnswersWithRawLogits() throws {
    let problem = Problem(classes: 10)
    let normalized = try problem.evaluate(combination("logit-normalization:temperature=0.04"))
    let result = try problem.evaluate(combination("logitnorm:temperature=0.04"))
    #expect(abs(result.loss - normalized.loss) <= 1e-14 * normalized.loss)
    for (value, expected) in [
      (result.x, normalized.x), (result.weight, normalized.weight), (result.bias, normalized.bias),
    ] {
      #expect(relativeGap(value, expected) <= 1e-13)
    }
    #expect(try result.outputs == problem.evaluate(combination("softmax")).outputs)
  }

  private func softmax(_ row: [Double]) -> [Double] {
    let top = row.max() ?? 0
    let exponentials = row.map { exp($0 - top) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// The definitions with a soft target t, by hand, against the mixture of the losses under two labels.
  @Test func lossesUnderMixedTargets() throws {
    let own = Problem(classes: 10)
    var partner = own
    partner.labels = own.labels.reversed()
    let weight = 0.3
    let outputs = rows(try own.evaluate(combination("softmax")).outputs, 10)
    let definitions: [(String, ([Double], [Double]) -> Double)] = [
      ("softmax", { z, t in -zip(t, softmax(z)).map { $0 * log($1) }.reduce(0, +) }),
      (
        "poly-1:first=2",
        { z, t in
          let p = softmax(z)
          return -zip(t, p).map { $0 * log($1) }.reduce(0, +) + 2 * (1 - zip(t, p).map { $0 * $1 }.reduce(0, +))
        }
      ),
      (
        "squentropy",
        { z, t in
          let squares = zip(t, z).map { (1 - $0) * $1 * $1 }.reduce(0, +)
          return -zip(t, softmax(z)).map { $0 * log($1) }.reduce(0, +) + squares / 9
        }
      ),
      (
        "focal:focus=2",
        { z, t in
          let p = zip(t, softmax(z)).map { $0 * $1 }.reduce(0, +)
          return -(1 - p) * (1 - p) * log(p)
        }
      ),
    ]
    for (text, loss) in definitions {
      let objective = try combination(text)
      let mixture =
        try weight * own.evaluate(objective).loss + (1 - weight) * partner.evaluate(objective).loss
      var expected = 0.0
      for (i, z) in outputs.enumerated() {
        var target = [Double](repeating: 0, count: 10)
        target[own.labels[i]] += weight
        target[partner.labels[i]] += 1 - weight
        expected += loss(z, target) / 6
      }
      #expect((abs(mixture - expected) <= 1e-12) == objective.supportsMixedTargets, "\(text)")
    }
  }

  @Test func mixedTargetsAreRefusedByName() throws {
    let curved = Objectives.standard.filter { !$0.isLinearInTarget }.map { $0.name }
    #expect(curved == ["focal", "cosface", "arcface", "supervised-contrastive"])
    for text in ["softmax", "label-smoothing+maxsup+dropout", "poly-1", "squentropy+confidence-penalty", "logitnorm"] {
      let objective = try combination(text)
      #expect(objective.supportsMixedTargets && objective.curvedInTarget.isEmpty)
      try objective.checkMixedTargets(of: "mixup")
    }
    let objective = try combination("cosface+dropout")
    #expect(!objective.supportsMixedTargets)
    #expect(throws: ObjectiveError.mixedTargets(objectives: ["cosface"], augmentation: "cutmix")) {
      try objective.checkMixedTargets(of: "cutmix")
    }
    let words = "cutmix mixes the labels of two images, which cosface cannot take"
    #expect("\(ObjectiveError.mixedTargets(objectives: ["cosface"], augmentation: "cutmix"))".hasPrefix(words))
  }
}
