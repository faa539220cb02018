import Features
import Foundation
import Torch

/// How far the classes have collapsed (Papyan and others 2020, "Prevalence of neural collapse"). S_W and S_B are the covariances within and
/// between classes, mu_k the class means, mu_G their mean, M the centred means, W the head, K the classes; classes weigh the same whatever
/// their size.
///
/// - `nc1` = tr(S_W S_B^+) / K, `separation` = tr(S_W S_B^+) (He and Su 2023, for each layer in turn);
/// - `nc2_equinorm` = deviation / mean of ||mu_k - mu_G||, `nc2_equiangle` = mean over pairs |cos(mu_j - mu_G, mu_k - mu_G) + 1/(K-1)|;
/// - `nc3` = || W/||W|| - M/||M|| ||; `nc4` = share of examples that the head and the nearest class mean put in different classes;
/// - `cdnv` = mean over pairs of (Var_j + Var_k) / (2 ||mu_j - mu_k||^2) (Galanti and others 2022);
/// - `vci` = 1 - tr(S_T^+ S_B) / rank S_B, S_T = S_W + S_B (Xu and Liu 2023).
///
/// 0 is full collapse for all of them (1 for none, for `vci`). None sees rotations, shifts and a common factor. Bias: means of few examples
/// lie apart by chance, which lowers `nc1` and `cdnv`. Cost n d K + d^3 operations in double, memory d^2 + K d; two passes.
public struct Collapse {
  /// The classifier's last layer.
  public struct Head {
    /// [K, d], one row a class in the order of the labels' values.
    public let weight: Tensor
    /// [K].
    public let bias: Tensor?

    /// From a trained network's head.
    public init(weight: Tensor, bias: Tensor?) {
      self.weight = weight
      self.bias = bias
    }
  }

  /// Measures features with their labels. With the head also NC3 and NC4: its row k is the class of label k. Throws `MeasureError`
  /// when features, labels and head do not fit; what is undefined for the data is null, with the reason.
  public static func measure(_ source: any RowSource, labels: [Int], head: Head? = nil) throws -> CollapseResult {
    guard labels.count == source.count, source.count > 0 else {
      throw MeasureError(
        "labels", found: "\(labels.count)", expected: "\(source.count), one a row of the features, at least one",
        file: source.place)
    }
    let classes = Classes(labels)
    if let head {
      let shape = head.weight.shape
      guard shape.count == 2, shape[1] == source.dimensions else {
        throw MeasureError("head", found: "weights \(shape)", expected: "[classes, \(source.dimensions)]")
      }
      guard head.bias.map({ $0.shape == [shape[0]] }) ?? true else {
        throw MeasureError("head", found: "a bias \(head.bias?.shape ?? [])", expected: "[\(shape[0])]")
      }
      if let label = classes.values.first(where: { $0 < 0 || $0 >= shape[0] }) {
        throw MeasureError(
          "labels", found: "\(label)", expected: "a class of the head, in 0..<\(shape[0])", file: source.place)
      }
    }
    return try withoutGradientRethrowing { try ClassGeometry(source, classes).collapse(head) }
  }
}

/// Class means and what lies about them.
private struct ClassGeometry {
  let layer: CenteredLayer
  let classes: Classes
  /// Class means less their mean, [K, d], in the units of `layer`.
  let means: Tensor
  /// The mean of the class means, [d], likewise.
  let center: Tensor
  /// For each class the mean squared distance to its mean.
  let variances: [Double]
  /// S_W.
  let within: Tensor

  init(_ source: any RowSource, _ classes: Classes) throws {
    self.classes = classes
    layer = try CenteredLayer(name: "features", source)
    let sizes = try Tensor(classes.sizes.map(Double.init)).unsqueeze(1)
    var sums = try Tensor.zeros([classes.count, source.dimensions], type: .f64)
    for range in source.blocks() {
      sums = try sums.indexAdd(0, Tensor(Array(classes.indices[range])), layer.doubles(range))
    }
    let plain = try sums / sizes
    center = try plain.mean([0])
    means = try plain - center
    var squares = try Tensor.zeros([classes.count], type: .f64)
    var scatter = try Tensor.zeros([source.dimensions, source.dimensions], type: .f64)
    let weights = try Tensor(classes.sizes.map { 1 / Double($0) })
    for range in source.blocks() {
      let index = try Tensor(Array(classes.indices[range]))
      let rest = try layer.doubles(range) - plain.indexSelect(0, index)
      squares = try squares.indexAdd(0, index, rest.square().sum([1]))
      scatter = try scatter + (rest * weights.indexSelect(0, index).unsqueeze(1)).t().matmul(rest)
    }
    variances = try (squares.unsqueeze(1) / sizes).squeeze(1).doubles()
    within = try scatter / Double(classes.count)
  }

