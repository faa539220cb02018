import Foundation

/// The binding's header, as text.
enum Header {
  static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static func text() throws -> String {
    try String(contentsOf: package.appendingPathComponent("Sources/CTorch/include/ctorch.h"), encoding: .utf8)
  }

  /// The functions that it declares.
  static func functions() throws -> [String] {
    let pattern = /^[A-Za-z_ *]*\b(ct_[a-z0-9_]+)\(/.anchorsMatchLineEndings()
    return try text().matches(of: pattern).map { String($0.1) }
  }
}
