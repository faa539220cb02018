/// What every form of CKA is made of: sums over examples of two kernels' entries, K_ij and L_ij, each between examples i and j.
struct KernelSums {
  /// Examples.
  let n: Int
  /// For each pair of layers: the sum over i ≠ j of K_ij L_ij.
  var products: [Double]
  /// For each layer: K_ii [n].
  var diagonals: [[Double]]
  /// For each layer: the sum over j ≠ i of K_ij [n].
  var rowSums: [[Double]]

  /// Without any examples yet.
  init(n: Int, layers: Int, pairs: Int) {
    self.n = n
    products = [Double](repeating: 0, count: pairs)
    diagonals = [[Double]](repeating: [Double](repeating: 0, count: n), count: layers)
    rowSums = diagonals
  }

  /// n^2 times the biased HSIC, sum of the elementwise product of both centred kernels (Gretton and others 2005, eq. 9).
  func biased(_ pair: Int, _ a: Int, _ b: Int) -> Double {
    var (own, cross, first, second) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<n {
      let (ra, rb) = (rowSums[a][i] + diagonals[a][i], rowSums[b][i] + diagonals[b][i])
      own += diagonals[a][i] * diagonals[b][i]
      cross += ra * rb
      first += ra
      second += rb
    }
    let n = Double(n)
    return products[pair] + own - 2 / n * cross + first * second / (n * n)
  }

  /// n (n - 3) times the unbiased HSIC (Song and others 2012, eq. 5): pairs of distinct examples only.
  func debiased(_ pair: Int, _ a: Int, _ b: Int) -> Double {
    var (cross, first, second) = (0.0, 0.0, 0.0)
    for i in 0..<n {
      cross += rowSums[a][i] * rowSums[b][i]
      first += rowSums[a][i]
      second += rowSums[b][i]
    }
    let n = Double(n)
    return products[pair] + first * second / ((n - 1) * (n - 2)) - 2 / (n - 2) * cross
  }
}
