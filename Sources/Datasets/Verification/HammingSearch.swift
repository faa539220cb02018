/// All pairs of 64-bit words that differ in few bits, without comparing every pair.
///
/// The bits are dealt into B blocks. Words that differ in at most d bits agree in at least B - d whole blocks, so it is
/// enough to compare, for each of the C(B, d) choices of B - d blocks, the words that agree there (Manku, Jain and Das
/// Sarma, "Detecting near-duplicates for web crawling", WWW 2007; with B = d + 1 this is multi-index hashing). Exact.
/// B is chosen for the least expected work on random words: for a million words and d = 4, B = 6 and 15 passes with
/// about 5 million comparisons instead of 5 * 10^11.
public enum HammingSearch {
  /// Two words that are near, by their places.
  public struct Pair: Hashable, Sendable {
    /// The smaller place.
    public var first: Int
    /// The larger place.
    public var second: Int
    /// Bits that differ.
    public var distance: Int
  }

  /// All pairs of words that differ in at most `distance` bits, in ascending order of places.
  public static func pairs(_ words: [UInt64], within distance: Int) -> [Pair] {
    var found: [Pair] = []
    visit(words, within: distance) { found.append(Pair(first: $0, second: $1, distance: $2)) }
    return found.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
  }

  /// Calls `body` with each such pair once (smaller place, larger place, distance), in an order that depends on the
  /// words alone.
  static func visit(_ words: [UInt64], within distance: Int, _ body: (Int, Int, Int) -> Void) {
    guard distance >= 0, words.count > 1, words.count < Int(Int32.max) else { return }
    let masks = masks(count: words.count, within: distance)
    var table = Table(count: words.count)
    for (turn, mask) in masks.enumerated() {
      table.fill(words, mask: mask)
      table.visitPairs(within: distance) { i, j, difference in
        // The first choice of blocks in which two words agree reports them; others meet in a bucket by chance.
        guard difference & mask == 0, !masks[..<turn].contains(where: { difference & $0 == 0 }) else { return }
        body(i, j, difference.nonzeroBitCount)
      }
    }
  }

  /// Words sorted into buckets by their masked bits, with their places.
  private struct Table {
    private let shift: UInt64
    private var starts: [Int32]
    private var places: [Int32]
    private var sorted: [UInt64]

    init(count: Int) {
      let bits = max(1, min(24, Int.bitWidth - count.leadingZeroBitCount))
      shift = UInt64(64 - bits)
      starts = [Int32](repeating: 0, count: 1 << bits + 1)
      places = [Int32](repeating: 0, count: count)
      sorted = [UInt64](repeating: 0, count: count)
    }

    /// Those of bucket b come to `starts[b]..<starts[b + 1]`, by place.
    mutating func fill(_ words: [UInt64], mask: UInt64) {
      let shift = shift
      func bucket(_ word: UInt64) -> Int {
        var x = (word & mask) &* 0x9E37_79B9_7F4A_7C15
        x ^= x >> 32
        return Int((x &* 0xD1B5_4A32_D192_ED03) >> shift)
      }
      starts.withUnsafeMutableBufferPointer { starts in
        starts.update(repeating: 0)
        for word in words { starts[bucket(word) + 1] += 1 }
        for b in 1..<starts.count { starts[b] += starts[b - 1] }
        places.withUnsafeMutableBufferPointer { places in
          sorted.withUnsafeMutableBufferPointer { sorted in
            for (place, word) in words.enumerated() {
              let b = bucket(word)
              let to = Int(starts[b])
              places[to] = Int32(place)
              sorted[to] = word
              starts[b] += 1
            }
          }
        }
        // Each start is now the next bucket's.
        for b in stride(from: starts.count - 1, to: 0, by: -1) { starts[b] = starts[b - 1] }
        starts[0] = 0
      }
    }

    /// Calls `body` with the places of each pair of a bucket that is near, the smaller first, and the bits that differ.
    func visitPairs(within distance: Int, _ body: (Int, Int, UInt64) -> Void) {
      sorted.withUnsafeBufferPointer { sorted in
        for b in 0..<starts.count - 1 where starts[b + 1] - starts[b] > 1 {
          let end = Int(starts[b + 1])
          for i in Int(starts[b])..<end {
            for j in i + 1..<end {
              let difference = sorted[i] ^ sorted[j]
              if difference.nonzeroBitCount <= distance { body(Int(places[i]), Int(places[j]), difference) }
            }
          }
        }
      }
    }
  }

  /// The choices of blocks to compare by, as masks of bits. The empty mask compares all words with all.
  static func masks(count: Int, within distance: Int) -> [UInt64] {
    guard distance < 64 else { return [0] }  // Every pair is near.
    let pairs = Double(count) * Double(count) / 2
    var best: (blocks: Int, cost: Double) = (distance, pairs)
    var choices = 1.0
    var blocks = distance + 1
    while blocks <= 64 {
      choices *= Double(blocks) / Double(blocks - distance)
      let kept = 64 * Double(blocks - distance) / Double(blocks)
      // A pass costs about 30 comparisons a word.
      let cost = choices * (30 * Double(count) + pairs * Self.powerOfTwo(-kept))
      if cost < best.cost { best = (blocks, cost) }
      if choices > 5000 { break }
      blocks += 1
    }
    guard best.blocks > distance else { return [0] }
    return combinations(best.blocks, best.blocks - distance).map { chosen in
      // Neighbouring frequencies go into different blocks.
      (0..<64).reduce(UInt64(0)) { chosen.contains($1 % best.blocks) ? $0 | 1 << UInt64($1) : $0 }
    }
  }

  private static func powerOfTwo(_ exponent: Double) -> Double {
    Double(sign: .plus, exponent: Int(exponent.rounded(.down)), significand: 1)
  }

  /// All choices of k of the numbers 0..<n.
  private static func combinations(_ n: Int, _ k: Int) -> [[Int]] {
    if k == 0 { return [[]] }
    guard n >= k else { return [] }
    return combinations(n - 1, k) + combinations(n - 1, k - 1).map { $0 + [n - 1] }
  }
}
