import Foundation
import Testing

@testable import Datasets

@Suite(.timeLimit(.minutes(2))) struct PicturePoolTests {
  /// What threads were seen doing.
  final class Watch: @unchecked Sendable {
    private let lock = NSLock()
    private var started = 0
    private var taken = 0
    private var running = 0
    private(set) var ahead = 0
    private(set) var atOnce = 0
    private(set) var readers: Set<ObjectIdentifier> = []
    private(set) var indices: Set<Int> = []

    func begin(_ index: Int, _ reader: ImageReader) {
      lock.withLock {
        started += 1
        running += 1
        ahead = max(ahead, started - taken)
        atOnce = max(atOnce, running)
        readers.insert(ObjectIdentifier(reader))
        indices.insert(index)
      }
    }
    func end() { lock.withLock { running -= 1 } }
    func take() { lock.withLock { taken += 1 } }
  }

  /// Every result once, in order, though later work may end first; and never more ahead than the window.
  @Test(arguments: [(1, 1), (1, 5), (2, 2), (3, 4), (8, 8), (8, 64), (64, 64)])
  func inOrderWithinTheWindow(threads: Int, window: Int) {
    let watch = Watch()
    var taken: [Int] = []
    OrderedPool.run(count: 200, threads: threads, window: window) { reader, index -> Int in
      watch.begin(index, reader)
      if index % 7 == 0 { usleep(2000) }
      watch.end()
      return index * index
    } take: { index, value in
      #expect(value == index * index)
      taken.append(index)
      watch.take()
      return true
    }
    #expect(taken == Array(0..<200) && watch.indices.count == 200)
    // A result counts as taken before the one who takes it has heard of it.
    #expect(watch.ahead <= window + 1)
    #expect(watch.atOnce <= threads && watch.readers.count <= threads)
  }

  /// Whoever is slow to take sets the pace: the work goes no further than the window.
  @Test func workWaits() {
    let watch = Watch()
    OrderedPool.run(count: 100, threads: 4, window: 6) { reader, index -> Int in
      watch.begin(index, reader)
      watch.end()
      return index
    } take: { index, _ in
      if index == 10 {
        usleep(100_000)
        #expect(watch.indices.count <= 11 + 6)
        return false
      }
      return true
    }
    #expect(watch.indices.count <= 17 && watch.indices.count >= 11)
  }

  /// After a stop nothing is taken, and no work is running any more.
  @Test(arguments: [0, 1, 17, 99]) func stopping(last: Int) {
    let watch = Watch()
    var taken = 0
    OrderedPool.run(count: 100, threads: 3, window: 9) { reader, index -> Int in
      watch.begin(index, reader)
      usleep(500)
      watch.end()
      return index
    } take: { index, _ in
      taken += 1
      return index < last
    }
    #expect(taken == last + 1)
    let before = watch.indices.count
    usleep(5000)
    #expect(watch.indices.count == before && before <= last + 1 + 9)
  }

  @Test(arguments: [0, -1, 1, 2, 16]) func fewItems(threads: Int) {
    for count in [0, 1, 2] {
      let watch = Watch()
      var taken: [Int] = []
      OrderedPool.run(count: count, threads: threads) { reader, index -> Int in
        watch.begin(index, reader)
        return index
      } take: { index, _ in
        taken.append(index)
        return true
      }
      #expect(taken == Array(0..<count) && watch.readers.count <= max(count, 0))
    }
    #expect(OrderedPool.threads >= 1)
  }
}
