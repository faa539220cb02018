import Crypto

/// Where encoded pictures lie, and how the bytes of each are had; threads may read at once.
protocol ImageStore: AnyObject, Sendable {
  /// How many pictures there are.
  var count: Int { get }
  /// A picture's name: a path relative to the set's folder, or a member of an archive.
  func name(_ place: Int) -> String
  /// Hands over the bytes of a picture's name.
  func withName(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Void)
  /// Bytes of its file; -1 where that cannot be said.
  func size(_ place: Int) -> Int
  /// Where to look for it, for messages.
  func location(_ place: Int) -> String
  /// Hands over the bytes of a file as stored; `scratch` is memory that may be used for them.
  func withBytes<Result>(
    _ place: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result
  /// Runs of pictures that are best read together, where reading in any order would cost much more; nil where it does not.
  var shards: [Range<Int>]? { get }
}

extension ImageStore {
  func withName(_ place: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    Array(name(place).utf8).withUnsafeBytes(body)
  }
}

/// Pictures of a set that are decoded when they are needed.
public struct EncodedImages: Hashable, Sendable {
  let store: any ImageStore
  /// The pictures of the set, as places in the store.
  var places: [Int32]
  /// How pictures become images of one size.
  public var input: InputTransform
  /// What is done about a picture that cannot be decoded.
  public var policy: BadImagePolicy
  /// Files that were found beside the pictures; no part of what the set is.
  public var passedOver = FilesPassedOver()

  init(_ store: any ImageStore, places: [Int32]? = nil, input: InputTransform, policy: BadImagePolicy = .stop) {
    self.store = store
    self.places = places ?? (0..<Int32(clamping: store.count)).map { $0 }
    self.input = input
    self.policy = policy
  }

  /// How many pictures there are.
  public var count: Int { places.count }

  /// The name of a picture: a path relative to the set's folder, or a member of an archive.
  public func name(_ index: Int) -> String { store.name(Int(places[index])) }

  /// Runs of images (as places in the set) that are best read together; nil where any order is as good.
  public var shards: [Range<Int>]? {
    guard let stored = store.shards else { return nil }
    // Subsets keep the order of the store.
    var runs: [Range<Int>] = []
    var start = 0
    for run in stored {
      var end = start
      while end < places.count, run.contains(Int(places[end])) { end += 1 }
      if end > start { runs.append(start..<end) }
      start = end
    }
    return start == places.count ? runs : nil
  }

  /// Hands over the bytes of a picture as stored; `scratch` is memory that may be used for them.
  public func withBytes<Result>(
    _ index: Int, _ scratch: inout [UInt8], _ body: (UnsafeRawBufferPointer) throws(ImageFault) -> Result
  ) throws(ImageFault) -> Result {
    try store.withBytes(Int(places[index]), &scratch, body)
  }

  /// Adds name and size of every picture, and the bytes of up to 64, spread evenly: what a set of any size can be known
  /// by in seconds.
  func hash(into hash: inout SHA256) {
    var block: [UInt8] = []
    block.reserveCapacity(1 << 17)
    for place in places {
      store.withName(Int(place)) { block.append(contentsOf: $0) }
      withUnsafeBytes(of: Int64(store.size(Int(place))).littleEndian) { block.append(contentsOf: $0) }
      if block.count > 1 << 16 {
        hash.update(data: block)
        block.removeAll(keepingCapacity: true)
      }
    }
    hash.update(data: block)
    var scratch: [UInt8] = []
    for number in 0..<min(64, count) {
      let index = number * count / min(64, count)
      do throws(ImageFault) {
        try withBytes(index, &scratch) { (bytes) throws(ImageFault) in hash.update(bufferPointer: bytes) }
      } catch {
        hash.update(data: Array(error.kind.rawValue.utf8))
      }
    }
  }

  /// The same pictures in the same order, from the same place, by the same transform.
  public static func == (a: EncodedImages, b: EncodedImages) -> Bool {
    a.store === b.store && a.places == b.places && a.input == b.input && a.policy == b.policy
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(store))
    hasher.combine(places)
    hasher.combine(input)
  }
}

/// What is done about a picture that cannot be decoded. A picture left out is never replaced by another.
public enum BadImagePolicy: String, Codable, Sendable, CaseIterable {
  /// The first one stops the work and is named.
  case stop
  /// It is left out, counted and listed.
  case skip
  /// All pictures are looked at first; if any is bad, all bad ones are listed and nothing else is done.
  case list
}

/// A picture that could not be had, and why.
public struct BadImage: Error, Codable, Hashable, Sendable, CustomStringConvertible {
  /// Its name: a path relative to the set's folder, or a member of an archive.
  public var file: String
  /// What is wrong with it.
  public var reason: String

  /// A bad picture.
  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  /// `train/cat/7.jpg: truncated: ...`.
  public var description: String { "\(file): \(reason)" }
}
