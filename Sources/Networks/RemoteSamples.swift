import Torch

/// The samples of a batch as a device knows them, and the numbers of `SampleRandomness` drawn there: by the same operations on
/// i64, which wrap as UInt64 does, so that not a bit differs. A recorded step draws anew at each launch.
public struct RemoteSamples {
  /// The epoch, i64 [].
  public let epoch: Tensor
  /// The index in the training set of each row of the batch, i64 [n].
  public let samples: Tensor

  /// Collects them.
  public init(epoch: Tensor, samples: Tensor) {
    self.epoch = epoch
    self.samples = samples
  }

  func uniform(width: Int, stream: UInt64, seed: UInt64) throws(TorchError) -> Tensor {
    let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
    let start = mix(seed &+ stream &* golden)
    let key = try mixed(mixed(epoch.xor(word(start))).xor(samples))  // [n]
    let columns = try Tensor.arange(width, device: samples.device) * word(golden)  // [width]
    let bits = try mixed(key.unsqueeze(1) + columns)  // [n, width]
    return try bits.shiftedRight(40).to(.f32) * 0x1p-24
  }

  /// `mix` on i64.
  private func mixed(_ value: Tensor) throws(TorchError) -> Tensor {
    var z = try value + word(0x9E37_79B9_7F4A_7C15)
    z = try z.xor(z.shiftedRight(30)) * word(0xBF58_476D_1CE4_E5B9)
    z = try z.xor(z.shiftedRight(27)) * word(0x94D0_49BB_1331_11EB)
    return try z.xor(z.shiftedRight(31))
  }
}

/// 64 bits as a scalar that operations with tensors of any device take.
private func word(_ bits: UInt64) throws(TorchError) -> Tensor { try Tensor([Int(bitPattern: UInt(bits))], shape: []) }

extension Tensor {
  /// Bits in which two i64 differ.
  fileprivate func xor(_ other: Tensor) throws(TorchError) -> Tensor {
    try only("aten::bitwise_xor", other)
  }

  /// i64 shifted right with zeros coming in.
  fileprivate func shiftedRight(_ count: Int) throws(TorchError) -> Tensor {
    try only("aten::bitwise_right_shift", word(UInt64(count))).only("aten::bitwise_and", word(.max >> UInt64(count)))
  }

  private func only(_ name: String, _ other: Tensor) throws(TorchError) -> Tensor {
    guard let result = try Tensor.call(name, overload: "Tensor", [.tensor(self), .tensor(other)]).first else {
      throw TorchError(operation: name, message: "the operator returned nothing")
    }
    return result
  }
}
