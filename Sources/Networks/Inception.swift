import Torch

/// Inception v3: Rethinking the Inception Architecture for Computer Vision, Szegedy et al. 2016, as torchvision has it,
/// whose names and shapes these are (width 32, the channels of the first convolution; other widths scale all channels).
/// Five convolutions and two poolings, eleven blocks, global average pooling; features [n, 64w]. Batch norm adds 0.001
/// to the variance. Made for 299 px; 75 at least.
///
/// An auxiliary branch over the output of Mixed_6e, features [n, 24w], gives its own logits in training and only there.
/// It needs 17 x 17 places, and so images of at least 299 px (torchvision fails below with an error of its pooling).
/// Fresh networks for smaller images have none, as torchvision's with `aux_logits=False`; one filled from a file has it
/// where the file does.
///
/// Taps: "stem" after its second max pooling, "Mixed_5b" to "Mixed_7c".
///
/// Departures from torchvision: no dropout of 0.5 before the head (here dropout is an objective); convolutions start by
/// variance scaling, as in the study, and so do those of the branch; `transform_input` is no part of the network: it
/// turns ImageNet's normalization into mean and deviation 0.5, which an imported file has anyway
/// (`Architecture.importMean`).
public struct Inception: Network {
  let stem: [NormalizedConvolution]
  let blocks: [(name: String, block: InceptionBlock)]
  let branch: [NormalizedConvolution]
  /// 24w, or nil without the branch.
  public let auxiliaryWidth: Int?

  /// The least side of images with which the auxiliary branch is trained.
  public static let leastAuxiliarySize = 299

  /// Builds the network at `scope`.
  public init(_ scope: Scope, channels: Int, width: Int) throws(NetworkError) {
    var channels = channels
    func place(_ name: String? = nil) -> InceptionPlace {
      InceptionPlace(scope: name.map { scope / $0 } ?? scope, width: width, input: channels)
    }
    (stem, channels) = try place().chain([
      .init("Conv2d_1a_3x3", 32, 3, 3, stride: 2), .init("Conv2d_2a_3x3", 32, 3, 3, isPadded: false),
      .init("Conv2d_2b_3x3", 64, 3, 3), .init("Conv2d_3b_1x1", 80),
      .init("Conv2d_4a_3x3", 192, 3, 3, isPadded: false),
    ])
    var blocks: [(name: String, block: InceptionBlock)] = []
    func add(
      _ name: String, _ make: (InceptionPlace) throws(NetworkError) -> InceptionBlock
    ) throws(NetworkError) {
      let block = try make(place(name))
      blocks.append((name, block))
      channels = block.channels
    }
    for (name, pooled) in [("Mixed_5b", 32), ("Mixed_5c", 64), ("Mixed_5d", 64)] {
      try add(name) { (place) throws(NetworkError) in try .a(place, pooled: pooled) }
    }
    try add("Mixed_6a") { (place) throws(NetworkError) in try .b(place) }
    for (name, inner) in [("Mixed_6b", 128), ("Mixed_6c", 160), ("Mixed_6d", 160), ("Mixed_6e", 192)] {
      try add(name) { (place) throws(NetworkError) in try .c(place, inner: inner) }
    }
    let above = scope / "AuxLogits"
    if above.offers("conv0.conv.weight", fresh: scope.imageSize >= Self.leastAuxiliarySize) {
      let made = try place("AuxLogits").chain([
        .init("conv0", 128), .init("conv1", 768, 5, 5, isPadded: false),
      ])
      (branch, auxiliaryWidth) = (made.layers, made.output)
    } else {
      (branch, auxiliaryWidth) = ([], nil)
    }
    try add("Mixed_7a") { (place) throws(NetworkError) in try .d(place) }
    try add("Mixed_7b") { (place) throws(NetworkError) in try .e(place) }
    try add("Mixed_7c") { (place) throws(NetworkError) in try .e(place) }
    self.blocks = blocks
  }

  /// Images [n, c, h, w] to features [n, 64w].
  public func features(_ images: Tensor, _ pass: Pass) throws(TorchError) -> Tensor {
    try run(images, pass, withBranch: false).features
  }

  /// The features and, in training, those of the auxiliary branch [n, 24w]. Throws where images are too small for it.
  public func allFeatures(
    _ images: Tensor, _ pass: Pass
  ) throws(TorchError) -> (features: Tensor, auxiliary: Tensor?) {
    try run(images, pass, withBranch: pass.mode.isTraining && !branch.isEmpty)
  }

  private func run(
    _ images: Tensor, _ pass: Pass, withBranch: Bool
  ) throws(TorchError) -> (features: Tensor, auxiliary: Tensor?) {
    let sides = images.shape.suffix(2)
    if withBranch, let side = sides.min(), side < Self.leastAuxiliarySize {
      throw TorchError(
        operation: "inception-v3",
        message: """
          its auxiliary branch is trained with images of at least \(Self.leastAuxiliarySize) pixels a side, got \
          \(sides.map(String.init).joined(separator: " x ")); a fresh network for smaller images has no such branch
          """)
    }
    var (x, auxiliary) = (images, Tensor?.none)
    for (index, layer) in stem.enumerated() {
      x = try layer(x, pass)
      if index == 2 || index == 4 { x = try x.maxPool2d(size: 3, stride: 2) }
    }
    try pass.tap?("stem", x)  // [n, 6w, 35, 35] of 299 px
    for (name, block) in blocks {
      x = try block(x, pass)
      try pass.tap?(name, x)
      if withBranch && name == "Mixed_6e" {
        var y = try x.averagePool2d(size: 5, stride: 3)
        for layer in branch { y = try layer(y, pass) }
        auxiliary = try y.globalAveragePool()
      }
    }
    return (try x.globalAveragePool(), auxiliary)
  }
}
