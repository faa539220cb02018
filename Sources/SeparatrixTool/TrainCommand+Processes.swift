import Foundation
import Torch
import Training

/// Training by several processes.
extension TrainCommand {
  /// What to do when a process fails.
  static let cure = "the same command line goes on from the last checkpoint"

  /// Threads where no option says how many: those of the run that goes on, which may have had another number of
  /// processes; else this machine's cores, shared by its processes.
  func usualThreads(_ place: ProcessPlace?) -> Int {
    if let held = try? TrainingRun.plan(in: URL(typed: out)) { return held.threads }
    return processes.usualThreads(place)
  }

  /// Meets the others; threads that no option says are those of rank 0.
  func join(_ place: ProcessPlace?, _ plan: inout Plan) throws -> ProcessGroup? {
    guard let place else { return nil }
    let group = try ProcessGroup(place, timeout: processes.timeout)
    let threads = try group.broadcast(Tensor([plan.threads])).ints().first
    if let threads, self.threads == nil, self.plan == nil { plan.threads = threads }
    return group
  }

  /// Runs `body`; a lost rank is an error with its cure.
  func naming<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch TrainingError.torch(let error) where error.kind == .noContact {
      throw Outcome.failed("\(error); \(Self.cure)")
    }
  }
}
