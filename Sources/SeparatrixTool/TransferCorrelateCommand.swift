import ArgumentParser
import Foundation
import Study

extension TransferCommand {
  struct Correlate: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "correlate", abstract: "How well scores without training order networks as measured transfer does.",
      discussion: """
        A CSV table with a header: one row a network, or a network and a target; a column of measured transfer, others of scores.
        Rank correlations with 95 % bootstrap intervals over rows; with --by also within each group, and their mean.
        Example:
          separatrix transfer correlate scores.csv --measured accuracy --by target
        """)

    @Argument(help: "Table (.csv).") var table: String
    @Option(help: "Column of measured transfer.") var measured: String
    @Option(help: "Columns of scores, with commas. Default: all other columns of numbers.") var scores: String?
    @Option(help: "Column that names the group of a row, such as its target.") var by: String?
    @Option(help: "Resamples of the bootstrap.") var resamples = 2000
    @Option(help: "Seed of the bootstrap.") var seed: UInt64 = 0
    @OptionGroup var output: OutputOptions

    /// A score beside measured transfer.
    private struct Line: Encodable {
      let score: String
      /// Nil: all rows together.
      let group: String?
      let n: Int
      let pearson, spearman, kendall, weightedKendall: Correlation?

      enum CodingKeys: String, CodingKey {
        case score, group, n, pearson, spearman, kendall
        case weightedKendall = "weighted_kendall"
      }
    }

    private struct Result: Encodable {
      let measured: String
      let rows: Int
      let correlations: [Line]
      /// Of each score the mean of the groups' weighted tau.
      let means: [String: Double]

      enum CodingKeys: String, CodingKey {
        case measured, rows, correlations
        case means = "mean_weighted_kendall"
      }
    }

    func run() throws {
      guard (10...1_000_000).contains(resamples) else {
        throw Outcome.usage("--resamples \(resamples): expected 10 to 1000000")
      }
      let table = try CSVTable(URL(typed: table))
      let truths = try table.numbers(measured)
      let names =
        try scores.map { try $0.split(separator: ",").map { try table.column(String($0)).name } }
        ?? table.names.filter { $0 != measured && $0 != by && table.isNumeric($0) }
      guard !names.isEmpty else {
        throw table.error(
          "columns", found: table.names.joined(separator: ", "), expected: "a column of numbers beside \(measured)")
      }
      let groups = try by.map { try table.column($0).values }
      let order = groups.map { all in all.enumerated().filter { all.firstIndex(of: $1) == $0 }.map(\.element) } ?? []
      var lines: [Line] = []
      var means: [String: Double] = [:]
      for name in names {
        let values = try table.numbers(name)
        lines.append(line(name, nil, values, truths))
        var taus: [Double] = []
        for group in order {
          let places = values.indices.filter { groups?[$0] == group }
          let own = line(name, group, places.map { values[$0] }, places.map { truths[$0] })
          if let tau = own.weightedKendall?.value { taus.append(tau) }
          lines.append(own)
        }
        if !taus.isEmpty { means[name] = taus.reduce(0, +) / Double(taus.count) }
      }
      if output.json {
        return try Console.printJSON(Result(measured: measured, rows: truths.count, correlations: lines, means: means))
      }
      Console.printTable(
        ["score", by ?? "", "n", "Pearson", "Spearman", "Kendall", "weighted", "95 %"],
        lines.map {
          [
            $0.score, $0.group ?? "all", String($0.n), Console.number($0.pearson?.value),
            Console.number($0.spearman?.value),
            Console.number($0.kendall?.value), Console.number($0.weightedKendall?.value),
            interval($0.weightedKendall),
          ]
        })
      if !means.isEmpty {
        print("")
        Console.printFields(
          names.compactMap { name in means[name].map { ("mean weighted tau, \(name)", Console.number($0)) } })
      }
    }

    private func line(_ name: String, _ group: String?, _ x: [Double], _ y: [Double]) -> Line {
      // Rows where a score is not defined say nothing.
      let known = x.indices.filter { x[$0].isFinite && y[$0].isFinite }
      let (x, y) = (known.map { x[$0] }, known.map { y[$0] })
      return Line(
        score: name, group: group, n: x.count, pearson: .pearson(x, y),
        spearman: .spearman(x, y, resamples: resamples, seed: seed),
        kendall: .kendall(x, y, resamples: resamples, seed: seed),
        weightedKendall: .weightedKendall(x, y, resamples: resamples, seed: seed))
    }

    private func interval(_ correlation: Correlation?) -> String {
      guard let low = correlation?.low, let high = correlation?.high else { return "" }
      return String(format: "%.2f to %.2f", low, high)
    }
  }
}
