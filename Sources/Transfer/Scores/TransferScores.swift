import Features
import Measures
import Torch

/// How well features may serve a new task, without training on it: scores to put pretrained networks in order. Each has its formula, source and
/// bias in its own file: `LogME`, `HScore`, `TransRate`, `GaussianBhattacharyya` from the features, `LabelPrediction` (LEEP and NCE) from the
/// source classifier's outputs. Higher is better for all of them; their sizes can be compared between networks on the same examples only.
///
/// In double; n d numbers in memory, n d^2 + d^3 operations.
public enum TransferScores {
  /// Scores features of the new task's examples with its labels, and outputs of the source classifier for the same examples. Throws
  /// `MeasureError` when they do not fit or are not finite; what is undefined for the data is null, with the reason.
  public static func measure(
    _ source: any RowSource, labels: [Int], outputs: (any RowSource)? = nil,
    kind: ClassifierOutputs.Kind = .logits
  ) throws -> TransferScoresResult {
    try withoutGradientRethrowing {
      let data = try ScoredRows(source, labels: labels)
      var result = TransferScoresResult(n: data.count, classes: data.classes.count, dimensions: data.dimensions)
      if data.spread > 0 {
        result.logME = try LogME.score(data)
        let h = try HScore.score(data)
        (result.hScore, result.hScoreShrinkage, result.shrinkage) = (h.plain, h.shrunk, h.shrinkage)
        result.transRate = try TransRate.score(data)
        try GaussianBhattacharyya.score(data, into: &result)
      } else {
        result.explain(
          ["logme", "h_score", "h_score_shrinkage", "transrate", "gbc", "gbc_diagonal"], "the features are constant")
      }
      if let outputs {
        let prediction = try LabelPrediction.scores(outputs, data.classes, kind: kind)
        (result.leep, result.nce) = (prediction.leep, prediction.nce)
      } else {
        result.explain(["leep", "nce"], "needs the source classifier's outputs (--outputs)")
      }
      return result
    }
  }
}

/// Features in double with their classes, and the moments that scores share.
struct ScoredRows {
  /// [n, d] f64.
  let features: Tensor
  let classes: Classes
  /// Of all rows [d], and of each class [K, d].
  let mean, classMeans: Tensor
  /// Eigenvalues [d], ascending, and eigenvectors [d, d] of the covariance (divided by n).
  let variances: [Double]
  let axes: Tensor
  /// The largest variance; 0 where it is rounding.
  let spread: Double
  var count: Int { classes.indices.count }
  var dimensions: Int { features.shape[1] }

  init(_ source: any RowSource, labels: [Int]) throws {
    guard labels.count == source.count, source.count > 0 else {
      throw MeasureError(
        "labels", found: "\(labels.count)", expected: "\(source.count), one a row of the features, at least one",
        file: source.place)
    }
    let blocks = try source.blocks().map { try source.rows($0).to(.f64) }
    features = try Tensor.concat(blocks)
    guard try features.isAllFinite() else { throw try source.errorOfNotFinite() }
    classes = Classes(labels)
    mean = try features.mean([0])
    let sizes = try Tensor(classes.sizes.map(Double.init)).unsqueeze(1)
    classMeans =
      try Tensor.zeros([classes.count, source.dimensions], type: .f64)
      .indexAdd(0, Tensor(classes.indices), features) / sizes
    let centred = try features - mean
    let (values, vectors) = try (centred.t().matmul(centred) / Double(labels.count)).eigh()
    variances = try values.doubles().map { max($0, 0) }
    axes = vectors
    let largest = variances.last ?? 0
    spread = largest > 1e-24 * (try mean.square().sum().item()) ? largest : 0
  }

  /// Eigenvalues at or below this are rounding.
  var limit: Double { Double(max(count, dimensions)) * 0x1p-52 * spread }
}
