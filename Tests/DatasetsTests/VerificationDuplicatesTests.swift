import Testing

@testable import Datasets

@Suite struct VerificationDuplicatesTests {
  static func digest(_ number: Int) -> ContentDigest? { ContentDigest([UInt8](repeating: UInt8(number), count: 32)) }

  /// A picture whose hash is that of `seed` with bits flipped, of which the first are certain.
  static func picture(
    _ split: Int, _ label: Int?, digest: Int, seed: UInt64, flips: [Int] = [], certain: Int = 256
  ) throws -> Duplicates.Picture {
    var random = CounterGenerator(seed: seed, purpose: .bench)
    var signs = (0..<4).map { _ in random.next() }
    for bit in flips { signs[bit / 64] ^= 1 << UInt64(bit % 64) }
    let masks = (0..<4).map { word in (0..<64).reduce(UInt64(0)) { $0 | (word * 64 + $1 < certain ? 1 << $1 : 0) } }
    return Duplicates.Picture(
      split: split, label: label, digest: try #require(Self.digest(digest)),
      hash: PerceptualHash(signs: signs, certain: masks))
  }

  @Test func exactGroups() throws {
    let pictures = try [
      Self.picture(0, 0, digest: 9, seed: 1), Self.picture(0, 1, digest: 2, seed: 2),
      Self.picture(0, 3, digest: 3, seed: 3), Self.picture(0, 3, digest: 2, seed: 2),
      Self.picture(1, 0, digest: 9, seed: 1), Self.picture(0, nil, digest: 9, seed: 1),
    ]
    let found = Duplicates(pictures)
    #expect(found.exact.map { $0.members.map(\.index) } == [[0, 4, 5], [1, 3]])
    #expect(found.exact.map(\.crossesSplits) == [true, false])
    #expect(found.exact.map(\.labelsConflict) == [false, true])
    #expect(found.exact[0].members[1] == .init(index: 4, split: 1, label: 0))
    #expect(found.near.isEmpty && found.blank == 0 && found.unhashed == 0)
    #expect(found.count(of: 1, alsoIn: 0) == 1 && found.count(of: 0, alsoIn: 1) == 2)
    #expect(found.count(of: 0, alsoIn: 0) == 0 && found.count(of: 0, alsoIn: 7) == 0)
  }

  @Test func nearGroupsChainAndKeepCopies() throws {
    let few = [0, 17, 40, 50, 60, 63]
    let detail = Array(64..<74)
    let pictures = try [
      Self.picture(0, 0, digest: 1, seed: 1),
      Self.picture(0, 0, digest: 2, seed: 2),  // alone
      Self.picture(1, 5, digest: 3, seed: 1, flips: few + detail),  // 6 and 16 of 256 from the first
      Self.picture(1, 5, digest: 3, seed: 1, flips: few + detail),  // its exact copy
      Self.picture(1, 0, digest: 4, seed: 1, flips: few + [5]),  // near to the copies, too far from the first
      Self.picture(0, 1, digest: 5, seed: 3),
      Self.picture(0, 1, digest: 6, seed: 3, flips: few + detail + [90]),  // 17 of 256: too far
      Self.picture(0, 1, digest: 7, seed: 3, flips: [1, 2, 3, 4, 5, 6, 7]),  // 7 of the search bits: too far
      Self.picture(0, 1, digest: 8, seed: 4), Self.picture(0, 1, digest: 9, seed: 4),  // the same hash
      Self.picture(0, 1, digest: 10, seed: 5, certain: 80),
      Self.picture(0, 1, digest: 11, seed: 5, flips: [1, 2, 3, 4, 5, 100]),  // 5 of 80 certain ones
      Self.picture(0, 1, digest: 12, seed: 6, certain: 80),
      Self.picture(0, 1, digest: 13, seed: 6, flips: [1, 2, 3, 4, 5, 6]),  // 6 of 80: too far
    ]
    let found = Duplicates(pictures)
    #expect(found.near.map { $0.members.map(\.index) } == [[0, 2, 3, 4], [8, 9], [10, 11]])
    #expect(found.near.map(\.difference) == [1.0 / 16, 0, 1.0 / 16])
    #expect(found.near.map(\.crossesSplits) == [true, false, false])
    #expect(found.near.map(\.labelsConflict) == [true, false, false])
    #expect(found.exact.map { $0.members.map(\.index) } == [[2, 3]])
    #expect(found.count(of: 1, alsoIn: 0) == 3)
    // Wider limits take in what was too far.
    let wide = Duplicates(pictures, distance: 7, share: 0.075)
    #expect(wide.near.map { $0.members.map(\.index) } == [[0, 2, 3, 4], [5, 6, 7], [8, 9], [10, 11], [12, 13]])
  }

