/// The list of networks. Another is a file beside this one and a line here; packages outside the tree append to it.
public enum Networks {
  /// Every network of this package.
  public static let standard: [Architecture] =
    [8, 14, 20, 32, 44, 56].map { depth in
      Architecture(
        name: "resnet\(depth)", summary: "residual network of \(depth) layers for 28 to 64 px (He et al. 2016, 4.2)",
        defaultWidth: 16, features: { 4 * $0 }
      ) { (scope, channels, width) throws(NetworkError) in
        try SmallResNet(scope, channels: channels, width: width, depth: depth)
      }
    } + [
      Architecture(
        name: "convnet", summary: "four plain convolutions with batch norm", defaultWidth: 16, features: { 4 * $0 }
      ) { (scope, channels, width) throws(NetworkError) in
        try ConvNet(scope, channels: channels, width: width)
      },
      resnet("resnet18", "residual network of 18 layers", [2, 2, 2, 2]),
      resnet("resnet34", "residual network of 34 layers", [3, 4, 6, 3]),
      resnet("resnet50", "residual network of 50 layers, v1.5", [3, 4, 6, 3], widening: 1),
      resnet("resnet101", "residual network of 101 layers, v1.5", [3, 4, 23, 3], widening: 1),
      resnet("resnet152", "residual network of 152 layers, v1.5", [3, 8, 36, 3], widening: 1),
      resnet("wide-resnet50-2", "resnet50 with twice the inner channels", [3, 4, 6, 3], widening: 2),
      Architecture(
        name: "inception-v3", summary: "Inception v3 for 299 px, there with its auxiliary branch (Szegedy et al. 2016)",
        defaultWidth: 32, defaultImageSize: 299, leastImageSize: 75,
        leastAuxiliarySize: Inception.leastAuxiliarySize, importMean: [0.5, 0.5, 0.5],
        importDeviation: [0.5, 0.5, 0.5], features: { 64 * $0 }
      ) { (scope, channels, width) throws(NetworkError) in
        try Inception(scope, channels: channels, width: width)
      },
      wide(depth: 16, by: 4), wide(depth: 28, by: 10), wide(depth: 40, by: 2),
      Architecture(
        name: "all-cnn-c", summary: "All-CNN-C with batch norm, for 32 px (Springenberg et al. 2015)", defaultWidth: 96,
        leastImageSize: 9, features: { 2 * $0 }
      ) { (scope, channels, width) throws(NetworkError) in
        try AllConvNet(scope, channels: channels, width: width)
      },
    ]

  /// WRN-depth-widening.
  private static func wide(depth: Int, by widening: Int) -> Architecture {
    Architecture(
      name: "wrn-\(depth)-\(widening)",
      summary: "wide residual network of \(depth) layers for 28 to 64 px (Zagoruyko & Komodakis 2016)",
      defaultWidth: 16, features: { 4 * widening * $0 }
    ) { (scope, channels, width) throws(NetworkError) in
      try WideResNet(scope, channels: channels, width: width, depth: depth, widening: widening)
    }
  }

  /// A residual network for ImageNet; with bottlenecks if `widening` is given.
  private static func resnet(_ name: String, _ words: String, _ blocks: [Int], widening: Int? = nil) -> Architecture {
    let layout = ResNet.Layout(blocks: blocks, widening: widening)
    return Architecture(
      name: name, summary: "\(words), for 224 px (He et al. 2016)", defaultWidth: 64, defaultImageSize: 224,
      leastImageSize: 32, features: layout.features
    ) { (scope, channels, width) throws(NetworkError) in
      try ResNet(scope, channels: channels, width: width, layout: layout)
    }
  }
}
