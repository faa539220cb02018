import CCodecs
import Foundation

/// What came of reading all pictures of a set.
public struct DecodedSamples: Sendable {
  /// The images that could be had, resident.
  public var samples: Samples
  /// Those left out, in the order of the set.
  public var skipped: [BadImage]
}

extension Samples {
  /// Pictures that are decoded when they are needed, as images of `shape`.
  init(encoded: EncodedImages, labels: [Int], shape: ImageShape, classNames: [String], groups: [Int]? = nil) {
    content = .encoded(encoded)
    self.labels = labels
    self.shape = shape
    self.classNames = classNames
    self.groups = groups
  }

  /// The pictures that are decoded when they are needed; nil where pixels are in memory.
  public var encoded: EncodedImages? {
    if case .encoded(let images) = content { return images }
    return nil
  }

  /// What is done about a picture that cannot be decoded; `stop` where pixels are in memory.
  public var onBadImage: BadImagePolicy {
    get { encoded?.policy ?? .stop }
    set {
      guard case .encoded(var images) = content else { return }
      images.policy = newValue
      content = .encoded(images)
    }
  }

  /// Bytes that the pixels take in memory once decoded.
  public var decodedSize: Int { count.multipliedReportingOverflow(by: shape.count).partialValue }

  /// The same images with their pixels in memory, decoded by all cores with the set's transform, exactly. Bad pictures by
  /// the set's policy. `progress` hears how many are done.
  public func decoded(progress: (Int) -> Void = { _ in }) throws(DatasetError) -> DecodedSamples {
    guard let encoded else { return DecodedSamples(samples: self, skipped: []) }
    if encoded.policy == .list { try listBad(progress: progress) }
    let size = shape.count
    let room = Room(bytes: decodedSize)
    guard let base = room.base else {
      throw DatasetError(
        .tooLarge, expected: "memory for \(count) images of \(shape)", found: "less", cure: "ask for a smaller size")
    }
    let shape = shape
    var skipped: [Int: BadImage] = [:]
    var stopped: BadImage?
    OrderedPool.run(count: count) { reader, index -> BadImage? in
      do throws(ImageFault) {
        try reader.readPlanes(encoded, index, shape: shape, into: room.pointer(index * size))
        return nil
      } catch {
        return BadImage(file: encoded.store.location(Int(encoded.places[index])), reason: error.description)
      }
    } take: { index, bad in
      progress(index + 1)
      guard let bad else { return true }
      if encoded.policy == .stop {
        stopped = bad
        return false
      }
      skipped[index] = BadImage(file: encoded.name(index), reason: bad.reason)
      return true
    }
    if let stopped { throw stopped.error }
    let pixels = [UInt8](unsafeUninitializedCapacity: decodedSize) { out, filled in
      guard let to = out.baseAddress else { return }
      for index in 0..<count where skipped[index] == nil {
        (to + filled).update(from: base + index * size, count: size)
        filled += size
      }
    }
    let kept = labels.indices.filter { skipped[$0] == nil }
    let samples = Samples(
      unchecked: pixels, labels: kept.map { labels[$0] }, shape: shape, classNames: classNames,
      groups: groups.map { all in kept.map { all[$0] } })
    return DecodedSamples(samples: samples, skipped: skipped.sorted { $0.key < $1.key }.map(\.value))
  }

  /// Decodes `images` pictures, the set repeated as often as needed, and drops them. Returns how many could be decoded.
  public func decodeAll(images: Int, threads: Int) throws(DatasetError) -> Int {
    guard let encoded, count > 0 else { return 0 }
    let total = count
    var done = 0
    OrderedPool.run(count: images, threads: threads) { reader, number -> Bool in
      do throws(ImageFault) {
        _ = try reader.decode(encoded, number % total)
        return true
      } catch {
        return false
      }
    } take: { _, isGood in
      if isGood { done += 1 }
      return true
    }
    return done
  }

  /// Looks at every picture; throws with the list of the bad ones if there are any.
  public func listBad(progress: (Int) -> Void = { _ in }) throws(DatasetError) {
    let bad = badImages(progress: progress)
    if !bad.isEmpty { throw BadImage.error(listing: bad) }
  }

  /// The pictures that cannot be decoded, found by decoding all of them on all cores; none where pixels are in memory.
  public func badImages(progress: (Int) -> Void = { _ in }) -> [BadImage] {
    guard let encoded else { return [] }
    var bad: [BadImage] = []
    OrderedPool.run(count: count) { reader, index -> BadImage? in
      do throws(ImageFault) {
        _ = try reader.decode(encoded, index)
        return nil
      } catch {
        return BadImage(file: encoded.name(index), reason: error.description)
      }
    } take: { index, found in
      progress(index + 1)
      if let found { bad.append(found) }
      return true
    }
    return bad
  }

  /// Memory that threads fill, each its own part.
  private final class Room: @unchecked Sendable {
    let base: UnsafeMutablePointer<UInt8>?
    init(bytes: Int) { base = malloc(max(bytes, 1))?.bindMemory(to: UInt8.self, capacity: max(bytes, 1)) }
    func pointer(_ offset: Int) -> UnsafeMutablePointer<UInt8>? { base.map { $0 + offset } }
    deinit { free(base) }
  }
}

extension BadImage {
  /// All of them as the reason to stop.
  static func error(listing bad: [BadImage]) -> DatasetError {
    DatasetError(
      .badImage, expected: "pictures that can all be decoded",
      found: "\(bad.count) that cannot:\n  " + bad.map(\.description).joined(separator: "\n  "),
      cure: "mend or remove them, or leave them out with --on-bad-image skip")
  }

  /// As the reason to stop.
  public var error: DatasetError {
    DatasetError(
      .badImage, file: file, expected: "a picture that can be decoded", found: reason,
      cure: "mend or remove it, or leave bad pictures out with --on-bad-image skip")
  }
}

extension ImageReader {
  /// A picture as the set's transform has it: planes [channels, height, width].
  func planes(_ images: EncodedImages, _ index: Int, shape: ImageShape) throws(ImageFault) -> [UInt8] {
    var fault: ImageFault?
    let planes = [UInt8](unsafeUninitializedCapacity: shape.count) { out, filled in
      do throws(ImageFault) {
        try readPlanes(images, index, shape: shape, into: out.baseAddress)
        filled = shape.count
      } catch { fault = error }
    }
    if let fault { throw fault }
    return planes
  }

  /// A picture as the set's transform has it, into planes [channels, height, width].
  func readPlanes(
    _ images: EncodedImages, _ index: Int, shape: ImageShape, into out: UnsafeMutablePointer<UInt8>?
  ) throws(ImageFault) {
    guard let out else { return }
    let area = shape.height * shape.width
    let pixels = try interleaved(area * 3) { (room) throws(ImageFault) in
      try read(images, index, shape: shape, into: room)
    }
    if shape.channels == 3 {
      for place in 0..<area {
        out[place] = pixels[3 * place]
        out[area + place] = pixels[3 * place + 1]
        out[2 * area + place] = pixels[3 * place + 2]
      }
    } else {
      // Gray pictures come with three equal channels; colour among them is weighed as Pillow does.
      for place in 0..<area {
        let (red, green, blue) = (Int(pixels[3 * place]), Int(pixels[3 * place + 1]), Int(pixels[3 * place + 2]))
        out[place] = UInt8((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16)
      }
    }
  }
}
