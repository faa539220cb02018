import Measures

/// The numbers of `analyze all` as CSV: every digit, one table a file.
struct SurveyTables {
  var survey: Survey

  var files: [(name: String, text: String)] {
    [
      ("summary.csv", summary), ("layers.csv", layers), ("classes.csv", classes), ("cka.csv", cka),
      ("pairs.csv", pairs),
      ("spectrum.csv", spectrum), ("reliability.csv", reliability),
    ].filter { $0.1.contains("\n") && $0.1.split(separator: "\n").count > 1 }
  }

  private var summary: String {
    CSV.text(
      header: ["set"] + SurveyColumn.all.map(\.id),
      rows: survey.sets.map { set in [set.name] + SurveyColumn.all.map { CSV.number($0.value(set)) } })
  }

  private var layers: String {
    let figures: [(String, (Survey.Layer) -> Double?)] = [
      ("nonzero_fraction", \.nonzeroFraction),
      ("r2_cosine", { $0.separation?.cosine?.r2 }), ("r2_cosine_debiased", { $0.separation?.cosine?.r2Debiased }),
      ("r2_centered_cosine", { $0.separation?.centeredCosine?.r2 }),
      ("r2_squared_euclidean", { $0.separation?.squaredEuclidean?.r2 }), ("r2_angle", { $0.separation?.angle?.r2 }),
      ("nc1", { $0.collapse?.nc1 }), ("nc2_equinorm", { $0.collapse?.nc2Equinorm }),
      ("nc2_equiangle", { $0.collapse?.nc2Equiangle }), ("cdnv", { $0.collapse?.cdnv }), ("vci", { $0.collapse?.vci }),
      ("within_over_between", { $0.collapse?.separation }),
      ("participation_ratio", { $0.spectrum?.participationRatio }), ("effective_rank", { $0.spectrum?.effectiveRank }),
      ("rankme", { $0.spectrum?.rankMe }), ("alpha", { $0.spectrum?.alpha }),
      ("alignment", { $0.uniformity?.alignment }), ("uniformity", { $0.uniformity?.uniformity }),
    ]
    return CSV.text(
      header: ["set", "layer", "dimensions"] + figures.map(\.0),
      rows: survey.sets.flatMap { set in
        set.layers.map { layer in
          [set.name, layer.layer, String(layer.dimensions)] + figures.map { CSV.number($0.1(layer)) }
        }
      })
  }

  private var classes: String {
    CSV.text(
      header: ["set", "layer", "class", "n", "within_cosine", "r2_cosine"],
      rows: survey.sets.flatMap { set in
        set.layers.flatMap { layer in
          (layer.separation?.cosine?.perClass ?? []).map {
            [set.name, layer.layer, String($0.label), String($0.n), CSV.number($0.within), CSV.number($0.r2)]
          }
        }
      })
  }

  private var cka: String {
    guard let result = survey.cka else { return "" }
    return CSV.text(
      header: ["set_a", "layer_a", "set_b", "layer_b", "cka"],
      rows: result.pairs.flatMap { pair in
        result.sets[pair.a].indices.flatMap { row in
          result.sets[pair.b].indices.map { column in
            [
              survey.sets[pair.a].name, result.sets[pair.a][row], survey.sets[pair.b].name, result.sets[pair.b][column],
              CSV.number(pair.cka[row][column]),
            ]
          }
        }
      })
  }

  private var pairs: String {
    let answers = survey.agreement?.pairs ?? []
    let names = survey.sets.map(\.name)
    func rows(_ a: Int, _ b: Int) -> [String] {
      let similarity = survey.pairs.first { $0.a == a && $0.b == b }?.similarity
      let answer = answers.first { $0.a == a && $0.b == b }
      return [names[a], names[b]]
        + [
          similarity?.procrustes, similarity?.rsa, similarity?.rsaSpearman, similarity?.mutualKNN, similarity?.svcca,
          answer?.agreement, answer?.kappa, answer?.errorConsistency, answer?.mcnemarP, answer?.permutationP,
          answer?.ensembleAccuracy, answer?.ensembleAccuracyLogits,
        ].map(CSV.number)
    }
    return CSV.text(
      header: [
        "set_a", "set_b", "procrustes", "rsa", "rsa_spearman", "mutual_knn", "svcca", "agreement", "kappa",
        "error_consistency", "mcnemar_p", "permutation_p", "ensemble_accuracy", "ensemble_accuracy_logits",
      ],
      rows: names.indices.flatMap { a in names.indices.filter { $0 > a }.map { rows(a, $0) } })
  }

  private var spectrum: String {
    CSV.text(
      header: ["set", "layer", "rank", "singular_value"],
      rows: survey.sets.flatMap { set in
        set.layers.flatMap { layer in
          (layer.spectrum?.singularValues ?? []).enumerated().map { rank, value in
            [set.name, layer.layer, String(rank + 1), CSV.number(value)]
          }
        }
      })
  }

  private var reliability: String {
    CSV.text(
      header: ["set", "temperature", "low", "high", "n", "confidence", "accuracy"],
      rows: survey.sets.flatMap { set in
        guard let calibration = set.calibration else { return [[String]]() }
        let sets =
          [(1.0, calibration.bins)] + (calibration.scaledBins.map { [(calibration.temperature ?? 1, $0)] } ?? [])
        return sets.flatMap { temperature, bins in
          bins.map { bin in
            [
              set.name, CSV.number(temperature), CSV.number(bin.low), CSV.number(bin.high), String(bin.count),
              CSV.number(bin.confidence), CSV.number(bin.accuracy),
            ]
          }
        }
      })
  }
}
