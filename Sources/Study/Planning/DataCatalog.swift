import Crypto
import Datasets
import Foundation

/// What a plan needs to know of one split of a data set.
public struct SplitFacts: Codable, Hashable, Sendable {
  /// SHA-256 over shape, labels and pixels.
  public var digest: String
  /// SHA-256 over shape and pixels alone: sets that differ in labels share their features.
  public var pixelDigest: String
  /// SHA-256 of the groups, nil without groups.
  public var groupsDigest: String?
  /// Images.
  public var count: Int
  /// Classes, also those without an image.
  public var classes: Int
  /// Shape of an image.
  public var shape: ImageShape
  /// Examples of the smallest class.
  public var smallestClass: Int

  /// Facts given one by one.
  public init(
    digest: String, pixelDigest: String? = nil, groupsDigest: String? = nil, count: Int, classes: Int,
    shape: ImageShape,
    smallestClass: Int = 2
  ) {
    self.digest = digest
    self.pixelDigest = pixelDigest ?? digest
    self.groupsDigest = groupsDigest
    self.count = count
    self.classes = classes
    self.shape = shape
    self.smallestClass = smallestClass
  }

  /// Reads them off loaded samples.
  public init(of samples: Samples) {
    var sizes = [Int](repeating: 0, count: max(1, samples.classNames.count))
    for label in samples.labels where sizes.indices.contains(label) { sizes[label] += 1 }
    let groups = samples.groups.map { groups in
      Hex.text(SHA256.hash(data: Data(groups.map(String.init).joined(separator: ",").utf8)))
    }
    var pixels = SHA256()
    pixels.update(
      data: Data("\(samples.shape.channels) \(samples.shape.height) \(samples.shape.width) ".utf8))
    samples.pixels.withUnsafeBytes { pixels.update(bufferPointer: $0) }
    // Pictures that are not in memory are known by the digest of the set, labels included.
    if samples.encoded != nil { pixels.update(data: Data(samples.digest.utf8)) }
    self.init(
      digest: samples.digest, pixelDigest: Hex.text(pixels.finalize()), groupsDigest: groups,
      count: samples.count, classes: samples.classNames.count,
      shape: samples.shape, smallestClass: sizes.min() ?? 0)
  }
}

/// Loads each data set that a study names once, before anything runs: what is missing or damaged is found now, and
/// digests make the plan independent of where files lie.
///
/// A catalogue that `expects` takes published counts for a listed set whose files are missing, and keeps what was sought.
struct DataCatalog {
  /// How a split is read; another may be put in for tests.
  typealias Loader = @Sendable (DataReference, Split) throws -> SplitFacts

  private let loader: Loader
  let expects: Bool
  private var facts: [Key: SplitFacts] = [:]
  /// What was looked for in vain, by the reference.
  private(set) var missing: [DataReference: String] = [:]

  private struct Key: Hashable {
    var reference: DataReference
    var split: Split
  }

  init(loader: @escaping Loader = { SplitFacts(of: try $0.load($1)) }, expects: Bool = false) {
    self.loader = loader
    self.expects = expects
  }

  /// Both splits; where the files of one are missing both are as published, so that they agree.
  mutating func splits(of reference: DataReference) throws(StudyError) -> (train: SplitFacts, test: SplitFacts) {
    let train = try facts(of: reference, .train)
    let test = try facts(of: reference, .test)
    return missing[reference] == nil ? (train, test) : (try facts(of: reference, .train), test)
  }

  mutating func facts(of reference: DataReference, _ split: Split) throws(StudyError) -> SplitFacts {
    if missing[reference] != nil, let known = try expected(reference, split) { return known }
    let key = Key(reference: reference, split: split)
    if let known = facts[key] { return known }
    do {
      let loaded = try loader(reference, split)
      facts[key] = loaded
      return loaded
    } catch {
      let reason = String(describing: error)
      if expects, let error = error as? DatasetError, error.isOfMissingFile,
        let known = try expected(reference, split)
      {
        missing[reference] = reason
        return known
      }
      throw .data(name: reference.dataset, reason: reason)
    }
  }

  private func expected(_ reference: DataReference, _ split: Split) throws(StudyError) -> SplitFacts? {
    do {
      return try SplitFacts(expectedOf: reference, split)
    } catch {
      throw .data(name: reference.dataset, reason: String(describing: error))
    }
  }
}

/// Bytes as text.
enum Hex {
  static func text(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
      let text = String(byte, radix: 16)
      return text.count == 1 ? "0" + text : text
    }.joined()
  }
}
