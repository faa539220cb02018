import Foundation
import Torch

extension FineTuning {
  /// Which settings were judged, kept in a file that is whole at every moment.
  final class Records: @unchecked Sendable {
    private let url: URL
    private let lock = NSLock()
    private var entries: [String: FineTuningResult.Entry]

    /// Reads the file, if there is one; one that cannot be read is begun anew.
    init(_ url: URL) throws {
      self.url = url
      let data = try? Data(contentsOf: url)
      entries = data.flatMap { try? JSONDecoder().decode([String: FineTuningResult.Entry].self, from: $0) } ?? [:]
    }

    func entry(_ key: String) -> FineTuningResult.Entry? { lock.withLock { entries[key] } }

    func add(_ key: String, _ entry: FineTuningResult.Entry) throws {
      try lock.withLock {
        entries[key] = entry
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        let bytes = Array(try encoder.encode(entries))
        try AtomicFile.write(to: url) { (sink: inout AtomicFile.Sink) throws(ArrayFileError) in try sink.write(bytes) }
      }
    }
  }

  /// Numbers 0..<count handed out to several threads, and what came of each.
  final class Queue: @unchecked Sendable {
    private let lock = NSLock()
    private let count: Int
    private var taken = 0
    private var found: [Int: Result<FineTuningResult.Entry, any Error>] = [:]
    private var isOver = false

    /// Whether one has failed, so that the others may stop.
    var hasFailed: Bool { lock.withLock { isOver } }

    init(count: Int) { self.count = count }

    /// The next number; nil after the last, and after a failure.
    func next() -> Int? {
      lock.withLock {
        guard taken < count, !isOver else { return nil }
        taken += 1
        return taken - 1
      }
    }

    func put(_ index: Int, _ result: Result<FineTuningResult.Entry, any Error>) {
      lock.withLock {
        found[index] = result
        if case .failure = result { isOver = true }
      }
    }

    /// All results in order, or why there are none: what failed rather than who was stopped.
    func results() throws -> [FineTuningResult.Entry] {
      try lock.withLock {
        for case .failure(let error) in found.values where !(error is Interruption) { throw error }
        return try (0..<count).compactMap { try found[$0]?.get() }
      }
    }
  }

  /// Steps done by all trainings, told to whoever waits.
  final class Tally: @unchecked Sendable {
    private let lock = NSLock()
    private let progress: @Sendable (Progress) -> Void
    private let total: Int
    private var settled = 0
    private var current: [FineTuningOptions.Point?: Int] = [:]
    private var before: [FineTuningOptions.Point?: Int] = [:]
    private var note = ""

    init(rungs: [Int], points: Int, searches: Int, progress: @escaping @Sendable (Progress) -> Void) {
      self.progress = progress
      var (left, last, sum) = (points, 0, 0)
      for rung in rungs {
        sum += left * (rung - last)
        (left, last) = ((left + 2) / 3, rung)
      }
      total = searches * (sum + (rungs.last ?? 0))
    }

    /// Another search begins.
    func begin() { lock.withLock { before = [:] } }

    /// A training is at step `done`.
    func moved(_ point: FineTuningOptions.Point?, to done: Int, _ note: String) {
      lock.withLock {
        current[point] = max(0, done - (before[point] ?? 0))
        self.note = note
        tell()
      }
    }

    /// A training has come to `step`.
    func finished(_ point: FineTuningOptions.Point?, _ step: Int) {
      lock.withLock {
        current[point] = nil
        settled += step - (before[point] ?? 0)
        before[point] = point == nil ? 0 : step
        tell()
      }
    }

    private func tell() {
      progress(Progress(done: min(total, settled + current.values.reduce(0, +)), total: total, note: note))
    }
  }
}