  /// A thousand white pages are no duplicates of each other, unless they are the same bytes.
  @Test func blankPicturesAreComparedByDigestOnly() throws {
    var pictures = try (0..<100).map { try Self.picture(0, 0, digest: $0, seed: 1, certain: 23) }
    pictures.append(try Self.picture(1, 0, digest: 50, seed: 1, certain: 23))
    var broken = try Self.picture(1, 0, digest: 200, seed: 1)
    broken.hash = nil
    pictures.append(broken)
    let found = Duplicates(pictures)
    #expect(found.near.isEmpty && found.blank == 101 && found.unhashed == 1)
    #expect(found.exact.map { $0.members.map(\.index) } == [[50, 100]])
  }

  @Test func manyCopiesOfOnePictureTakeNoSquare() throws {
    let pictures = try (0..<200_000).map { place in
      try Self.picture(place % 2, 0, digest: place % 200, seed: UInt64(place % 2))
    }
    let found = Duplicates(pictures)
    #expect(found.near.count == 2 && found.near.allSatisfy { $0.members.count == 100_000 })
    #expect(found.exact.count == 200)
  }

  @Test func digests() throws {
    let bytes = (0..<32).map { UInt8($0 * 7) }
    let digest = try #require(ContentDigest(bytes))
    #expect(digest.description == bytes.hexadecimal)
    #expect(ContentDigest(bytes.dropLast()) == nil && ContentDigest(bytes + [0]) == nil)
    var later = bytes
    later[31] += 1
    #expect(try #require(ContentDigest(later)) > digest && ContentDigest(later) != digest)
  }
}

@Suite struct VerificationClassListTests {
  typealias List = ClassListAnomalies.List

  @Test func nothingToSay() {
    let names = ["cat", "dog", "owl"]
    let lists = ["train", "test"].map { List(split: $0, names: names, counts: [10, 10, 5]) }
    #expect(ClassListAnomalies(lists).anomalies.isEmpty)
    #expect(ClassListAnomalies([]).anomalies.isEmpty)
  }

  @Test func missingEmptyAndFew() {
    let found = ClassListAnomalies([
      List(split: "train", names: ["b", "a", "c"], counts: [9, 0, 4]),
      List(split: "test", names: ["b", "d"], counts: [1]),
    ])
    #expect(
      found.anomalies == [
        .empty(split: "train", classes: ["a"]), .few(split: "train", classes: ["c"], limit: 5),
        .empty(split: "test", classes: ["d"]), .few(split: "test", classes: ["b"], limit: 5),
        .missing(split: "train", classes: ["d"]), .missing(split: "test", classes: ["a", "c"]),
      ])
    #expect(found.anomalies[5].description == "test lacks 2 classes of other splits: a, c")
  }

  @Test func orderAndNumbers() {
    let found = ClassListAnomalies([
      List(split: "train", names: ["a", "b", "c", "d"]), List(split: "val", names: ["a", "c", "b", "d"]),
      List(split: "test", names: ["b", "c", "d"]),
    ])
    #expect(
      found.anomalies == [
        .missing(split: "test", classes: ["a"]), .order(split: "train", other: "val", first: 1, differing: 2),
        .numbering(split: "train", other: "test", first: "b", differing: 3),
        .numbering(split: "val", other: "test", first: "b", differing: 2),
      ])
  }

  @Test func spellingAndRepetition() {
    let found = ClassListAnomalies([
      List(split: "train", names: ["Polar bear", "polar_bear", "crane", "crane"]),
      List(split: "test", names: ["Polar bear", "polar_bear", "crane", "Crane "]),
    ])
    #expect(
      found.anomalies == [
        .repeated(split: "train", name: "crane", times: 2), .missing(split: "train", classes: ["Crane "]),
        .spelling(names: ["Crane ", "crane"]), .spelling(names: ["Polar bear", "polar_bear"]),
      ])
  }

  @Test func numberedNames() {
    #expect(ClassListAnomalies.nameOrder((0..<10).map(String.init)) == nil)
    #expect(ClassListAnomalies.nameOrder((0..<11).map(String.init)) == .numerical)
    #expect(ClassListAnomalies.nameOrder((0..<11).map(String.init).sorted()) == .text)
    #expect(ClassListAnomalies.nameOrder((0..<11).map(String.init).reversed()) == .other)
    #expect(ClassListAnomalies.nameOrder((0..<12).map { "class\($0)" }) == .numerical)
    #expect(ClassListAnomalies.nameOrder((10..<20).map { "class\($0)" }) == nil)
    #expect(ClassListAnomalies.nameOrder(["00", "01", "10", "11"]) == nil)
    #expect(ClassListAnomalies.nameOrder(["a2", "b10"]) == nil)
    #expect(ClassListAnomalies.nameOrder(["n2", "n10", "owl"]) == nil)
    #expect(ClassListAnomalies.nameOrder([]) == nil)
    let list = List(split: "train", names: ["2", "10"])
    #expect(ClassListAnomalies([list]).anomalies == [.numberedNames(split: "train", order: .numerical)])
  }
}
