import Foundation

/// Work on many pictures by several threads, its results taken one after another in order.
///
/// At most `window` results wait: whoever takes them sets the pace, and memory stays flat.
enum OrderedPool {
  /// How many threads are used unless a caller says otherwise: the processors there are.
  static var threads: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

  private final class State<Value>: @unchecked Sendable {
    let condition = NSCondition()
    var next = 0
    var taken = 0
    var ready: [Int: Value] = [:]
    var isStopped = false
    var running = 0
  }

  /// Runs `work` for 0..<count, each thread with a reader of its own, and hands its results to `take` on the calling
  /// thread, in order, until it returns false.
  static func run<Value: Sendable>(
    count: Int, threads: Int = OrderedPool.threads, window: Int? = nil,
    work: @escaping @Sendable (ImageReader, Int) -> Value, take: (Int, Value) -> Bool
  ) {
    let state = State<Value>()
    let threads = max(min(threads, count), 1)
    let window = max(window ?? 8 * threads, threads)
    state.running = threads
    for _ in 0..<threads {
      let thread = Thread {
        let reader = ImageReader()
        state.condition.lock()
        while true {
          while !state.isStopped, state.next < count, state.next >= state.taken + window { state.condition.wait() }
          guard !state.isStopped, state.next < count else { break }
          let index = state.next
          state.next += 1
          state.condition.unlock()
          let value = work(reader, index)
          state.condition.lock()
          state.ready[index] = value
          state.condition.broadcast()
        }
        state.running -= 1
        state.condition.broadcast()
        state.condition.unlock()
      }
      thread.stackSize = 1 << 21
      thread.start()
    }
    for index in 0..<count {
      state.condition.lock()
      while state.ready[index] == nil { state.condition.wait() }
      let value = state.ready.removeValue(forKey: index)
      state.taken = index + 1
      state.condition.broadcast()
      state.condition.unlock()
      if let value, !take(index, value) { break }
    }
    state.condition.lock()
    state.isStopped = true
    state.condition.broadcast()
    while state.running > 0 { state.condition.wait() }
    state.condition.unlock()
  }
}
