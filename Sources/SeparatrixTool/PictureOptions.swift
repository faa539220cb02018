import ArgumentParser
import Datasets
import Training

/// How pictures of a set become images; part of every command that reads a set.
struct PictureOptions: ParsableArguments {
  @Option(help: "Pictures: side of the images, or HEIGHTxWIDTH. Default: theirs, if all have one size, else 224.")
  var imageSize: String?
  @Option(help: "Pictures: what is kept, central, central:0.875, resize:256 (then the centre) or whole.") var fit:
    String?
  @Option(help: "Pictures: how sizes are changed, bicubic or bilinear.") var interpolation: String?
  @Flag(help: "Pictures: never decode at a reduced scale in training.") var exact = false
  @Option(help: "Pictures that cannot be decoded: stop (default), skip, or list all of them and do nothing else.")
  var onBadImage: String?

  /// The size asked for: a side, or height and width.
  func sides() throws -> [Int]? {
    guard let imageSize else { return nil }
    let sides = imageSize.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard (1...2).contains(sides.count), sides.allSatisfy({ (1...4096).contains($0) }) else {
      throw Outcome.usage("--image-size '\(imageSize)': expected a side of 1 to 4096, or HEIGHTxWIDTH")
    }
    return sides
  }

  /// A trained network for images of the size asked for.
  func applied(to trained: TrainedModel) throws -> TrainedModel {
    guard let sides = try sides() else { return trained }
    return try trained.taking(height: sides[0], width: sides[sides.count - 1])
  }

  /// The reference with these options set.
  func applied(to reference: DataReference) throws -> DataReference {
    var result = reference
    if let sides = try sides() { result.size = sides }
    if let fit {
      guard InputTransform.Fit(fit) != nil else {
        throw Outcome.usage("--fit '\(fit)': expected central, central:SHARE (0 to 1), resize:SIDE or whole")
      }
      result.fit = fit
    }
    if let interpolation {
      result.interpolation = try named(Interpolation.self, interpolation, "--interpolation")
    }
    if exact { result.exact = true }
    if let onBadImage { result.onBadImage = try named(BadImagePolicy.self, onBadImage, "--on-bad-image") }
    return result
  }
}
