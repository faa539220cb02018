import Datasets
import Foundation

/// The data of a plan: where they lie, what of them can be used, and what is known of them.
extension PlanExpansion {
  func resolved(_ reference: DataReference) -> DataReference {
    let root = URL(fileURLWithPath: document.dataRoot)
    var reference = reference
    // Groups and label maps may lie beside the specification.
    let beside = URL(fileURLWithPath: document.file).deletingLastPathComponent()
    func found(_ path: String?) -> String? {
      guard let path, !path.hasPrefix("/") else { return path }
      let file = beside.appendingPathComponent(path).standardizedFileURL.path
      return FileManager.default.fileExists(atPath: file) ? file : path
    }
    reference.groups = found(reference.groups)
    if let labels = reference.labels, labels.hasSuffix(".csv") || labels.contains("/") {
      reference.labels = found(labels)
    }
    return reference.resolved(against: root)
  }

  /// The set without its bad pictures, where it asks for that: workers are told which to leave out, so that all agree.
  mutating func sifted(
    _ reference: DataReference, _ label: String, part: String
  ) throws -> DataReference {
    do throws(DatasetError) {
      let (kept, bad) = try reference.sifted()
      if !bad.isEmpty { skipped[label] = bad }
      return kept
    } catch  where data.expects && error.isOfMissingFile {
      return reference
    } catch {
      throw document.error(part, error.description)
    }
  }

  mutating func splits(_ reference: DataReference, _ label: String, part: String) throws -> Splits {
    let splits = try known(part) { data throws(StudyError) in try data.splits(of: reference) }
    guard let reason = data.missing[reference] else { return splits }
    let directory = reference.directory ?? ""
    if let place = missing.firstIndex(where: { $0.dataset == reference.dataset && $0.directory == directory }) {
      missing[place].usedBy.append(label)
    } else {
      missing.append(
        MissingData(
          dataset: reference.dataset, directory: directory, reason: reason, usedBy: [label], train: splits.train.count,
          test: splits.test.count, classes: splits.train.classes))
    }
    return splits
  }

  private mutating func known<Facts>(
    _ part: String, _ facts: (inout DataCatalog) throws(StudyError) -> Facts
  ) throws -> Facts {
    do {
      return try facts(&data)
    } catch StudyError.data(_, let reason) {
      throw document.error(
        part, "\(reason) (data root: \(URL(fileURLWithPath: document.dataRoot).path); see --data-root)")
    }
  }

  /// A target's reference, with the classes that the source leaves out filled in where it asks for them.
  mutating func others(of target: Specification.Target, part: String) throws -> DataReference {
    var reference = resolved(target.data)
    guard target.others, let used = specification.source.data.classes else { return reference }
    reference.classes = nil
    let all = try known(part) { data throws(StudyError) in try data.facts(of: reference, .train) }.classes
    let rest = (0..<all).filter { !used.contains($0) }
    guard rest.count >= 2 else {
      throw document.error(
        part, "transfer: the source leaves out \(rest.count) of \(all) classes; at least two are needed")
    }
    reference.classes = rest
    return reference
  }
}
