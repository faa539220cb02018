/// The files in `tables/` about layers and pairs of runs, each only where it was measured.
struct ComparisonTables {
  var summary: Summary

  init(_ summary: Summary) { self.summary = summary }

  /// Names and contents, in a fixed order.
  var files: [(name: String, text: String)] {
    [
      ("sparsity.csv", sparsity), ("spectrum.csv", spectrum), ("cka.csv", cka), ("agreement.csv", agreement),
      ("pairs.csv", pairs),
    ]
    .compactMap { name, table in table.map { (name, $0) } }
  }

  private func has(_ name: String) -> Bool {
    summary.contents.runs.contains { $0.measurements.keys.contains { $0.name == name } }
  }

  private var sparsity: String? {
    guard has("nonzero_fraction") else { return nil }
    let rows = summary.rows.flatMap { row in
      summary.contents.layers.enumerated().map { depth, layer in
        let estimate = SparsityFigure.estimate(row, layer)
        return [row.label, layer, String(depth + 1)] + Self.cells(estimate)
      }
    }
    return CSV.text(
      header: ["objective", "layer", "depth", "nonzero_fraction", "nonzero_fraction_se", "n", "reason"], rows: rows)
  }

  private var spectrum: String? {
    guard has("effective_rank") else { return nil }
    let rows = summary.rows.flatMap { row in
      ["train", "test"].flatMap { split in
        ["effective_rank", "participation_ratio", "rankme", "alpha"].map { name in
          [row.label, name, split] + Self.cells(Estimate(of: row.runs) { $0.measurement(name, split: split) })
        }
      }
    }
    return CSV.text(header: ["objective", "measure", "split", "value", "value_se", "n", "reason"], rows: rows)
  }

  private static func cells(_ estimate: Estimate) -> [String] {
    [
      CSV.number(estimate.mean), CSV.number(estimate.standardError), String(estimate.n),
      estimate.reasons.joined(separator: "; "),
    ]
  }

  /// Every two objectives, each pair of them once, the same one with itself too.
  private func couples(_ cells: (Int, Int) -> [String]?) -> [[String]] {
    summary.rows.indices.flatMap { a in
      summary.rows.indices.filter { $0 >= a }.compactMap { b in
        cells(a, b).map { [summary.rows[a].label, summary.rows[b].label] + $0 }
      }
    }
  }

  private var cka: String? {
    let rows = summary.contents.layers.flatMap { layer -> [[String]] in
      guard let table = summary.pairTable("cka", layer: layer) else { return [] }
      return couples { a, b in
        table.means[a][b].map { [layer, CSV.number($0), String(table.counts[a][b])] }
      }
    }
    guard !rows.isEmpty else { return nil }
    return CSV.text(header: ["objective_a", "objective_b", "layer", "cka", "pairs"], rows: rows)
  }

  private var agreement: String? {
    guard let table = summary.pairTable("agreement") else { return nil }
    let (together, gain) = (summary.pairTable("ensemble_top1"), summary.ensembleGain)
    let rows = couples { a, b in
      table.means[a][b].map {
        [
          CSV.number($0), CSV.number(together?.means[a][b]), CSV.number(gain?.means[a][b]), String(table.counts[a][b]),
        ]
      }
    }
    return CSV.text(
      header: ["objective_a", "objective_b", "agreement", "ensemble_top1", "ensemble_gain", "pairs"], rows: rows)
  }

  /// Every number of every pair.
  private var pairs: String? {
    guard !summary.contents.pairs.isEmpty else { return nil }
    let runs = Dictionary(summary.contents.runs.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
    func names(_ digest: String) -> [String] {
      [runs[digest]?.label ?? digest, runs[digest].map { "\($0.seed)" } ?? ""]
    }
    let rows = summary.contents.pairs.map { pair in
      [pair.name] + names(pair.first) + names(pair.second)
        + [pair.firstLayer, pair.secondLayer, pair.split, CSV.number(pair.value), pair.reason ?? ""]
    }
    return CSV.text(
      header: [
        "measure", "objective_a", "seed_a", "objective_b", "seed_b", "layer_a", "layer_b", "split", "value", "reason",
      ], rows: rows)
  }
}
