import Crypto
import Foundation

/// What `data verify` finds in a set: pictures that cannot be decoded, copies, and class lists that do not agree.
public struct SetVerification: Encodable, Sendable {
  /// A picture in a group of copies.
  public struct Member: Codable, Hashable, Sendable {
    /// Its name.
    public var file: String
    /// Its split.
    public var split: Split
    /// Its class's name.
    public var label: String
  }

  /// Pictures that are the same, or look it.
  public struct Copies: Codable, Hashable, Sendable {
    /// `exact`: the same bytes (of pixels in memory: the same pixels); `near`: within a small perceptual-hash distance.
    public var kind: String
    /// Whether train and test share the picture.
    public var crossesSplits: Bool
    /// Whether the picture has different labels.
    public var labelsConflict: Bool
    /// The pictures.
    public var members: [Member]

    enum CodingKeys: String, CodingKey {
      case kind, members
      case crossesSplits = "crosses_splits"
      case labelsConflict = "labels_conflict"
    }
  }

  /// The set.
  public var dataset: String
  /// Pictures looked at.
  public var n: Int
  /// Pictures of each split.
  public var splits: [Split: Int]
  /// Those that cannot be decoded.
  public var bad: [BadImage]
  /// Copies, exact ones first.
  public var duplicates: [Copies]
  /// Files beside the pictures that are none by their names.
  public var passedOver = FilesPassedOver()
  /// What is odd about the lists of classes, in words.
  public var anomalies: [String]
  /// Likely label errors; empty without a model's outputs.
  public var labelIssues: [LabelError]
  /// What a model's outputs say of the numbering of classes, in words; nil without outputs.
  public var classMap: String?

  enum CodingKeys: String, CodingKey {
    case dataset, n, splits, bad, duplicates, anomalies
    case passedOver = "passed_over"
    case labelIssues = "label_issues"
    case classMap = "class_map"
  }

  /// A label that is probably wrong (confident learning).
  public struct LabelError: Codable, Hashable, Sendable {
    /// Its picture.
    public var file: String
    /// The label's class.
    public var label: String
    /// The class that the model finds.
    public var suggestion: String
    /// The model's probability of the label.
    public var selfConfidence: Double

    enum CodingKeys: String, CodingKey {
      case file, label, suggestion
      case selfConfidence = "self_confidence"
    }
  }

  /// What one picture came to.
  private enum Found: Sendable {
    case good(ContentDigest, PerceptualHash)
    case bad(String)
  }

  private var parts: [(split: Split, samples: Samples)] = []

