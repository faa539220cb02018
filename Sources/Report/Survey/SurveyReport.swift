import Foundation
import Measures

/// The report of `analyze all`: one page, tables, and everything as JSON.
public enum SurveyReport {
  /// Writes `analysis.html`, `analysis.json` and `tables/*.csv` into a folder, made where it is missing. The same survey gives the same bytes.
  /// - Parameters:
  ///   - survey: What was measured.
  ///   - command: The command line that made it, as the page names it.
  ///   - version: The program's version.
  ///   - folder: Where to write.
  ///   - plotly: The chart library, `plotly.min.js`; see `Report.chartLibrary()`.
  /// - Throws: `ReportError` naming the file that could not be written, or the chart library.
  public static func write(_ survey: Survey, command: String, version: String, to folder: URL, plotly: URL) throws {
    guard let library = try? String(contentsOf: plotly, encoding: .utf8), library.contains("Plotly") else {
      throw ReportError.noChartLibrary(tried: [plotly.path])
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(survey), as: UTF8.self) + "\n"
    let page = SurveyPage(survey: survey, command: command, version: version)
    let files =
      [("analysis.html", page.html(plotly: library)), ("analysis.json", json)]
      + SurveyTables(survey: survey).files.map { ("tables/\($0.name)", $0.text) }
    for (path, text) in files { try Report.write(text, to: folder.appendingPathComponent(path)) }
  }

  /// What the sets are in a sentence or two, as the page's headline and the lines under it.
  public static func finding(_ survey: Survey) -> [String] { SurveyFinding(survey).sentences }

  /// The overview, a set a row, as text cells for a terminal.
  public static func overview(_ survey: Survey) -> (header: [String], rows: [[String]]) {
    let columns = SurveyColumn.all.filter { column in survey.sets.contains { column.value($0) != nil } }
    return (
      ["set"] + columns.map(\.short),
      survey.sets.map { set in [set.name] + columns.map { $0.text($0.value(set)) } }
    )
  }
}

/// One figure of a set in the overview.
struct SurveyColumn: Sendable {
  var id: String
  var title: String
  var short: String
  var isShare = false
  var value: @Sendable (Survey.Member) -> Double?

  func text(_ value: Double?) -> String {
    guard let value else { return "-" }
    if isShare { return Format.number(100 * value, decimals: 2) + " %" }
    return abs(value) >= 1000 || (abs(value) < 1e-3 && value != 0)
      ? Format.plain(value) : Format.number(value, decimals: abs(value) >= 100 ? 1 : 4)
  }

  /// In the order of the page. Of the last layer, but for what is of the outputs.
  static let all: [SurveyColumn] = [
    .init(id: "accuracy", title: "Accuracy", short: "top-1", isShare: true) { $0.calibration?.figures.accuracy },
    .init(id: "r2_cosine", title: "R\u{00B2}, cosine", short: "R^2") { $0.layers.last?.separation?.cosine?.r2 },
    .init(id: "r2_cosine_debiased", title: "R\u{00B2}, cosine, debiased", short: "R^2 debiased") {
      $0.layers.last?.separation?.cosine?.r2Debiased
    },
    .init(id: "nc1", title: "NC1", short: "NC1") { $0.layers.last?.collapse?.nc1 },
    .init(id: "cdnv", title: "CDNV", short: "CDNV") { $0.layers.last?.collapse?.cdnv },
    .init(id: "vci", title: "VCI", short: "VCI") { $0.layers.last?.collapse?.vci },
    .init(id: "effective_rank", title: "Effective rank", short: "rank") { $0.layers.last?.spectrum?.effectiveRank },
    .init(id: "participation_ratio", title: "Participation ratio", short: "particip.") {
      $0.layers.last?.spectrum?.participationRatio
    },
    .init(id: "rankme", title: "RankMe", short: "RankMe") { $0.layers.last?.spectrum?.rankMe },
    .init(id: "alpha", title: "Alpha", short: "alpha") { $0.layers.last?.spectrum?.alpha },
    .init(id: "nonzero_fraction", title: "Not 0", short: "not 0", isShare: true) { $0.layers.last?.nonzeroFraction },
    .init(id: "alignment", title: "Alignment", short: "align.") { $0.layers.last?.uniformity?.alignment },
    .init(id: "uniformity", title: "Uniformity", short: "uniform.") { $0.layers.last?.uniformity?.uniformity },
    .init(id: "recall_at_1", title: "Recall@1", short: "recall@1", isShare: true) { $0.retrieval?["recall_at_1"] },
    .init(id: "map_at_r", title: "mAP@R", short: "mAP@R", isShare: true) { $0.retrieval?["map_at_r"] },
    .init(id: "nll", title: "NLL", short: "NLL") { $0.calibration?.figures.nll },
    .init(id: "ece", title: "ECE", short: "ECE") { $0.calibration?.figures.ece },
    .init(id: "ece_scaled", title: "ECE at temperature", short: "ECE at T") { $0.calibration?.scaled?.ece },
    .init(id: "aurc", title: "AURC", short: "AURC") { $0.calibration?.figures.aurc },
  ]
}

