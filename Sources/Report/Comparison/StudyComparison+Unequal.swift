import Foundation

extension StudyComparison {
  /// Something that only one of the two has, or that differs, and what becomes of it.
  struct Unequal: Hashable, Sendable {
    /// `objective`, `target`, `seed`, `measure` or `setting`.
    var kind: String
    /// In a sentence.
    var text: String
    /// As a table has it: of what, and what A and B have.
    var subject, a, b: String
  }

  /// Everything that is not in both, so that nothing is left out in silence.
  var unequal: [Unequal] { objectives + targets + seeds + values + settings }

  private var objectives: [Unequal] {
    let (own, other) = (Self.gathered(a).map(\.key), Self.gathered(b).map(\.key))
    func only(_ keys: [Key], _ side: String) -> [Unequal] {
      keys.map {
        Unequal(
          kind: "objective", text: "Objective only in \(side), not compared: \($0.text).", subject: $0.text,
          a: side == "A" ? "yes" : "no", b: side == "B" ? "yes" : "no")
      }
    }
    return only(own.filter { !other.contains($0) }, "A") + only(other.filter { !own.contains($0) }, "B")
  }

  private var targets: [Unequal] {
    [Column.Group.probe, .neighbors, .fineTuning].flatMap { group -> [Unequal] in
      let found = Self.targets(group, a, b)
      func only(_ targets: [String], _ side: String) -> [Unequal] {
        targets.map {
          Unequal(
            kind: "target", text: "Target only in \(side), not in the means (\(group.rawValue.lowercased())): \($0).",
            subject: "\(group.protocolName ?? "") \($0)", a: side == "A" ? "yes" : "no", b: side == "B" ? "yes" : "no")
        }
      }
      return only(found.onlyA, "A") + only(found.onlyB, "B")
    }
  }

  private var seeds: [Unequal] {
    rows.compactMap { row in
      let (own, other) = (Set(row.a.runs.map(\.seed)), Set(row.b.runs.map(\.seed)))
      guard own != other else { return nil }
      func list(_ seeds: Set<Int>) -> String {
        seeds.isEmpty ? "none" : Format.list(seeds.sorted().map(String.init))
      }
      let shared = own.intersection(other).count
      return Unequal(
        kind: "seed",
        text: "Seeds of \(row.key.text): only in A \(list(own.subtracting(other))); only in B "
          + "\(list(other.subtracting(own))). "
          + (shared > 1
            ? "The difference is over the \(shared) that both have, the means over all."
            : "Fewer than two are in both, so the difference is Welch\u{2019}s."),
        subject: row.key.text, a: list(own), b: list(other))
    }
  }

  /// Measures that one of the two lacks, wholly or for some objectives.
  private var values: [Unequal] {
    measures.flatMap { measure -> [Unequal] in
      func lacking(_ side: String, _ estimate: (Cell) -> Estimate, _ other: (Cell) -> Estimate) -> [Unequal] {
        let missing = measure.cells.indices.filter {
          estimate(measure.cells[$0]).mean == nil && other(measure.cells[$0]).mean != nil
        }
        guard !missing.isEmpty else { return [] }
        let known = measure.cells.contains { estimate($0).mean != nil }
        let reasons = Set(missing.flatMap { estimate(measure.cells[$0]).reasons }).sorted()
        let names = Format.list(missing.map { rows[$0].key.text })
        let text = "\(measure.title) is missing in \(side)\(known ? " for \(names)" : "")"
        return [
          Unequal(
            kind: "measure", text: text + (reasons.isEmpty ? "." : ": \(Format.list(reasons))."),
            subject: measure.column.id + (known ? " \(names)" : ""), a: side == "A" ? "no" : "yes",
            b: side == "B" ? "no" : "yes")
        ]
      }
      return lacking("A", { $0.a }, { $0.b }) + lacking("B", { $0.b }, { $0.a })
    }
  }

  /// Settings of the training in which runs of the same objective differ.
  private var settings: [Unequal] {
    struct Setting: Hashable { var key, a, b: String }
    var order: [Setting] = []
    var objectives: [Setting: [String]] = [:]
    for row in rows {
      guard let first = row.a.runs.first, let second = row.b.runs.first else { continue }
      let (own, other) = (PlanSettings.read(first.plan), PlanSettings.read(second.plan))
      for key in Set(own.keys).union(other.keys).sorted() where own[key] != other[key] {
        let one = Setting(key: key, a: own[key] ?? "not set", b: other[key] ?? "not set")
        if objectives[one] == nil { order.append(one) }
        objectives[one, default: []].append(row.key.text)
      }
    }
    return order.map { one in
      let names = objectives[one] ?? []
      let of = names.count < rows.count ? " for \(Format.list(names))" : ""
      let (x, y) = (Format.shortened(one.a, to: 40), Format.shortened(one.b, to: 40))
      return Unequal(
        kind: "setting", text: "\(one.key)\(of): \(x) in A, \(y) in B.", subject: one.key + of, a: one.a, b: one.b)
    }
  }
}

/// The settings of a plan by their paths, such as `training.epochs`.
enum PlanSettings {
  /// Without the seed, which is told otherwise; empty where the plan cannot be read.
  static func read(_ plan: String) -> [String: String] {
    guard let json = try? JSONSerialization.jsonObject(with: Data(plan.utf8)) else { return [:] }
    var found: [String: String] = [:]
    flatten(json, "", &found)
    found["seed"] = nil
    return found
  }

  private static func flatten(_ value: Any, _ path: String, _ found: inout [String: String]) {
    switch value {
    case let keys as [String: Any]:
      for (key, value) in keys { flatten(value, path.isEmpty ? key : "\(path).\(key)", &found) }
    case let items as [Any] where items.allSatisfy({ $0 is String || $0 is NSNumber }):
      found[path] = items.map { "\($0)" }.joined(separator: ", ")
    case let items as [Any]:
      for (place, item) in items.enumerated() { flatten(item, "\(path)[\(place)]", &found) }
    case is NSNull: break
    default: found[path] = "\(value)"
    }
  }
}
