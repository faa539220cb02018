import Study

/// The files in `tables/`: what the report shows, for spreadsheets and papers.
struct Tables {
  var summary: Summary
  private let associations: [StudyAssociation]
  private let differences: SoftmaxDifferences

  /// - Parameter differences: those of the summary, where they are known already; they take a while.
  init(_ summary: Summary, differences: SoftmaxDifferences? = nil) {
    self.summary = summary
    self.differences = differences ?? SoftmaxDifferences(summary)
    associations = summary.associations
  }

  /// Names and contents, in a fixed order.
  var files: [(name: String, text: String)] {
    let choice = ChoiceTables(summary)
    let claims = ClaimTables(summary.contents)
    return [
      ("claims.csv", claims.csv), ("claims.tex", claims.tex), ("pareto.csv", choice.paretoCSV),
      ("ranks.csv", choice.ranksCSV),
      ("main.csv", mainCSV), ("main.tex", mainTeX), ("runs.csv", runsCSV), ("transfer.csv", transferCSV),
      ("transfer.tex", transferTeX), ("separation.csv", separationCSV), ("separation.tex", separationTeX),
      ("correlation.csv", correlationCSV), ("correlation.tex", correlationTeX),
    ]
      + [
        ("differences.csv", differences.csv), ("reliability.csv", ReliabilityDiagram.csv(summary)),
        ("few-shot.csv", FewShotFigure(summary).csv),
      ].compactMap {
        name, table in table.map { (name, $0) }
      }
      + ComparisonTables(summary).files
  }

  // MARK: The main table

  private var mainCSV: String {
    var header = ["objective", "runs_done", "runs_planned"]
    for column in summary.columns { header += ["", "_se", "_n"].map { column.id + $0 } }
    let rows = summary.rows.map { row in
      [row.label, String(row.runs.count(where: \.isFinished)), String(row.runs.count)]
        + summary.columns.flatMap { column in
          let estimate = row.estimate(column)
          return [CSV.number(estimate.mean), CSV.number(estimate.standardError), String(estimate.n)]
        }
    }
    return CSV.text(header: header, rows: rows)
  }

  private var mainTeX: String {
    let columns = summary.columns.filter { $0.target.isEmpty }
    return tex(
      columns, comment: "Mean and standard error over seeds; targets one by one stand in transfer.tex.")
  }

  private func tex(_ columns: [Column], comment: String) -> String {
    let standings = columns.map { summary.standings($0) }
    let bands = Column.Group.allCases.map { group in (group.rawValue, columns.count { $0.group == group }) }
    return LaTeX.table(
      comment: "\(summary.contents.name). \(comment)", bands: bands.filter { $0.1 > 0 },
      header: ["Objective"] + columns.map(\.fullTitle),
      rows: summary.rows.enumerated().map { index, row in
        [row.fullName.latex]
          + columns.enumerated().map { place, column in
            LaTeX.number(row.estimate(column), column, isBest: standings[place][index] == .best)
          }
      })
  }

  // MARK: Every number of every run

  private var runsCSV: String {
    let rows = summary.contents.runs.flatMap { run in
      run.measurements.sorted {
        ($0.key.target, $0.key.name, $0.key.split) < ($1.key.target, $1.key.name, $1.key.split)
      }.map { key, one in
        [
          run.digest, run.label, run.network, String(run.seed), key.name, key.target, key.split,
          CSV.number(one.value),
          one.reason ?? "",
        ]
      }
    }
    return CSV.text(
      header: ["run", "objective", "network", "seed", "measure", "target", "split", "value", "reason"],
      rows: rows)
  }

  // MARK: Transfer

  private var transferColumns: [Column] {
    [Column.Group.probe, .neighbors, .fineTuning].flatMap { group in
      summary.columns.filter { $0.group == group }
        + [Column.meanLogOdds(summary.contents, group)].compactMap { $0 }
    }
  }

  private var transferCSV: String {
    let rows = transferColumns.flatMap { column in
      zip(summary.rows, summary.standings(column)).map { row, standing in
        let estimate = row.estimate(column)
        return [
          column.group.protocolName ?? "",
          column.target.isEmpty ? column.title.lowercased() : column.target, row.label,
          CSV.number(estimate.mean), CSV.number(estimate.standardError), String(estimate.n), "\(standing)",
        ]
      }
    }
    return CSV.text(
      header: ["protocol", "target", "objective", "value", "value_se", "n", "standing"], rows: rows)
  }

  private var transferTeX: String {
    tex(transferColumns, comment: "Accuracy on each target, mean and standard error over seeds.")
  }

  // MARK: Separation

  private func separation(_ row: Summary.Row, _ variant: SeparationFigure.Variant, _ split: String)
    -> Estimate
  {
    Estimate(of: row.runs) { $0.measurement(variant.name, split: split) }
  }

  private var separationCSV: String {
    let rows = summary.rows.flatMap { row in
      SeparationFigure.variants.flatMap { variant in
        ["train", "test"].map { split in
          let estimate = separation(row, variant, split)
          return [
            row.label, variant.title.replacing(",", with: ""), split, CSV.number(estimate.mean),
            CSV.number(estimate.standardError), String(estimate.n), estimate.reasons.joined(separator: "; "),
          ]
        }
      }
    }
    return CSV.text(header: ["objective", "distance", "split", "r2", "r2_se", "n", "reason"], rows: rows)
  }

  private var separationTeX: String {
    let column = Column.separationOnTrain
    let variants = SeparationFigure.variants
    return LaTeX.table(
      comment: "\(summary.contents.name). Class separation R^2, mean and standard error over seeds.",
      bands: [("Training images", variants.count), ("Test images", variants.count)],
      header: ["Objective"] + variants.map(\.title) + variants.map(\.title),
      rows: summary.rows.map { row in
        [row.fullName.latex]
          + ["train", "test"].flatMap { split in
            variants.map { LaTeX.number(separation(row, $0, split), column) }
          }
      })
  }

  // MARK: Correlation

  private var correlationCSV: String {
    let rows = associations.map { one in
      let found = one.association
      return [one.x.id, one.y.id, one.level.rawValue, String(one.n)]
        + [found?.pearson, found?.spearman].flatMap {
          [CSV.number($0?.value), CSV.number($0?.low), CSV.number($0?.high), CSV.number($0?.p)]
        }
    }
    return CSV.text(
      header: [
        "x", "y", "over", "n", "pearson", "pearson_low", "pearson_high", "pearson_p", "spearman",
        "spearman_low",
        "spearman_high", "spearman_p",
      ], rows: rows)
  }

  private var correlationTeX: String {
    func cell(_ correlation: Correlation?) -> String {
      guard let correlation else { return "--" }
      let value = LaTeX.number(Format.number(correlation.value, decimals: 2))
      guard let low = correlation.low, let high = correlation.high else { return value }
      let ends = [low, high].map { LaTeX.number(Format.number($0, decimals: 2)) }
      return "\(value) [\(ends[0]), \(ends[1])]"
    }
    return LaTeX.table(
      comment:
        "\(summary.contents.name). Correlations over the means of the objectives, with 95 % intervals.",
      header: ["", "n", "Pearson", "Spearman"],
      rows: associations.filter { $0.level == .objectives }.map { one in
        [
          "\(one.x.longTitle) and \(one.y.longTitle.lowercasedFirst)".latex, "$\(one.n)$",
          cell(one.association?.pearson), cell(one.association?.spearman),
        ]
      })
  }
}