/// What a reader learns first.
struct SurveyFinding {
  var sentences: [String] = []

  init(_ survey: Survey) {
    func ranked(_ value: (Survey.Member) -> Double?) -> [(name: String, value: Double)] {
      survey.sets.compactMap { set in value(set).map { (set.name, $0) } }.sorted { $0.value > $1.value }
    }
    let separation = ranked { $0.layers.last?.separation?.cosine?.r2 }
    if let most = separation.first {
      let value = Format.number(most.value, decimals: 3)
      if let least = separation.last, least.value < most.value {
        sentences.append(
          "\(most.name) separates its classes most (R\u{00B2} \(value)), \(least.name) least "
            + "(\(Format.number(least.value, decimals: 3)))")
      } else {
        sentences.append("Of the distance between examples a share of \(value) lies between classes (\(most.name))")
      }
    } else {
      sentences.append(Format.count(survey.sets.count, "set") + " of \(survey.n) examples")
    }
    let ranks = ranked { $0.layers.last?.spectrum?.effectiveRank }
    if let widest = ranks.first, let narrowest = ranks.last {
      let text = Format.number(widest.value, decimals: 1)
      sentences.append(
        narrowest.value < widest.value
          ? "Effective rank of the last layer: from \(Format.number(narrowest.value, decimals: 1)) (\(narrowest.name)) "
            + "to \(text) (\(widest.name))."
          : "The last layer's effective rank is \(text).")
    }
    let accuracy = ranked { $0.calibration?.figures.accuracy }
    if let best = accuracy.first, let worst = accuracy.last {
      let text = Format.number(100 * best.value, decimals: 2) + " %"
      sentences.append(
        worst.value < best.value
          ? "Top-1 accuracy: from \(Format.number(100 * worst.value, decimals: 2)) % (\(worst.name)) to \(text) (\(best.name))."
          : "Top-1 accuracy: \(text).")
    }
    let calibration = ranked { $0.calibration?.figures.ece }
    if let worst = calibration.first, let best = calibration.last, best.value < worst.value {
      sentences.append(
        "Calibration error as they are: from \(Format.number(best.value, decimals: 4)) (\(best.name)) to "
          + "\(Format.number(worst.value, decimals: 4)) (\(worst.name)).")
    }
    if let pair = survey.pairs.max(by: { ($0.similarity.procrustes ?? 0) < ($1.similarity.procrustes ?? 0) }),
      let distance = pair.similarity.procrustes, survey.pairs.count > 1
    {
      sentences.append(
        "Least alike by Procrustes distance: \(survey.sets[pair.a].name) and \(survey.sets[pair.b].name) "
          + "(\(Format.number(distance, decimals: 3))).")
    }
  }
}
