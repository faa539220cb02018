import Torch

/// Linear CKA of many layers with each other by minibatches (Nguyen and others 2021): the debiased HSICs of batches of
/// one size, summed, then one ratio. Of a batch only each layer's kernel is kept, so that networks come one at a time.
struct PairwiseCKA {
  private let count: Int
  /// HSIC of every layer with every layer, [layers, layers] in double.
  private var sums: Tensor

  /// For so many layers in all.
  init(layers count: Int) throws(TorchError) {
    self.count = count
    sums = try Tensor.zeros([count, count], type: .f64)
  }

  /// Images of a batch for so many layers: their kernels fit in 256 MiB where that leaves fifty, at most 250.
  static func batch(layers: Int, images: Int) -> Int {
    let room = Double((1 << 25) / max(1, layers)).squareRoot()
    return min(images, max(50, min(250, Int(room))))
  }

  /// The U-centred kernel of a layer's rows [n, d], flat; zeros where all rows are alike.
  static func kernel(_ rows: Tensor) throws(TorchError) -> Tensor {
    let (n, d) = (rows.shape[0], rows.shape[1])
    var (gram, spread, size) = (try Tensor.zeros([n, n], type: .f64), 0.0, 0.0)
    let width = max(1, (1 << 22) / n)
    for start in stride(from: 0, to: d, by: width) {
      let part = try rows.narrow(1, start, min(width, d - start))
      let centred = try part - part.mean([0], keep: true)
      gram = try gram + centred.matmul(centred.t()).to(.f64)
      spread += try centred.square().sum().item()
      size += try part.square().sum().item()
    }
    guard spread > 1e-10 * size else { return try Tensor.zeros([n * n], type: .f64) }
    let off = try 1 - Tensor.eye(n, type: .f64)
    let products = try gram * off
    let sums = try products.sum([1], keep: true) / Double(n - 2)
    let means = try sums - sums.sum() / Double(2 * (n - 1))
    return try ((products - means - means.t()) * off).reshape([n * n])
  }

  /// Takes in the kernels of all layers for one batch.
  mutating func add(_ kernels: [Tensor]) throws(TorchError) {
    let all = try Tensor.stack(kernels)
    sums = try sums + all.matmul(all.t())
  }

  /// CKA of every layer with every layer; nil where a layer does not vary. It may be negative: no more alike than by
  /// chance.
  func table() throws(TorchError) -> [[Double?]] {
    let values = try sums.doubles()
    return (0..<count).map { row in
      (0..<count).map { column in
        let scale = values[row * count + row] * values[column * count + column]
        return scale > 0 ? values[row * count + column] / scale.squareRoot() : nil
      }
    }
  }
}
