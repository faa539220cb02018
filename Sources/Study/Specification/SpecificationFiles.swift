import Foundation

/// A specification's file with those that it includes, laid over one another.
///
/// ```yaml
/// include: common.yaml        # or a list; a later file wins over an earlier one
/// seeds: 5                    # and what stands here over both
/// training: { epochs: 30 }    # mappings are merged key by key, all else is replaced
/// shift: ~                    # no value: the key is taken out
/// ```
///
/// Files are named relative to the one that includes them, and may include others.
struct SpecificationFiles {
  /// Everything merged, without `include`.
  private(set) var root: SpecNode
  /// What was included, in the order read: the names as in messages, and the texts.
  private(set) var included: [(name: String, text: String)] = []

  /// Files that one study may include, repetitions counted.
  private static let mostFiles = 100

  /// - Parameters:
  ///   - text: the text of the study's own file.
  ///   - name: how messages call it.
  ///   - url: where it lies.
  init(text: String, name: String, url: URL) throws(SpecificationError) {
    root = SpecNode(content: .mapping([]), place: name)
    root = try merged(text: text, name: name, url: url, within: [])
  }

  /// The text of a file. A file that cannot be read is told by `fail`.
  static func text(
    of url: URL, else fail: (String) -> SpecificationError
  ) throws(SpecificationError) -> String {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      let missing = !FileManager.default.fileExists(atPath: url.path)
      throw fail(
        missing ? "no such file; give the study's YAML file" : "cannot be read: \(error.localizedDescription)")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw fail("not UTF-8 text; a study is a YAML file")
    }
    return text
  }

  private mutating func merged(
    text: String, name: String, url: URL, within chain: [(name: String, path: String)]
  ) throws(SpecificationError) -> SpecNode {
    let own = try SpecNode.parse(text, file: name)
    guard case .mapping(let entries) = own.content else {
      throw own.error("study: expected a mapping with keys such as 'name', found \(own.shown)")
    }
    let chain = chain + [(name, url.resolvingSymlinksInPath().standardizedFileURL.path)]
    var result = SpecNode(content: .mapping([]), place: own.place)
    for item in try own["include"]?.list("include", single: true) ?? [] {
      result = result.overlaid(by: try included(item, name: name, url: url, within: chain))
    }
    let rest = SpecNode(content: .mapping(entries.filter { $0.key != "include" }), place: own.place)
    // Without inclusions nothing is taken out: a key without a value is an error of its own.
    return own["include"] == nil ? rest : result.overlaid(by: rest)
  }

  private mutating func included(
    _ item: SpecNode, name: String, url: URL, within chain: [(name: String, path: String)]
  ) throws(SpecificationError) -> SpecNode {
    let path = try item.text("include")
    let file = URL(fileURLWithPath: path, relativeTo: url.deletingLastPathComponent()).standardizedFileURL
    let folder = name.range(of: "/", options: .backwards).map { String(name[..<$0.upperBound]) } ?? ""
    let shown = path.hasPrefix("/") ? path : folder + path
    if let start = chain.firstIndex(where: { $0.path == file.resolvingSymlinksInPath().standardizedFileURL.path }) {
      let circle = (chain[start...].map(\.name) + [shown]).joined(separator: ", which includes ")
      throw item.error("include: a circle: \(circle)")
    }
    guard included.count < Self.mostFiles else {
      throw item.error("include: more than \(Self.mostFiles) files are included")
    }
    let text = try Self.text(of: file) { reason in
      item.error("include: \(shown): \(reason.replacing("; give the study's YAML file", with: ""))")
    }
    included.append((shown, text))
    return try merged(text: text, name: shown, url: file, within: chain)
  }
}

extension SpecNode {
  /// This mapping with another on top: mappings are merged key by key, other values replaced, keys without a value taken
  /// out.
  fileprivate func overlaid(by other: SpecNode) -> SpecNode {
    guard case .mapping(var entries) = content, case .mapping(let above) = other.content else { return other }
    for entry in above {
      let index = entries.firstIndex { $0.key == entry.key }
      if case .scalar("", plain: true) = entry.value.content, let index {
        entries.remove(at: index)
      } else if let index {
        entries[index] = Entry(
          key: entry.key, place: entry.place, value: entries[index].value.overlaid(by: entry.value))
      } else {
        entries.append(entry)
      }
    }
    return SpecNode(content: .mapping(entries), place: other.place, isUsage: other.isUsage)
  }
}
