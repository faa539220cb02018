import Torch

/// Branches over the same input whose outputs are joined channel after channel: the modules of Inception v3, with
/// torchvision's names. Its five kinds are made below; channels are those of width 32, and scale with the width.
struct InceptionBlock {
  /// Pooling or none, then convolutions one after another; `ends` stand side by side after the last of them.
  struct Branch {
    let pooling: Pooling
    let chain, ends: [NormalizedConvolution]
  }

  enum Pooling {
    /// The input as it is.
    case none
    /// 3x3 means, stride 1; what is padded counts as zeros.
    case average
    /// The largest of 3x3, stride 2, no padding.
    case largest
  }

  let branches: [Branch]
  /// Channels that come out.
  let channels: Int

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    var parts: [Tensor] = []
    for branch in branches {
      var y =
        switch branch.pooling {
        case .none: x
        case .average: try x.averagePool2d(size: 3, stride: 1, padding: 1)
        case .largest: try x.maxPool2d(size: 3, stride: 2)
        }
      for layer in branch.chain { y = try layer(y, pass) }
      if branch.ends.isEmpty { parts.append(y) }
      for layer in branch.ends { parts.append(try layer(y, pass)) }
    }
    return try Tensor.concat(parts, 1)
  }
}

/// The five kinds.
extension InceptionBlock {
  /// 5x5 and twice 3x3 (figure 5 of the paper).
  static func a(_ place: InceptionPlace, pooled: Int) throws(NetworkError) -> InceptionBlock {
    try place.block([
      [Unit("branch1x1", 64)],
      [Unit("branch5x5_1", 48), Unit("branch5x5_2", 64, 5, 5)],
      [Unit("branch3x3dbl_1", 64), Unit("branch3x3dbl_2", 96, 3, 3), Unit("branch3x3dbl_3", 96, 3, 3)],
    ]).adding(place, .average, [Unit("branch_pool", pooled)])
  }

  /// Halves the size (figure 10).
  static func b(_ place: InceptionPlace) throws(NetworkError) -> InceptionBlock {
    try place.block([
      [Unit("branch3x3", 384, 3, 3, stride: 2)],
      [Unit("branch3x3dbl_1", 64), Unit("branch3x3dbl_2", 96, 3, 3), Unit("branch3x3dbl_3", 96, 3, 3, stride: 2)],
    ]).adding(place, .largest, [])
  }

  /// 7x7 as 1x7 and 7x1 (figure 6), of `inner` channels.
  static func c(_ place: InceptionPlace, inner: Int) throws(NetworkError) -> InceptionBlock {
    try place.block([
      [Unit("branch1x1", 192)],
      [Unit("branch7x7_1", inner), Unit("branch7x7_2", inner, 1, 7), Unit("branch7x7_3", 192, 7, 1)],
      [
        Unit("branch7x7dbl_1", inner), Unit("branch7x7dbl_2", inner, 7, 1), Unit("branch7x7dbl_3", inner, 1, 7),
        Unit("branch7x7dbl_4", inner, 7, 1), Unit("branch7x7dbl_5", 192, 1, 7),
      ],
    ]).adding(place, .average, [Unit("branch_pool", 192)])
  }

  /// Halves the size again.
  static func d(_ place: InceptionPlace) throws(NetworkError) -> InceptionBlock {
    try place.block([
      [Unit("branch3x3_1", 192), Unit("branch3x3_2", 320, 3, 3, stride: 2)],
      [
        Unit("branch7x7x3_1", 192), Unit("branch7x7x3_2", 192, 1, 7), Unit("branch7x7x3_3", 192, 7, 1),
        Unit("branch7x7x3_4", 192, 3, 3, stride: 2),
      ],
    ]).adding(place, .largest, [])
  }

