/// The colours of pages, charts and drawings in light and in dark, by the names of the style sheet's variables.
///
/// On the paper of either theme text has a contrast of 4.5:1 at least and a mark one of 3:1, as WCAG 2 asks at AA.
/// Charts name a colour as `var(--mark-1)`, or `var(--mark-1) 0.13` to have it translucent; the page's script looks it
/// up when it draws, and again when the reader's preference changes.
struct Theme: Sendable {
  /// A colour as six hexadecimal digits in each theme.
  struct Shade: Sendable {
    var name: String
    var light: String
    var dark: String
  }

  /// The marks of objectives: Okabe and Ito's without their yellow, darkened on white where they are too pale for it.
  static let marks = [
    Shade(name: "--mark-0", light: "#222222", dark: "#e8eaed"),
    Shade(name: "--mark-1", light: "#d55e00", dark: "#f28e4b"),
    Shade(name: "--mark-2", light: "#0072b2", dark: "#4f9fe3"),
    Shade(name: "--mark-3", light: "#009e73", dark: "#2fbf92"),
    Shade(name: "--mark-4", light: "#c26c9d", dark: "#dd94bb"),
    Shade(name: "--mark-5", light: "#b87a00", dark: "#e8ab2c"),
    Shade(name: "--mark-6", light: "#2a92ce", dark: "#8fd3fa"),
  ]

  /// The same for names that stand beside marks.
  static let names = [
    Shade(name: "--name-0", light: "#222222", dark: "#e8eaed"),
    Shade(name: "--name-1", light: "#b85000", dark: "#f28e4b"),
    Shade(name: "--name-2", light: "#0072b2", dark: "#4f9fe3"),
    Shade(name: "--name-3", light: "#007a59", dark: "#2fbf92"),
    Shade(name: "--name-4", light: "#a8508a", dark: "#dd94bb"),
    Shade(name: "--name-5", light: "#8a6100", dark: "#e8ab2c"),
    Shade(name: "--name-6", light: "#1f78ad", dark: "#8fd3fa"),
  ]

  /// Heat maps: from near the paper to far from it, the same lightness step by step. On the first three text can be
  /// read.
  static let heat = [
    Shade(name: "--heat-0", light: "#f7fbff", dark: "#1a2430"),
    Shade(name: "--heat-1", light: "#c9ddf0", dark: "#1d3f60"),
    Shade(name: "--heat-2", light: "#7fb3d9", dark: "#24609a"),
    Shade(name: "--heat-3", light: "#2f79b5", dark: "#5ba3dc"),
    Shade(name: "--heat-4", light: "#08306b", dark: "#cfe8ff"),
  ]

  /// Text, and what it stands on.
  static let page = [
    Shade(name: "--ink", light: "#1b1f24", dark: "#e8eaed"),
    Shade(name: "--muted", light: "#5b636e", dark: "#a3abb6"),
    Shade(name: "--accent", light: "#005a9c", dark: "#7fbdf5"),
    Shade(name: "--bad", light: "#b04a00", dark: "#ffa46b"),
    Shade(name: "--paper", light: "#ffffff", dark: "#16191d"),
    Shade(name: "--faint", light: "#f4f6f8", dark: "#20252b"),
    Shade(name: "--best", light: "#d7ecff", dark: "#1d3a57"),
    Shade(name: "--alike", light: "#f2f8fe", dark: "#1a2736"),
    Shade(name: "--alarm", light: "#fdf3ec", dark: "#33241a"),
  ]

  /// Lines: the axis and the alarm's edge are to be seen, the others only part what space parts too.
  static let lines = [
    Shade(name: "--axis", light: "#878f99", dark: "#747d89"),
    Shade(name: "--alarm-line", light: "#d55e00", dark: "#f28e4b"),
    Shade(name: "--line", light: "#d9dde3", dark: "#3a4048"),
    Shade(name: "--grid", light: "#e4e7eb", dark: "#2b3037"),
    Shade(name: "--alike-line", light: "#bcd9f2", dark: "#31597f"),
  ]

  private static let all = page + lines + marks + names + heat

  /// The variables of one theme as declarations of a style sheet.
  static func declarations(isDark: Bool) -> String {
    "color-scheme: \(isDark ? "dark" : "light"); "
      + all.map { "\($0.name): \(isDark ? $0.dark : $0.light);" }.joined(separator: " ")
  }

  /// The page's variables: dark if the reader prefers it or the switch says so, light on paper whatever they say.
  static let css = """
    :root { \(declarations(isDark: false)) }
    @media screen and (prefers-color-scheme: dark) {
      :root:not([data-theme=light]) { \(declarations(isDark: true)) }
    }
    @media screen { :root[data-theme=dark] { \(declarations(isDark: true)) } }

    """

  /// The switch in a page's header. It shows where the script runs, and is forgotten with the page.
  static let choice = """
    <fieldset class="theme" hidden>
    <legend>Colours</legend>
    <label><input type="radio" name="theme" value="system" autocomplete="off" checked><span>System</span></label>
    <label><input type="radio" name="theme" value="light" autocomplete="off"><span>Light</span></label>
    <label><input type="radio" name="theme" value="dark" autocomplete="off"><span>Dark</span></label>
    </fieldset>

    """
}
