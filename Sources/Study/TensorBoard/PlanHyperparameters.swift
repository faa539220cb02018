import Datasets
import Foundation
import Objectives

/// The choices of a run's plan that are worth comparing, as TensorBoard's hyperparameters.
enum PlanHyperparameters {
  /// As much of a plan as is needed. Lenient: a store may have been written by an earlier version.
  private struct Plan: Decodable {
    var training: Training?

    struct Training: Decodable {
      var epochs: Int?
      var batch: Int?
      var learningRate: Double?
      var weightDecay: Double?
      var augment: [AugmentationSpec]?

      enum CodingKeys: String, CodingKey {
        case epochs, batch, augment
        case learningRate = "learning_rate"
        case weightDecay = "weight_decay"
      }
    }
  }

  private struct Objective: Decodable {
    var parts: [ObjectiveSpec.Part]?
  }

  /// The objective and its parameters (`PART.PARAMETER`), network, training and seed.
  /// - Parameter store: what an error calls the store.
  static func values(
    of run: RunRecord, store: String = "study.sqlite"
  ) throws(StudyError) -> [String: HyperparameterSummary.Value] {
    let plan: Plan
    let objective: Objective
    do {
      plan = try JSONDecoder().decode(Plan.self, from: Data(run.planJSON.utf8))
      objective = try JSONDecoder().decode(Objective.self, from: Data(run.objectiveJSON.utf8))
    } catch {
      throw .damagedStore(file: store, reason: "run \(run.digest): its plan cannot be read: \(error)")
    }
    var values: [String: HyperparameterSummary.Value] = [
      "objective": .text(run.objective), "network": .text(run.network), "seed": .number(Double(run.seed)),
    ]
    for part in objective.parts ?? [] {
      for (name, value) in part.parameters { values["\(part.name).\(name)"] = .number(value) }
    }
    values["epochs"] = (plan.training?.epochs).map { .number(Double($0)) }
    values["batch"] = (plan.training?.batch).map { .number(Double($0)) }
    values["learning_rate"] = (plan.training?.learningRate).map { .number($0) }
    values["weight_decay"] = (plan.training?.weightDecay).map { .number($0) }
    values["augmentation"] = (plan.training?.augment).map { all in
      .text(all.isEmpty ? "none" : all.map(\.description).joined(separator: " "))
    }
    return values
  }

  /// What the runs of a study vary, with all the values taken, sorted by name.
  static func summary(
    _ runs: [[String: HyperparameterSummary.Value]]
  ) -> [HyperparameterSummary.Hyperparameter] {
    Set(runs.flatMap(\.keys)).sorted().map { name in
      var seen: Set<HyperparameterSummary.Value> = []
      let values = runs.compactMap { $0[name] }.filter { seen.insert($0).inserted }
      return HyperparameterSummary.Hyperparameter(name: name, values: values.sorted(by: precedes))
    }
  }

  private static func precedes(_ a: HyperparameterSummary.Value, _ b: HyperparameterSummary.Value) -> Bool {
    switch (a, b) {
    case (.number(let x), .number(let y)): x < y
    case (.text(let x), .text(let y)): x < y
    case (.bool(let x), .bool(let y)): !x && y
    default: a.type < b.type
    }
  }
}
