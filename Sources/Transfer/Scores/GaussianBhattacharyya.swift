import Foundation
import Torch

/// How much the classes overlap, as normal distributions in the 64 leading principal directions of the features (Pandy and others 2022,
/// "Transferability estimation using Bhattacharyya class separability"): minus the sum over ordered pairs of classes of exp(-D_B), D_B the
/// Bhattacharyya distance. 0: no overlap; K(K - 1) below: complete.
///
/// `gbc` takes one variance for all directions of a class (the paper's choice), `gbc_diagonal` one for each. Variances are divided by the number of
/// examples, so those of few are too small. A direction in which either class has no variance leaves no overlap where the means differ.
enum GaussianBhattacharyya {
  static func score(_ data: ScoredRows, into result: inout TransferScoresResult) throws {
    let count = data.classes.count
    guard count > 1 else { return result.explain(["gbc", "gbc_diagonal"], "there is one class") }
    let kept = min(64, data.variances.count { $0 > data.limit })
    let axes = try data.axes.narrow(1, data.dimensions - kept, kept)
    let index = try Tensor(data.classes.indices)
    let sizes = try Tensor(data.classes.sizes.map(Double.init)).unsqueeze(1)
    let rest = try (data.features - data.classMeans.indexSelect(0, index)).matmul(axes)
    let variances = try Tensor.zeros([count, kept], type: .f64).indexAdd(0, index, rest.square()) / sizes
    let means = try (data.classMeans - data.mean).matmul(axes)
    let rounding = 1e-24 * data.spread
    let spherical = try variances.mean([1], keep: true).expand([count, kept]).contiguous()
    for (names, variances, path) in [
      ("gbc", spherical, \TransferScoresResult.gbc), ("gbc_diagonal", variances, \.gbcDiagonal),
    ] {
      let (v, m) = (try variances.doubles(), try means.doubles())
      if let k = (0..<count).first(where: { k in (0..<kept).contains { v[k * kept + $0] <= rounding } }) {
        result.explain([names], "class \(data.classes.values[k]) has no variance in some direction")
        continue
      }
      result[keyPath: path] = -2 * overlaps(m, v, count, kept)
    }
  }

  /// The sum of exp(-D_B) over pairs of classes.
  private static func overlaps(_ means: [Double], _ variances: [Double], _ count: Int, _ d: Int) -> Double {
    var sum = 0.0
    for a in 0..<count {
      for b in 0..<a {
        var distance = 0.0
        for j in 0..<d {
          let (p, q) = (variances[a * d + j], variances[b * d + j])
          let gap = means[a * d + j] - means[b * d + j]
          distance += gap * gap / (4 * (p + q)) + log((p + q) / 2 / (p * q).squareRoot()) / 2
        }
        sum += exp(-distance)
      }
    }
    return sum
  }
}