  /// Decodes every picture of every split on all cores; `progress` hears (done, of how many).
  public init(
    _ reference: DataReference, from list: [DatasetEntry] = DatasetEntry.standard,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(DatasetError) {
    let opened = try reference.open(from: list)
    for split in opened.splits { parts.append((split, try reference.loadStored(split, opened))) }
    dataset = reference.description
    let total = parts.reduce(0) { $0 + $1.samples.count }
    n = total
    splits = [:]
    bad = []
    anomalies = []
    duplicates = []
    labelIssues = []
    var pictures: [Duplicates.Picture] = []
    var members: [Member] = []
    var done = 0
    for (number, part) in parts.enumerated() {
      splits[part.split] = part.samples.count
      if let encoded = part.samples.encoded { passedOver.add(encoded.passedOver) }
      let samples = part.samples
      OrderedPool.run(count: samples.count) { reader, index in
        Self.look(at: samples, index, reader)
      } take: { index, found in
        let name = Self.name(part, index)
        switch found {
        case .good(let digest, let hash):
          pictures.append(
            Duplicates.Picture(split: number, label: samples.labels[index], digest: digest, hash: hash))
          members.append(Member(file: name, split: part.split, label: samples.classNames[samples.labels[index]]))
        case .bad(let reason): bad.append(BadImage(file: name, reason: reason))
        }
        done += 1
        progress(done, total)
        return true
      }
    }
    let copies = Duplicates(pictures)
    duplicates = [("exact", copies.exact), ("near", copies.near)].flatMap { kind, groups in
      groups.map { group in
        Copies(
          kind: kind, crossesSplits: group.crossesSplits, labelsConflict: group.labelsConflict,
          members: group.members.map { members[$0.index] })
      }
    }
    anomalies = ClassListAnomalies(Self.classLists(parts, opened)).anomalies.map(\.description)
    try checkPack(reference)
  }

  /// Adds what a model's outputs [n, K], row by row in the order of a split's pictures, say of its labels.
  public mutating func judge(_ outputs: ClassOutputs, split: Split) throws(DatasetError) {
    guard let part = parts.first(where: { $0.split == split }) else {
      throw DatasetError(
        .badReference, expected: "outputs for a split of \(dataset)",
        found: "the \(split.rawValue) split, which it lacks")
    }
    let samples = part.samples
    guard outputs.count == samples.count else {
      throw DatasetError(
        .countMismatch, expected: "\(samples.count) rows, one for each picture of the \(split.rawValue) split",
        found: "\(outputs.count)", cure: "give the outputs of this split, or name another with --split")
    }
    guard outputs.classes >= samples.classCount else {
      throw DatasetError(
        .countMismatch, expected: "\(samples.classCount) columns, one for each class", found: "\(outputs.classes)")
    }
    func className(_ number: Int) -> String {
      number < samples.classCount ? samples.classNames[number] : "class \(number)"
    }
    let test = try ClassMapTest(outputs, labels: samples.labels)
    classMap = test.words
    labelIssues = try ConfidentLearning(outputs, labels: samples.labels).issues().map { issue in
      LabelError(
        file: Self.name(part, issue.index), label: className(issue.label), suggestion: className(issue.suggestion),
        selfConfidence: issue.selfConfidence)
    }
  }

  private static func name(_ part: (split: Split, samples: Samples), _ index: Int) -> String {
    part.samples.encoded?.name(index) ?? "\(part.split.rawValue) \(index)"
  }

  private static func look(at samples: Samples, _ index: Int, _ reader: ImageReader) -> Found {
    let hash: PerceptualHash
    var sum = SHA256()
    if let encoded = samples.encoded {
      do throws(ImageFault) {
        hash = PerceptualHash(try reader.decode(encoded, index))
        sum = try reader.digest(encoded, index)
      } catch {
        return .bad(error.description)
      }
    } else {
      let image = samples.bitmap(index)
      hash = PerceptualHash(image)
      image.pixels.withUnsafeBytes { sum.update(bufferPointer: $0) }
    }
    return ContentDigest(sum.finalize()).map { .good($0, hash) } ?? .bad("no digest")
  }

  /// The classes of each split as its own files have them.
  private static func classLists(
    _ parts: [(split: Split, samples: Samples)], _ opened: OpenedDataset
  ) -> [ClassListAnomalies.List] {
    parts.map { part in
      var counts = [Int](repeating: 0, count: part.samples.classCount)
      for label in part.samples.labels { counts[label] += 1 }
      let all = part.samples.classNames
      let own = opened.classLists[part.split] ?? all.indices.filter { counts[$0] > 0 }.map { all[$0] }
      let number = Dictionary(zip(all, all.indices)) { first, _ in first }
      return ClassListAnomalies.List(
        split: part.split.rawValue, names: own, counts: own.map { name in number[name].map { counts[$0] } ?? 0 })
    }
  }

  /// A pack's own check sums.
  private mutating func checkPack(_ reference: DataReference) throws(DatasetError) {
    guard reference.dataset == "pack", let path = reference.directory else { return }
    let pack = try PackFile(path)
    let known = Dictionary(zip(bad.map(\.file), bad.indices)) { first, _ in first }
    for place in 0..<pack.count where !pack.isIntact(place) {
      let name = pack.name(place)
      let reason = "the pack's bytes are not those that were written"
      if let number = known[name] {
        bad[number].reason += "; " + reason
      } else {
        bad.append(BadImage(file: name, reason: "damaged: " + reason))
      }
    }
    let digests = pack.digests()
    if digests.stored != digests.found {
      bad.append(
        BadImage(file: path, reason: "damaged: SHA-256 \(digests.found), where the file says \(digests.stored)"))
    }
  }
}

extension ClassMapTest {
  /// The verdict in words.
  public var words: String {
    let identity = candidates.first { $0.kind == .identity }?.accuracy ?? 0
    func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10) %" }
    switch verdict {
    case .identity:
      return "labels and outputs number the classes alike (\(percent(identity)) right on \(tested) pictures)"
    case .undecided:
      return
        "undecided: the outputs are right on \(percent(identity)) of \(tested) pictures, no better than chance, and "
        + "no other numbering is"
    case .differs(let kind):
      let better = candidates.first { $0.kind == kind }
      let how = kind == .shift ? "shifted by \(shift)" : kind.rawValue
      return "labels and outputs number the classes differently (\(how)): \(percent(identity)) right as they are, "
        + "\(percent(better?.accuracy ?? 0)) under that map (p = 1e\(Int((better?.log10P ?? 0).rounded())))"
    }
  }
}
