import Features
import Foundation
import Torch

/// Centred kernel alignment: how alike two layers arrange the same examples, HSIC(K, L) / sqrt(HSIC(K, K) HSIC(L, L)) for
/// the kernels K and L of the two (Kornblith and others 2019, "Similarity of Neural Network Representations Revisited").
///
/// 1 where one layer is the other rotated, reflected, shifted or scaled by one factor; not invariant to other linear maps. With the
/// linear kernel ||Yc'Xc||^2 / (||Xc'Xc|| ||Yc'Yc||), columns centred.
///
/// Estimators of HSIC. `biased`: all pairs of examples; too high where examples are few for the dimensions, up to 1 for noise.
/// `debiased`: pairs of distinct examples (Song and others 2012), without bias in each HSIC; the ratio of three of them has a bias of
/// order 1/n, and may be negative, which says: no more alike than chance. `minibatch`: the debiased HSICs of batches
/// summed, then one ratio (Nguyen and others 2021); as little bias, more variance, and memory and time linear in n.
///
/// Permutation test of two layers' independence: the p-value is the share of orders of the second's examples whose HSIC, by the same
/// estimator, is at least the one found; that one counts once, so p is at least 1 / (permutations + 1). Exact for any sizes when the
/// examples are independent of each other. One test for each pair of layers: many of them need a stricter level. See `PermutationTest`.
///
/// Cost for L layers of d numbers in all: the smaller of n^2 d operations (kernels, by blocks) and 2 n d^2 (sums over
/// features, linear kernel only); products in f32, sums in double. Memory does not grow with n, but for a cache of a limited size.
public struct CKA {
  /// How HSIC is estimated.
  public enum Estimator: String, Codable, Sendable, CaseIterable {
    case debiased, biased, minibatch
  }

  /// How alike two examples are in one layer.
  public enum Kernel: Hashable, Sendable {
    /// x · y
    case linear
    /// exp(-|x - y|^2 / (2 s^2)) with s the given multiple of the median distance of examples (of 2,000 of them, evenly
    /// spread, where there are more).
    case rbf(bandwidth: Double)
  }

  /// One layer's rows by name.
  public struct Layer {
    /// Its name.
    public let name: String
    /// A row for each example.
    public let rows: any RowSource

    /// A layer of any source.
    public init(name: String, rows: any RowSource) {
      self.name = name
      self.rows = rows
    }
    /// A layer of a feature file.
    public init(_ array: ShardedArray) { self.init(name: array.name, rows: array) }
    /// A tensor [n, ...].
    public init(name: String, _ tensor: Tensor) throws { self.init(name: name, rows: try TensorRows(tensor)) }
  }

  /// What is measured.
  public struct Options: Sendable {
    /// How HSIC is estimated.
    public var estimator = Estimator.debiased
    /// How alike two examples are.
    public var kernel = Kernel.linear
    /// Examples of a batch of the minibatch estimator; what is left over at the end is left out.
    public var batch = 256
    /// Half samples for the interval; 0 for none.
    public var bootstrap = 0
    /// Share of half samples within the interval.
    public var confidence = 0.95
    /// Permutations of the test of independence; 0 for none. Not for the minibatch estimator. All pairs of layers meet the same ones.
    public var permutations = 0
    /// Seed of the half samples and the permutations.
    public var seed: UInt64 = 0

    /// The debiased linear CKA without an interval.
    public init() {}
  }

  /// Debiased linear CKA of two layers [n, ...]; nil where it is not defined.
  ///
  /// ```swift
  /// let alike = try CKA.between(a, b)
  /// ```
  public static func between(_ a: Tensor, _ b: Tensor, _ options: Options = Options()) throws -> Double? {
    try compare([[Layer(name: "a", a)], [Layer(name: "b", b)]], options).pairs[0].cka[0][0]
  }

  /// CKA of every layer of every set with every layer of every other set; of one set alone with itself. Throws `MeasureError` when
  /// the layers have different numbers of examples, too few of them, or numbers that are not finite.
  public static func compare(
    _ sets: [[Layer]], _ options: Options = Options(), progress: (Double) -> Void = { _ in }
  ) throws -> CKAResult {
    guard let n = sets.first?.first?.rows.count, !sets.contains(where: \.isEmpty) else {
      throw MeasureError("layers", found: "none", expected: "at least one layer in each set")
    }
    for layer in sets.joined() where layer.rows.count != n {
      throw MeasureError(
        "layers", found: "\(layer.rows.count) examples in \(layer.name)",
        expected: "\(n), the same examples in the same order as \(sets[0][0].name)", file: layer.rows.place)
    }
    guard options.permutations >= 0, options.permutations == 0 || options.estimator != .minibatch else {
      throw MeasureError(
        "permutations", found: "\(options.permutations) with the \(options.estimator.rawValue) estimator",
        expected: "0, or more with the debiased or the biased one")
    }
    if options.permutations > 0, options.kernel != .linear, n > PermutationTest.mostExamples {
      throw MeasureError(
        "permutations", found: "\(n) examples",
        expected: "at most \(PermutationTest.mostExamples), whose rbf kernels fit in memory")
    }
    let least = options.estimator == .biased ? 2 : 4
    let batch = min(options.batch, n)
    guard n >= least, options.estimator != .minibatch || batch >= least else {
      throw MeasureError(
        options.estimator == .minibatch && n >= least ? "batch" : "layers", found: "\(min(batch, n)) examples",
        expected: "at least \(least) for the \(options.estimator.rawValue) estimator", file: sets[0][0].rows.place)
    }
    return try withoutGradientRethrowing {
      try CKAComparison(sets, options, batch: batch).run(progress)
    }
  }
}
