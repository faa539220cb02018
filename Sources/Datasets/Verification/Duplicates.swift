/// Pictures that occur more than once in a data set: the same bytes, or the same to the eye; within a split or across
/// splits (a leak), with the same class or another.
///
/// Near means: at most `distance` of the 64 search bits of `PerceptualHash` differ, and at most the share `share` of
/// all its signs that are certain in both, of which there must be 24. A near group is a chain: each picture is near to
/// another of the group, not to every one. Blank pictures take part in exact groups only.
///
/// The limits 6 and 1/16 come from measurements (copies made with Pillow 13). Of 200 ImageNet photographs re-encoded
/// at JPEG quality 50 or 20, halved, resized to 90 %, or halved and re-encoded, no copy is missed; none of the 19,900
/// pairs of different photographs is near (14 or more of the 64 bits differ). Of 500 Tiny-ImageNet pictures of 64 x 64
/// none is missed at quality 50 or halved, 1 at quality 20; none of the 153 million pairs of 17,499 is near. A crop by
/// 1 % on each side is found in 95 % of photographs and 40 % of pictures of 64 x 64; more brightness by a quarter,
/// which clips, in 95 %. The second condition is for small pictures of one kind: of 15,000 of Fashion-MNIST,
/// 42,935 pairs meet the first and 32 both; of 10,000 digits of MNIST 50,457 and 98: look at those found.
public struct Duplicates: Codable, Hashable, Sendable {
  /// What is known of a picture. Splits and labels are the caller's numbers; a label is the same class in all splits.
  public struct Picture: Sendable {
    /// The split.
    public var split: Int
    /// The class; nil where there is none.
    public var label: Int?
    /// SHA-256 of the file or of the decoded pixels: equal digests are exact duplicates.
    public var digest: ContentDigest
    /// The hash; nil where the picture could not be decoded.
    public var hash: PerceptualHash?

    /// A picture from its parts.
    public init(split: Int, label: Int?, digest: ContentDigest, hash: PerceptualHash?) {
      self.split = split
      self.label = label
      self.digest = digest
      self.hash = hash
    }
  }

  /// A picture of a group.
  public struct Member: Codable, Hashable, Sendable {
    /// Its place among the pictures given.
    public var index: Int
    /// Its split.
    public var split: Int
    /// Its class; nil where there is none.
    public var label: Int?
  }

  /// Pictures that are the same.
  public struct Group: Codable, Hashable, Sendable {
    /// The pictures, by place.
    public var members: [Member]
    /// The largest share of certain signs in which two pictures that were linked differ; 0 in an exact group.
    public var difference: Double

    /// Whether it has pictures of more than one split.
    public var crossesSplits: Bool { members.contains { $0.split != members.first?.split } }
    /// Whether its pictures have different classes. Those without a class do not count.
    public var labelsConflict: Bool { Set(members.compactMap(\.label)).count > 1 }
  }

  /// Groups of equal digests, by their first picture.
  public var exact: [Group]
  /// Groups of near pictures with at least two digests among them, by their first picture. Exact copies are members
  /// too, so that a group is everything that looks the same.
  public var near: [Group]
  /// Pictures that were compared by digest only, because they are blank.
  public var blank: Int
  /// Pictures that were compared by digest only, because they have no hash.
  public var unhashed: Int

  /// Finds the groups. Cost: near to linear; some 7 s and 500 MB for 1.3 million pictures on one core.
  public init(_ pictures: [Picture], distance: Int = 6, share: Double = 1.0 / 16) {
    let first = Self.firstOfEach(pictures)
    var copies: [Int: [Int]] = [:]
    for (place, original) in first.enumerated() where original != place {
      copies[original, default: [original]].append(place)
    }
    exact = copies.keys.sorted().map { Self.group(copies[$0] ?? [], pictures, difference: 0) }
    blank = pictures.count { $0.hash?.isBlank == true }
    unhashed = pictures.count { $0.hash == nil }
    near = Self.near(pictures, first: first, distance: distance, share: share)
  }

  /// How many pictures of one split are also in another, exactly or nearly.
  public func count(of split: Int, alsoIn other: Int) -> Int {
    var found: Set<Int> = []
    for group in exact + near where group.members.contains(where: { $0.split == other }) {
      for member in group.members where member.split == split { found.insert(member.index) }
    }
    return split == other ? 0 : found.count
  }

  /// For each picture the first with the same digest.
  private static func firstOfEach(_ pictures: [Picture]) -> [Int] {
    var seen: [ContentDigest: Int] = Dictionary(minimumCapacity: pictures.count)
    return pictures.enumerated().map { place, picture in
      if let original = seen[picture.digest] { return original }
      seen[picture.digest] = place
      return place
    }
  }

  private static func near(_ pictures: [Picture], first: [Int], distance: Int, share: Double) -> [Group] {
    // Equal hashes are one word, or a thousand copies of a picture would be a million pairs.
    var places: [PerceptualHash: Int] = Dictionary(minimumCapacity: pictures.count)
    var hashes: [PerceptualHash] = []
    var wordOf = [Int](repeating: -1, count: pictures.count)
    var originals: [Int] = []
    for place in pictures.indices {
      // The first of a digest speaks for all, even if a caller gives them different hashes.
      guard let hash = pictures[first[place]].hash, !hash.isBlank else { continue }
      let word = places[hash] ?? hashes.count
      if word == hashes.count {
        places[hash] = word
        hashes.append(hash)
        originals.append(0)
      }
      wordOf[place] = word
      if first[place] == place { originals[word] += 1 }
    }
    var sets = DisjointSets(count: hashes.count)
    var links: [(word: Int, difference: Double)] = []
    HammingSearch.visit(hashes.map(\.bits), within: distance) { a, b, _ in
      let (differing, compared) = hashes[a].difference(from: hashes[b])
      guard compared >= PerceptualHash.leastCertain, Double(differing) <= share * Double(compared) else { return }
      sets.join(a, b)
      links.append((a, Double(differing) / Double(compared)))
    }
    var farthest: [Int: Double] = [:]
    for link in links {
      let root = sets.root(of: link.word)
      farthest[root] = max(farthest[root] ?? 0, link.difference)
    }
    var digests = [Int](repeating: 0, count: hashes.count)
    for word in hashes.indices { digests[sets.root(of: word)] += originals[word] }
    var members: [Int: [Int]] = [:]
    for (place, word) in wordOf.enumerated() where word >= 0 {
      let root = sets.root(of: word)
      if digests[root] > 1 { members[root, default: []].append(place) }
    }
    return members.map { root, places in group(places, pictures, difference: farthest[root] ?? 0) }
      .sorted { ($0.members.first?.index ?? 0) < ($1.members.first?.index ?? 0) }
  }

  private static func group(_ places: [Int], _ pictures: [Picture], difference: Double) -> Group {
    Group(
      members: places.map { Member(index: $0, split: pictures[$0].split, label: pictures[$0].label) },
      difference: difference)
  }
}

/// Sets of numbers that grow together (union-find with path halving).
struct DisjointSets {
  private var parents: [Int]

  /// Each of 0..<count alone.
  init(count: Int) { parents = Array(0..<max(count, 0)) }

  /// The least number of the set.
  mutating func root(of number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }

  /// Makes two sets one.
  mutating func join(_ a: Int, _ b: Int) {
    let (a, b) = (root(of: a), root(of: b))
    if a != b { parents[max(a, b)] = min(a, b) }
  }
}
