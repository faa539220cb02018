import Features
import Foundation
import Torch

/// Features of some examples for TensorBoard's embedding projector: a table of numbers, one of labels, and the file
/// that names the two.
///
/// The numbers go as text: the projector tries every file as text first, and takes bytes that happen to be valid UTF-8
/// for it.
struct ProjectorEmbedding: Hashable, Sendable {
  /// Names of the three files.
  static let (tensorName, labelsName, configName) = ("features.tsv", "labels.tsv", "projector_config.pbtxt")

  /// What the projector calls it.
  var name: String
  /// Features, an example a row; all of one length, and finite.
  var rows: [[Float]]
  /// Place of each row in the feature file, from 0.
  var places: [Int]
  /// Class of each row; empty where the file has no labels.
  var labels: [Int]
  /// Names of the classes, as far as they are known.
  var classNames: [String]

  /// Reads at most `limit` examples, evenly spaced, from a feature file; those with numbers that are not finite are
  /// left out. Nil where none is left.
  init?(file: URL, name: String, limit: Int) throws(ExportError) {
    self.name = name
    do {
      let set = try FeatureSet(reading: [file.path])
      let layer = try set.layer()
      (rows, places, labels) = ([], [], [])
      guard let part = layer.parts.first else { return nil }
      let wanted = min(limit, part.count)
      for place in (0..<wanted).map({ $0 * part.count / wanted }) {
        let row = try part.doubles(rows: place..<place + 1).map { Float($0) }
        guard row.allSatisfy(\.isFinite) else { continue }
        rows.append(row)
        places.append(place)
      }
      if let all = set.labels { labels = places.map { all[$0] } }
      let names = set.metadata["class_names"].map { Data($0.utf8) }
      classNames = names.flatMap { try? JSONDecoder().decode([String].self, from: $0) } ?? []
    } catch let error as ArrayFileError {
      throw .notReadable(path: file.path, reason: "\(error.field): found \(error.found); expected \(error.expected)")
    } catch {
      throw .notReadable(path: file.path, reason: "\(error)")
    }
    if rows.isEmpty { return nil }
  }

  /// Numbers in a row.
  var dimensions: Int { rows.first?.count ?? 0 }

  /// The three files; the one that names the others last.
  var files: [(name: String, text: String)] {
    [(Self.tensorName, tensor), (Self.labelsName, metadata), (Self.configName, config)]
  }

  private var tensor: String {
    rows.map { $0.map { "\($0)" }.joined(separator: "\t") + "\n" }.joined()
  }

  /// Without a header where there is one column: that is what the projector expects.
  private var metadata: String {
    guard !labels.isEmpty else { return places.map { "\($0)\n" }.joined() }
    let lines = zip(places, labels).map { place, label in
      let name = classNames.indices.contains(label) ? Self.plain(classNames[label]) : "\(label)"
      return "\(name)\t\(label)\t\(place)\n"
    }
    return "class\tlabel\texample\n" + lines.joined()
  }

  private var config: String {
    """
    embeddings {
      tensor_name: "\(name.replacingOccurrences(of: "\\", with: "").replacingOccurrences(of: "\"", with: ""))"
      tensor_shape: \(rows.count)
      tensor_shape: \(dimensions)
      tensor_path: "\(Self.tensorName)"
      metadata_path: "\(Self.labelsName)"
    }

    """
  }

  /// Text that fits into one field of a table with tabs.
  private static func plain(_ text: String) -> String {
    String(text.map { $0.isNewline || $0 == "\t" ? " " : $0 })
  }
}
