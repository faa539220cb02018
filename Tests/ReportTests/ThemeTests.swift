import Foundation
import Study
import Testing

@testable import Report

/// Colours in light and in dark.
@Suite struct ThemeTests {
  /// WCAG 2's relative luminance of six hexadecimal digits.
  static func luminance(_ color: String) throws -> Double {
    let value = try #require(Int(color.dropFirst(), radix: 16))
    try #require(color.hasPrefix("#") && color.count == 7)
    let channels = [value >> 16, value >> 8 & 255, value & 255].map { byte -> Double in
      let x = Double(byte) / 255
      return x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }

  static func contrast(_ a: String, _ b: String) throws -> Double {
    let (x, y) = (try luminance(a), try luminance(b))
    return (max(x, y) + 0.05) / (min(x, y) + 0.05)
  }

  private func shades(_ name: String) throws -> Theme.Shade {
    try #require((Theme.page + Theme.lines).first { $0.name == name })
  }

  private func expect(_ shades: [Theme.Shade], on grounds: [Theme.Shade], atLeast least: Double) throws {
    for ground in grounds {
      for shade in shades {
        #expect(try Self.contrast(shade.light, ground.light) >= least, "\(shade.name) on \(ground.name), light")
        #expect(try Self.contrast(shade.dark, ground.dark) >= least, "\(shade.name) on \(ground.name), dark")
      }
    }
  }

  @Test func contrastOfKnownColours() throws {
    #expect(try Self.contrast("#000000", "#ffffff") == 21)
    #expect(abs(try Self.contrast("#777777", "#ffffff") - 4.48) < 0.01)
  }

  @Test func textCanBeRead() throws {
    let paper = try shades("--paper")
    let faint = try shades("--faint")
    let grounds = try ["--paper", "--faint", "--best", "--alike", "--alarm"].map(shades)
    try expect(["--ink", "--muted", "--accent"].map(shades), on: grounds, atLeast: 4.5)
    try expect([shades("--bad")], on: [paper, faint], atLeast: 4.5)
    try expect(Theme.names, on: [paper], atLeast: 4.5)
    try expect([shades("--ink")], on: Array(Theme.heat.prefix(3)), atLeast: 4.5)
  }

  @Test func marksCanBeSeen() throws {
    try expect(Theme.marks, on: [shades("--paper"), shades("--faint")], atLeast: 3)
    try expect([shades("--axis")], on: [shades("--paper")], atLeast: 3)
    try expect([shades("--alarm-line")], on: [shades("--paper"), shades("--alarm")], atLeast: 3)
  }

  /// No page or chart holds a colour that the theme does not know.
  @Test func everyColourIsTheThemes() throws {
    let page = Page(summary: Summary(try SyntheticStudy.contents())).html(plotly: "")
    let known = Set((Theme.page + Theme.lines + Theme.marks + Theme.names + Theme.heat).map(\.name))
    for use in page.matches(of: /var\((--[a-z0-9-]+)\)/) {
      let name = String(use.1)
      #expect(known.contains(name) || ["--panel", "--ratio", "--columns"].contains(name), "\(name)")
    }
    let body = try #require(page.range(of: "</style>")).upperBound
    let script = try #require(page.range(of: "<script>")).lowerBound
    #expect(!page[body..<script].contains(/(fill|stroke|color)="?:? ?#[0-9a-fA-F]{3}/))
    #expect(!Script.text.contains(/#[0-9a-f]{6}/) && !page.contains("\"color\":\"#"))
  }

  @Test func theSwitchIsNamedAndKeepsNothing() throws {
    let page = Page(summary: Summary(try SyntheticStudy.contents())).html(plotly: "")
    #expect(page.contains("<legend>Colours</legend>"))
    for value in ["system", "light", "dark"] {
      #expect(page.contains("<label><input type=\"radio\" name=\"theme\" value=\"\(value)\""))
    }
    #expect(!Script.text.contains("localStorage") && !Script.text.contains("cookie"))
  }

  @Test func drawingsAloneHaveBothThemes() throws {
    let drawings = ChoiceTables(Summary(try SyntheticStudy.contents())).drawings
    #expect(!drawings.isEmpty)
    for drawing in drawings {
      #expect(drawing.text.contains(Theme.declarations(isDark: false)))
      #expect(drawing.text.contains(Theme.declarations(isDark: true)))
    }
  }
}
