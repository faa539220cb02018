import Torch

extension StateDictionary {
  /// What a file of weights holds, for lists.
  public struct Summary: Codable, Hashable, Sendable {
    /// Arrays, counters of batches left out.
    public let tensors: Int
    /// Numbers that training moves: all but running statistics.
    public let parameters: Int
    /// Types of the arrays as safetensors names them, sorted.
    public let types: [String]
    /// The first network of the list whose names and shapes are these, if there is one.
    public let network: NetworkSpec?
    /// Classes of its head.
    public let classes: Int?
    /// Channels of its images.
    public let channels: Int?
  }

  /// Counts the arrays and looks for the network they belong to.
  public func summary(networks: [Architecture] = Networks.standard) -> Summary {
    let network = networks.lazy.flatMap { candidates($0) }.first {
      (try? comparison(with: $0, networks: networks))?.fits == true
    }
    let trained = entries.filter { !$0.key.hasSuffix("running_mean") && !$0.key.hasSuffix("running_var") }
    return Summary(
      tensors: entries.count, parameters: trained.values.reduce(0) { $0 + $1.shape.reduce(1, *) },
      types: Set(entries.values.map(\.type.rawValue)).sorted(), network: network,
      classes: network == nil ? nil : entries["fc.weight"]?.shape.first,
      channels: network.flatMap { try? inputChannels(of: $0, networks) })
  }

  /// `architecture` at its own width and at those that the file's first convolutions speak for, with the projector that
  /// the file has.
  private func candidates(_ architecture: Architecture) -> [NetworkSpec] {
    var projector: [Int] = []
    while let width = entries["projector.\(3 * projector.count).weight"]?.shape.first { projector.append(width) }
    let first = ["conv1.weight", "layer1.0.conv1.weight", "Conv2d_1a_3x3.conv.weight"]
    let widths = first.compactMap { entries[$0]?.shape.first }
    return ([nil] + Set(widths).subtracting([architecture.defaultWidth]).sorted()).map {
      NetworkSpec(name: architecture.name, width: $0, projector: projector.isEmpty ? nil : projector)
    }
  }
}
