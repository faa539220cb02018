/// What random numbers are drawn for. Different purposes never share numbers.
public enum Purpose: UInt64, Sendable, CaseIterable {
  /// The order of the samples of an epoch.
  case order = 1
  /// Flips and shifts of a training image.
  case augmentation
  /// Dropout masks.
  case dropout
  /// First values of the parameters.
  case initialization
  /// Which samples are held out.
  case holdout
  /// What the built-in set shows.
  case glyphs
  /// Which samples a fraction keeps.
  case fraction
  /// Bootstrap and permutation tests.
  case bootstrap
  /// Which samples are the test part of a set that has no such split.
  case division
  /// Probes and nearest neighbours: their holdout, and their random starts.
  case transfer
  /// Random data of speed tests.
  case bench
  /// Corrupted images: keyed by corruption and severity, and by sample.
  case corruption
  /// How a batch is mixed: keyed by epoch and step.
  case mixing
}

/// Random numbers as a value, keyed by what they are for.
///
/// The stream is a function of (seed, purpose, a, b) alone: what is drawn for one image of one epoch does not
/// depend on what was drawn before, by which thread, or whether the program was stopped in between. Numbers
/// come from Philox4x64-10 (Salmon and others, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), with the
/// key (seed, 0) and the counter (block, a, b, purpose), so that distinct keys never share a block.
///
/// ```swift
/// var random = CounterGenerator(seed: 7, purpose: .augmentation, epoch, sample)
/// let flips = random.uniform() < 0.5
/// ```
public struct CounterGenerator: RandomNumberGenerator, Sendable {
  private let seed: UInt64
  private let purpose: UInt64
  private let a: UInt64
  private let b: UInt64
  private var block: UInt64 = 0
  private var numbers: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  private var used = 4

  /// The stream of one purpose; `a` and `b` tell its parts apart, such as epoch and sample.
  public init(seed: UInt64, purpose: Purpose, _ a: UInt64 = 0, _ b: UInt64 = 0) {
    self.seed = seed
    self.purpose = purpose.rawValue
    self.a = a
    self.b = b
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    if used == 4 {
      numbers = Self.philox(counter: (block, a, b, purpose), key: (seed, 0))
      block &+= 1
      used = 0
    }
    defer { used += 1 }
    switch used {
    case 0: return numbers.0
    case 1: return numbers.1
    case 2: return numbers.2
    default: return numbers.3
    }
  }

  /// A number in [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number in [low, high).
  public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

  /// An integer in 0..<n without bias; 0 if n < 2.
  public mutating func below(_ n: Int) -> Int {
    guard n > 1 else { return 0 }
    let bound = UInt64(n)
    // Lemire, "Fast random integer generation in an interval", 2019.
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// The numbers 0..<count in random order (Fisher and Yates).
  public static func permutation(
    count: Int, seed: UInt64, purpose: Purpose, _ a: UInt64 = 0, _ b: UInt64 = 0
  ) -> [Int] {
    var random = CounterGenerator(seed: seed, purpose: purpose, a, b)
    var order = Array(0..<max(count, 0))
    random.shuffle(&order)
    return order
  }

  /// Brings the values into random order.
  public mutating func shuffle<T>(_ values: inout [T]) {
    var last = values.count - 1
    while last > 0 {
      values.swapAt(last, below(last + 1))
      last -= 1
    }
  }

  /// Ten rounds of Philox on a counter of four words with a key of two.
  static func philox(
    counter: (UInt64, UInt64, UInt64, UInt64), key: (UInt64, UInt64)
  ) -> (UInt64, UInt64, UInt64, UInt64) {
    var x = counter
    var k = key
    for _ in 0..<10 {
      let p = x.0.multipliedFullWidth(by: 0xD2E7_470E_E14C_6C93)
      let q = x.2.multipliedFullWidth(by: 0xCA5A_8263_9512_1157)
      x = (q.high ^ x.1 ^ k.0, q.low, p.high ^ x.3 ^ k.1, p.low)
      k = (k.0 &+ 0x9E37_79B9_7F4A_7C15, k.1 &+ 0xBB67_AE85_84CA_A73B)
    }
    return x
  }
}
