import Foundation
import Testing

@testable import Datasets

@Suite struct GlyphsTests {
  @Test func sameSeedSameImages() throws {
    let set = DataReference(dataset: "glyphs", samples: [.train: 40, .test: 40])
    let train = try set.load(.train)
    #expect(train.shape == Glyphs.shape && train.count == 40)
    #expect(try set.load(.train) == train)
    #expect(try set.load(.test).pixels != train.pixels)
    var other = set
    other.seed = 1
    #expect(try other.load(.train).pixels != train.pixels)
    // More images begin with the same ones, and a factor changes the labels only.
    let more = Glyphs.draw(count: 60, split: .train, factor: .hue)
    #expect(more.selecting(Array(0..<40)).pixels == train.pixels)
    #expect(more.classNames == GlyphFactor.hue.classNames)
  }

  @Test func defaults() {
    #expect(DataReference(dataset: "glyphs").splits == [.train, .test])
    #expect(Glyphs.defaultCount(.train) == 4000 && Glyphs.defaultCount(.test) == 2000)
  }

  /// Every factor is even, and every two but coarse and fine are independent (chi-squared, 4 deviations).
  @Test func factorsAreIndependent() throws {
    let n = 3000
    let labels = Glyphs.labels(count: n, split: .train)
    for a in GlyphFactor.allCases {
      let first = try #require(labels[a])
      #expect(chiSquared(first, [Int](repeating: 0, count: n), a.classNames.count, 1) < 4)
      for b in GlyphFactor.allCases where a.rawValue < b.rawValue && Set([a, b]) != [.coarse, .fine] {
        #expect(
          chiSquared(first, try #require(labels[b]), a.classNames.count, b.classNames.count) < 4, "\(a) \(b)")
      }
    }
    let (fine, coarse) = (try #require(labels[.fine]), try #require(labels[.coarse]))
    #expect(zip(fine, coarse).allSatisfy { $0 / 4 == $1 })
    #expect(
      fine.indices.allSatisfy { Glyphs.labels(count: 1, split: .train)[.fine]?[0] == fine[0] || $0 > 0 })
  }

  /// How many of its standard deviations the statistic lies above its mean, for a table that should be even.
  func chiSquared(_ a: [Int], _ b: [Int], _ rows: Int, _ columns: Int) -> Double {
    var table = [Double](repeating: 0, count: rows * columns)
    for (i, j) in zip(a, b) { table[i * columns + j] += 1 }
    let expected = Double(a.count) / Double(rows * columns)
    let statistic = table.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    let freedom = Double(rows * columns - 1)
    return (statistic - freedom) / (2 * freedom).squareRoot()
  }

  /// Every shape has an inside and stays within its radius; the shapes differ from each other.
  @Test func shapes() {
    var masks: Set<[Bool]> = []
    for family in GlyphShape.families.indices {
      for variant in 0..<4 {
        var mask: [Bool] = []
        for row in -12...12 {
          for column in -12...12 {
            let (x, y) = (Double(column) / 10, Double(row) / 10)
            let inside = GlyphShape.distance(family: family, variant: variant, x: x, y: y) < 0
            mask.append(inside)
            if inside { #expect(hypot(x, y) < 1.16, "\(family) \(variant)") }
          }
        }
        #expect(mask.count { $0 } > 25)
        masks.insert(mask)
      }
    }
    #expect(masks.count == 40)
  }

  @Test func namesMatchValues() {
    for factor in GlyphFactor.allCases {
      let labels = Glyphs.labels(count: 400, split: .test)[factor] ?? []
      #expect(Set(labels) == Set(factor.classNames.indices))
      #expect(Set(factor.classNames).count == factor.classNames.count)
    }
  }
}
