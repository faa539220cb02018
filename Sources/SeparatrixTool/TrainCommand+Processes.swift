import Foundation
import Torch
import Training

/// Training by several processes: started from here, or by `torchrun`, Slurm or hand, who say so in the environment.
extension TrainCommand {
  /// Starts the processes that `--processes` asks for and waits for them. False where there is one, this.
  func launch() throws -> Bool {
    guard (1...1_000_000).contains(timeout) else {
      throw Outcome.usage("--timeout \(timeout): expected 1 to 1000000 seconds")
    }
    guard let processes, !ProcessLauncher.hasStartedThis else { return false }
    guard (1...1024).contains(processes) else { throw Outcome.usage("--processes \(processes): expected 1 to 1024") }
    if try ProcessPlace(environment: ProcessInfo.processInfo.environment) != nil {
      throw Outcome.usage("--processes: a launcher has started this process already; leave the option out")
    }
    guard processes > 1, !dryRun else { return false }
    try ProcessLauncher(count: processes).run()
    return true
  }

  /// This process's place among several; nil where it is alone.
  func place() throws -> ProcessPlace? {
    if ProcessLauncher.hasStartedThis { ProcessLauncher.followLauncher() }
    let place = try ProcessPlace(environment: ProcessInfo.processInfo.environment)
    return (place?.worldSize ?? 1) > 1 ? place : nil
  }

  /// Threads where no option says how many: those of the run that goes on, which may have had another number of
  /// processes; else this machine's cores, shared by its processes.
  func usualThreads(_ place: ProcessPlace?) -> Int {
    if let held = try? TrainingRun.plan(in: URL(typed: out)) { return held.threads }
    return max(1, HostMachine.cores / max(1, place?.localSize ?? processes ?? 1))
  }

  /// Meets the others; threads that no option says are those of rank 0.
  func join(_ place: ProcessPlace?, _ plan: inout Plan) throws -> ProcessGroup? {
    guard let place else { return nil }
    let group = try ProcessGroup(place, timeout: timeout)
    let threads = try group.broadcast(Tensor([plan.threads])).ints().first
    if let threads, self.threads == nil, self.plan == nil { plan.threads = threads }
    return group
  }

  /// Runs `body`; a lost rank is an error with its cure.
  func naming<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch TrainingError.torch(let error) where error.kind == .noContact {
      throw Outcome.failed("\(error); the same command line goes on from the last checkpoint")
    }
  }
}