  /// 3x3 as 1x3 beside 3x1 (figure 7).
  static func e(_ place: InceptionPlace) throws(NetworkError) -> InceptionBlock {
    try place.block([[Unit("branch1x1", 320)]])
      .adding(
        place, .none, [Unit("branch3x3_1", 384)],
        ends: [Unit("branch3x3_2a", 384, 1, 3), Unit("branch3x3_2b", 384, 3, 1)]
      )
      .adding(
        place, .none, [Unit("branch3x3dbl_1", 448), Unit("branch3x3dbl_2", 384, 3, 3)],
        ends: [Unit("branch3x3dbl_3a", 384, 1, 3), Unit("branch3x3dbl_3b", 384, 3, 1)]
      )
      .adding(place, .average, [Unit("branch_pool", 192)])
  }

  private func adding(
    _ place: InceptionPlace, _ pooling: Pooling, _ chain: [Unit], ends: [Unit] = []
  ) throws(NetworkError) -> InceptionBlock {
    let (branch, output) = try place.branch(pooling, chain, ends: ends)
    return InceptionBlock(branches: branches + [branch], channels: channels + output)
  }

  /// A convolution in words: name, channels at width 32, window, stride. Padding keeps the size at stride 1.
  struct Unit {
    let name: String
    let channels: Int
    let window: (height: Int, width: Int)
    let stride: Int
    let isPadded: Bool

    init(
      _ name: String, _ channels: Int, _ height: Int = 1, _ width: Int = 1, stride: Int = 1, isPadded: Bool? = nil
    ) {
      self.name = name
      self.channels = channels
      window = (height, width)
      self.stride = stride
      self.isPadded = isPadded ?? (stride == 1)
    }
  }
}

/// Where convolutions of Inception are made, and from how many channels.
struct InceptionPlace {
  let scope: Scope
  /// Channels of the first convolution: 32 in the paper.
  let width: Int
  /// Channels that come in.
  let input: Int

  /// Channels at this width.
  static func scaled(_ channels: Int, width: Int) -> Int { max(1, channels * width / 32) }

  /// A convolution without bias, batch norm with epsilon 0.001, ReLU.
  func convolution(
    _ unit: InceptionBlock.Unit, from input: Int
  ) throws(NetworkError) -> NormalizedConvolution {
    let place = scope / unit.name
    let output = Self.scaled(unit.channels, width: width)
    let padding = unit.isPadded ? (unit.window.height / 2, unit.window.width / 2) : (0, 0)
    return NormalizedConvolution(
      try Convolution(
        place / "conv", from: input, to: output, window: unit.window, stride: unit.stride, padding: padding),
      try BatchNorm(place / "bn", channels: output, epsilon: 1e-3))
  }

  /// Convolutions one after another, and the channels that come out.
  func chain(_ units: [InceptionBlock.Unit]) throws(NetworkError) -> (layers: [NormalizedConvolution], output: Int) {
    var layers: [NormalizedConvolution] = []
    var channels = input
    for unit in units {
      layers.append(try convolution(unit, from: channels))
      channels = Self.scaled(unit.channels, width: width)
    }
    return (layers, channels)
  }

  func branch(
    _ pooling: InceptionBlock.Pooling, _ units: [InceptionBlock.Unit], ends: [InceptionBlock.Unit] = []
  ) throws(NetworkError) -> (branch: InceptionBlock.Branch, output: Int) {
    let (layers, middle) = try chain(units)
    var (last, output) = ([NormalizedConvolution](), ends.isEmpty ? middle : 0)
    for end in ends {
      last.append(try convolution(end, from: middle))
      output += Self.scaled(end.channels, width: width)
    }
    return (InceptionBlock.Branch(pooling: pooling, chain: layers, ends: last), output)
  }

  /// A block of chains over the input itself.
  func block(_ chains: [[InceptionBlock.Unit]]) throws(NetworkError) -> InceptionBlock {
    var (branches, channels) = ([InceptionBlock.Branch](), 0)
    for units in chains {
      let (branch, output) = try self.branch(.none, units)
      branches.append(branch)
      channels += output
    }
    return InceptionBlock(branches: branches, channels: channels)
  }
}
