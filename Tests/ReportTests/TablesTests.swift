import Foundation
import Testing

@testable import Report

@Suite struct TablesTests {
  let summary: Summary
  let files: [String: String]

  private static let made = Result {
    let summary = Summary(try SyntheticStudy.contents())
    return (summary, Dictionary(uniqueKeysWithValues: Tables(summary).files.map { ($0.name, $0.text) }))
  }

  init() throws { (summary, files) = try Self.made.get() }

  @Test func mainTableHoldsEveryDigit() throws {
    let rows = Self.parse(try #require(files["main.csv"]))
    #expect(rows.count == summary.rows.count + 1)
    let place = try #require(rows[0].firstIndex(of: "r2_cosine"))
    for (row, cells) in zip(summary.rows, rows.dropFirst()) {
      #expect(cells.count == rows[0].count && cells[0] == row.label)
      let estimate = row.estimate(.separationOnTrain)
      #expect(Double(cells[place]) == estimate.mean)
      #expect(Double(cells[place + 1]) == estimate.standardError)
      #expect(Int(cells[place + 2]) == estimate.n)
    }
  }

  @Test func runsHoldEveryMeasurement() throws {
    let rows = Self.parse(try #require(files["runs.csv"]))
    #expect(rows.count - 1 == summary.contents.runs.map(\.measurements.count).reduce(0, +))
    #expect(rows.dropFirst().allSatisfy { $0.count == 9 && $0[7].isEmpty != $0[8].isEmpty })
  }

  @Test func correlationsAreOverObjectivesAndRuns() throws {
    let rows = Self.parse(try #require(files["correlation.csv"]))
    let main = try #require(
      rows.first { $0[0] == "r2_cosine" && $0[1] == "probe_accuracy_mean" && $0[2] == "objectives" })
    #expect(main[3] == "12" && (Double(main[4]) ?? 0) < -0.9)
    let runs = try #require(
      rows.first { $0[0] == "r2_cosine" && $0[1] == "probe_accuracy_mean" && $0[2] == "runs" })
    #expect(runs[3] == "32")
  }

  @Test(arguments: ["main", "transfer", "separation", "correlation", "claims"])
  func latexRowsHaveEqualCells(name: String) throws {
    let text = try #require(files["\(name).tex"])
    let body = text.split(separator: "\n").filter { $0.hasSuffix("\\\\") && !$0.contains("multicolumn") }
    let counts = Set(
      body.map { $0.replacing("\\&", with: "").split(separator: "&", omittingEmptySubsequences: false).count }
    )
    #expect(counts.count == 1 && text.contains("\\toprule") && text.hasSuffix("\\end{tabular}\n"))
    #expect(text.split(separator: "\n").filter { !$0.hasPrefix("%") }.allSatisfy { $0.allSatisfy(\.isASCII) })
  }

  static let latex = ["/usr/bin/pdflatex", "/usr/local/bin/pdflatex", "/Library/TeX/texbin/pdflatex"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  @Test(.enabled(if: latex != nil, "needs pdflatex"))
  func latexCompiles() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tables-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let odd =
      "[a] *b | c_d & 50 % ~^\\ {Caf\u{00E9}, na\u{00EF}ve, \u{0160}koda, stra\u{00DF}e} \u{2265} \u{03BB} \u{4E2D} <x>"
    let table = LaTeX.table(
      comment: odd, bands: [(odd, 1)], header: ["", odd], rows: [[odd.latex, "$1$"], ["*", "[2]"].map(\.latex)])
    try Data(table.utf8).write(to: folder.appendingPathComponent("odd.tex"))
    var document = "\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n\\tiny\n"
    for name in ["main", "transfer", "separation", "correlation", "claims"] {
      try Data(#require(files["\(name).tex"]).utf8).write(to: folder.appendingPathComponent("\(name).tex"))
      document += "\\input{\(name).tex}\n\n"
    }
    document += "\\input{odd.tex}\n"
    try Data((document + "\\end{document}\n").utf8).write(to: folder.appendingPathComponent("all.tex"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.latex))
    process.arguments = ["-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    process.currentDirectoryURL = folder
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  @Test func textTableFitsATerminal() {
    let text = TextTable(summary).text
    #expect(text.split(separator: "\n").allSatisfy { $0.count <= 110 })
    #expect(text.contains("softmax") && text.contains("*") && text.contains("\u{00B1}"))
  }

  /// RFC 4180, written anew.
  static func parse(_ text: String) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell = ""
    var isQuoted = false
    var characters = Array(text)[...]
    while let character = characters.popFirst() {
      switch (character, isQuoted) {
      case ("\"", true) where characters.first == "\"":
        cell.append("\"")
        characters.removeFirst()
      case ("\"", _): isQuoted.toggle()
      case (",", false):
        row.append(cell)
        cell = ""
      case ("\n", false):
        rows.append(row + [cell])
        row = []
        cell = ""
      default: cell.append(character)
      }
    }
    return rows
  }
}
