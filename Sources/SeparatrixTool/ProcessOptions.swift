import ArgumentParser
import Foundation
import Torch

/// Several processes that work on one thing: started from here, or by `torchrun`, Slurm or hand, who say so in the environment.
struct ProcessOptions: ParsableArguments {
  @Option(help: "Processes on this machine that share the work.") var processes: Int?
  @Option(help: "Seconds after which processes give up waiting for one of them.") var timeout = 600.0

  /// Starts the processes that `--processes` asks for and waits for them. False where there is one, this. `cure` says what to do
  /// when one fails.
  func launch(cure: String, dryRun: Bool = false) throws -> Bool {
    guard (1...1_000_000).contains(timeout) else {
      throw Outcome.usage("--timeout \(timeout): expected 1 to 1000000 seconds")
    }
    guard let processes, !ProcessLauncher.hasStartedThis else { return false }
    guard (1...1024).contains(processes) else { throw Outcome.usage("--processes \(processes): expected 1 to 1024") }
    if try ProcessPlace(environment: ProcessInfo.processInfo.environment) != nil {
      throw Outcome.usage("--processes: a launcher has started this process already; leave the option out")
    }
    guard processes > 1, !dryRun else { return false }
    try ProcessLauncher(count: processes, cure: cure).run()
    return true
  }

  /// This process's place among several; nil where it is alone.
  func place() throws -> ProcessPlace? {
    if ProcessLauncher.hasStartedThis { ProcessLauncher.followLauncher() }
    let place = try ProcessPlace(environment: ProcessInfo.processInfo.environment)
    return (place?.worldSize ?? 1) > 1 ? place : nil
  }

  /// This machine's cores, shared by its processes.
  func usualThreads(_ place: ProcessPlace?) -> Int {
    max(1, HostMachine.cores / max(1, place?.localSize ?? processes ?? 1))
  }
}
