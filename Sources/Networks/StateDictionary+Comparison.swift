import Torch

extension StateDictionary {
  /// How the names and shapes of a file differ from a network's; empty lists where they fit.
  public struct Comparison: Equatable, Sendable, CustomStringConvertible {
    /// An array of another shape.
    public struct Misfit: Equatable, Sendable {
      /// Its name.
      public let name: String
      /// The shape of the network and that of the file.
      public let expected, found: [Int]
    }
    /// What the network has and the file lacks, in the network's order.
    public let missing: [String]
    /// What the file has and the network lacks, sorted.
    public let unexpected: [String]
    /// What both have in different shapes, in the network's order.
    public let misfits: [Misfit]

    /// Whether the file fills the network, with nothing left over.
    public var fits: Bool { missing.isEmpty && unexpected.isEmpty && misfits.isEmpty }

    /// One line for each difference.
    public var description: String {
      (missing.map { "  missing \($0)" } + unexpected.map { "  unexpected \($0)" }
        + misfits.map { "  \($0.name) has shape \($0.found), the network needs \($0.expected)" })
        .joined(separator: "\n")
    }
  }

  /// Where the head of a network that is read comes from.
  public enum Head: Sendable {
    /// From the file, projector included: its own number of classes.
    case stored
    /// Drawn afresh, as is the projector, for so many classes; those of the file are passed over.
    case fresh(classes: Int, seed: UInt64)
  }

  /// The network `spec`, filled from this file. Throws every missing, unexpected and misshapen array at once.
  ///
  /// The auxiliary branch of Inception may be absent: then the network has none.
  public func model(
    _ spec: NetworkSpec, size: Int, head: Head = .stored, networks: [Architecture] = Networks.standard
  ) throws(StateDictionaryError) -> Model {
    let path = file.file.path
    let found = try comparison(with: spec, head: head, networks: networks)
    guard found.fits else { throw .doesNotFit(file: path, network: spec.name, found) }
    var tensors: [String: Tensor] = [:]
    var notFinite: [String] = []
    let names = entries.keys.filter { head.isStored || !Self.isHead($0) }.sorted()
    let odd = names.filter { entries[$0]?.type.element == nil }
    guard odd.isEmpty else { throw .notNumbers(file: path, names: odd) }
    for name in names {
      guard let tensor = try tensor(name) else { continue }
      do throws(TorchError) {
        if try !tensor.isAllFinite() { notFinite.append(name) }
      } catch {
        throw .network(.torch(error))
      }
      tensors[name] = tensor
    }
    guard notFinite.isEmpty else { throw .notFinite(file: path, names: notFinite) }
    do throws(NetworkError) {
      return try Model(
        spec, channels: inputChannels(of: spec, networks), size: size, classes: classes(head) ?? 1,
        source: .tensors(tensors, otherwise: head.seed), networks: networks)
    } catch {
      throw .network(error)
    }
  }

  /// How this file's names and shapes differ from those of `spec`.
  public func comparison(
    with spec: NetworkSpec, head: Head = .stored, networks: [Architecture] = Networks.standard
  ) throws(StateDictionaryError) -> Comparison {
    do throws(NetworkError) {
      let least = networks.first { $0.name == spec.name }?.defaultImageSize ?? 0
      let expected = try Model(
        spec, channels: inputChannels(of: spec, networks), size: least, classes: classes(head) ?? 1, source: .shapes,
        networks: networks
      ).parameters.entries
      return compare(expected.map { ($0.name, $0.tensor.shape) }, head)
    } catch {
      throw .network(error)
    }
  }

  private func compare(_ expected: [(name: String, shape: [Int])], _ head: Head) -> Comparison {
    let hasAuxiliary = entries.keys.contains { $0.hasPrefix("AuxLogits.") && (head.isStored || !Self.isHead($0)) }
    let wanted = expected.filter { name, _ in
      (hasAuxiliary || !name.hasPrefix("AuxLogits.")) && (head.isStored || !Self.isHead(name))
    }
    let known = Set(wanted.map(\.name))
    return Comparison(
      missing: wanted.map(\.name).filter { entries[$0] == nil },
      unexpected: entries.keys.filter { !known.contains($0) && (head.isStored || !Self.isHead($0)) }.sorted(),
      misfits: wanted.compactMap { name, shape in
        guard let found = entries[name]?.shape, found != shape else { return nil }
        return Comparison.Misfit(name: name, expected: shape, found: found)
      })
  }

  /// Whether `name` is of what stands behind the features.
  static func isHead(_ name: String) -> Bool {
    ["fc.", "projector.", "AuxLogits.fc."].contains { name.hasPrefix($0) }
  }

  /// The number of classes, which is the file's own unless the head is fresh.
  private func classes(_ head: Head) -> Int? {
    if case .fresh(let classes, _) = head { classes } else { entries["fc.weight"]?.shape.first }
  }

  /// The input channels that the file's first convolution takes; 3 where it has none.
  func inputChannels(of spec: NetworkSpec, _ networks: [Architecture]) throws(NetworkError) -> Int {
    let size = networks.first { $0.name == spec.name }?.defaultImageSize ?? 0
    let model = try Model(spec, channels: 3, size: size, classes: 1, source: .shapes, networks: networks)
    guard let first = model.parameters.entries.first, let shape = entries[first.name]?.shape, shape.count == 4 else {
      return 3
    }
    return shape[1]
  }
}

extension StateDictionary.Head {
  var isStored: Bool { if case .stored = self { true } else { false } }
  var seed: UInt64? { if case .fresh(_, let seed) = self { seed } else { nil } }
}
