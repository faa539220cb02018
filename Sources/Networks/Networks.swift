/// The list of networks. Another is a file beside this one and a line here; packages outside the tree append to it.
public enum Networks {
  /// Every network of this package.
  public static let standard: [Architecture] =
    [8, 14, 20, 32, 44, 56].map { depth in
      Architecture(
        name: "resnet\(depth)", summary: "residual network of \(depth) layers for 28 to 64 px (He et al. 2016, 4.2)",
        defaultWidth: 16, featuresPerWidth: 4
      ) { (scope, channels, width) throws(NetworkError) in
        try SmallResNet(scope, channels: channels, width: width, depth: depth)
      }
    } + [
      Architecture(
        name: "convnet", summary: "four plain convolutions with batch norm", defaultWidth: 16, featuresPerWidth: 4
      ) { (scope, channels, width) throws(NetworkError) in
        try ConvNet(scope, channels: channels, width: width)
      }
    ]
}