  func collapse(_ head: Collapse.Head?) throws -> CollapseResult {
    let count = classes.count
    var result = CollapseResult(n: layer.count, classes: count, dimensions: layer.dimensions)
    let lengths = try means.square().sum([1]).sqrt().doubles()
    let largest = lengths.max() ?? 0
    guard count > 1, largest > 1e-9 else {
      result.explain(
        ["nc1", "separation", "nc2_equinorm", "nc2_equiangle", "nc3", "cdnv", "vci"],
        count > 1 ? "all class means coincide" : "there is one class")
      if let head { result.nc4 = try mismatch(head) } else { result.explain(["nc4"], Self.noHead) }
      if head == nil { result.explain(["nc3"], Self.noHead) }
      return result
    }
    let mean = lengths.reduce(0, +) / Double(count)
    result.nc2Equinorm = (lengths.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot() / mean
    let gram = try means.matmul(means.t()).doubles()
    angles(gram, lengths, into: &result)
    variability(gram, into: &result)
    try spectra(into: &result)
    if let head {
      let weight = try head.weight.to(.f64).indexSelect(0, Tensor(classes.values))
      let size = try weight.square().sum().sqrt().item()
      if size > 0 {
        result.nc3 = try (weight / size - means / means.square().sum().sqrt()).square().sum().sqrt().item()
      } else {
        result.explain(["nc3"], "the head's weights are 0")
      }
      result.nc4 = try mismatch(head)
    } else {
      result.explain(["nc3", "nc4"], Self.noHead)
    }
    return result
  }

  private static let noHead = "needs the head (--weights)"

  private func angles(_ gram: [Double], _ lengths: [Double], into result: inout CollapseResult) {
    guard lengths.allSatisfy({ $0 > 1e-12 }) else {
      return result.explain(["nc2_equiangle"], "a class mean is the mean of all: it has no direction")
    }
    let count = lengths.count
    var sum = 0.0
    for j in 0..<count {
      for k in 0..<j { sum += abs(gram[j * count + k] / (lengths[j] * lengths[k]) + 1 / Double(count - 1)) }
    }
    result.nc2Equiangle = sum / Double(count * (count - 1) / 2)
  }

  private func variability(_ gram: [Double], into result: inout CollapseResult) {
    let count = classes.count
    var sum = 0.0
    for j in 0..<count {
      for k in 0..<j {
        let distance = gram[j * count + j] + gram[k * count + k] - 2 * gram[j * count + k]
        guard distance > 1e-18 * (gram[j * count + j] + gram[k * count + k]) else {
          return result.explain(["cdnv"], "the means of classes \(classes.values[k]) and \(classes.values[j]) coincide")
        }
        sum += (variances[j] + variances[k]) / (2 * distance)
      }
    }
    result.cdnv = sum / Double(count * (count - 1) / 2)
  }

  /// NC1 and VCI, by the singular vectors of the means.
  private func spectra(into result: inout CollapseResult) throws {
    let count = Double(classes.count)
    let between = try means.t().matmul(means) / count
    let (values, vectors) = try between.eigh()
    let eigenvalues = try values.doubles()
    let most = eigenvalues.last ?? 0
    let kept = eigenvalues.indices.filter { eigenvalues[$0] > 1e-12 * most }
    let rank = min(kept.count, classes.count - 1)
    let directions = try vectors.narrow(1, eigenvalues.count - rank, rank)
    let along = try (directions * within.matmul(directions)).sum([0]).doubles()
    let separation = zip(along, eigenvalues.suffix(rank)).reduce(0) { $0 + $1.0 / $1.1 }
    result.separation = separation
    result.nc1 = separation / count
    let (totals, axes) = try (within + between).eigh()
    let spread = try totals.doubles()
    let limit = 1e-12 * (spread.last ?? 0)
    let inverse = try Tensor(spread.map { $0 > limit ? 1 / $0 : 0 })
    let projected = try means.matmul(axes).square().sum([0]) / count
    result.vci = 1 - (try (projected * inverse).sum().item()) / Double(rank)
  }

  private func mismatch(_ head: Collapse.Head) throws -> Double {
    let weight = try head.weight.to(.f64)
    var different = 0
    let squares = try means.square().sum([1])
    for range in layer.source.blocks() {
      let rows = try layer.doubles(range)
      // The head sees the features themselves.
      let raw = try rows / layer.scale + layer.mean
      var outputs = try raw.matmul(weight.t())
      if let bias = head.bias { outputs = try outputs + bias.to(.f64) }
      let chosen = try outputs.argmax(1).ints()
      let nearest = try ((rows - center).matmul(means.t()) * 2 - squares).argmax(1).ints()
      different += zip(chosen, nearest).count { $0 != classes.values[$1] }
    }
    return Double(different) / Double(layer.count)
  }
}

/// What `Collapse` measures, with the keys of the tool's JSON.
public struct CollapseResult: Encodable, Sendable {
  /// Examples, distinct labels, numbers in a feature vector.
  public let n, classes, dimensions: Int
  /// As `Collapse` defines them; nil where they are undefined or the head is not known.
  public internal(set) var nc1, nc2Equinorm, nc2Equiangle, nc3, nc4, cdnv, vci, separation: Double?
  /// Why values are nil.
  public internal(set) var reasons: [String: String] = [:]

  init(n: Int, classes: Int, dimensions: Int) {
    self.n = n
    self.classes = classes
    self.dimensions = dimensions
  }

  mutating func explain(_ names: [String], _ reason: String) {
    for name in names { reasons[name] = reason }
  }

  enum CodingKeys: String, CodingKey {
    case n, classes, dimensions, nc1, nc3, nc4, cdnv, vci, separation, reasons
    case nc2Equinorm = "nc2_equinorm"
    case nc2Equiangle = "nc2_equiangle"
  }

  /// Writes nil as null; leaves `reasons` out when there are none.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(n, forKey: .n)
    try container.encode(classes, forKey: .classes)
    try container.encode(dimensions, forKey: .dimensions)
    try container.encode(nc1, forKey: .nc1)
    try container.encode(nc2Equinorm, forKey: .nc2Equinorm)
    try container.encode(nc2Equiangle, forKey: .nc2Equiangle)
    try container.encode(nc3, forKey: .nc3)
    try container.encode(nc4, forKey: .nc4)
    try container.encode(cdnv, forKey: .cdnv)
    try container.encode(vci, forKey: .vci)
    try container.encode(separation, forKey: .separation)
    if !reasons.isEmpty { try container.encode(reasons, forKey: .reasons) }
  }
}
