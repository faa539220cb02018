import ArgumentParser
import Datasets
import Features
import Foundation
import Measures
import Networks
import Objectives
import Study
import Torch
import Training
import Transfer

/// The command line as a library. A program of one's own adds objectives or networks and gets every command:
///
/// ```swift
/// import SeparatrixTool
/// Tool.main(objectives: Objectives.standard + [MyLoss.self])
/// ```
public enum Tool {
  @TaskLocal static var catalog = Catalog.standard

  /// Runs the command line of this process and ends it. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 bad input
  /// file, 4 interrupted and resumable.
  public static func main(
    objectives: [any Objective.Type] = Objectives.standard, networks: [Architecture] = Networks.standard
  ) -> Never {
    signal(SIGPIPE, SIG_DFL)  // `separatrix ... | head` ends quietly
    // Programs with threads may start this one with signals blocked; then nobody could stop it in an orderly way.
    var stops = sigset_t()
    sigemptyset(&stops)
    for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&stops, number) }
    pthread_sigmask(SIG_UNBLOCK, &stops, nil)
    Machine.keepFreedMemory()
    let code = $catalog.withValue(Catalog(objectives: objectives, networks: networks)) {
      run(Array(CommandLine.arguments.dropFirst()))
    }
    exit(code)
  }

  /// Runs one command line and returns its exit code.
  static func run(_ arguments: [String]) -> Int32 {
    var command: any ParsableCommand
    do {
      command = try Root.parseAsRoot(arguments)
    } catch {
      return reportUsage(error)
    }
    do {
      try command.run()
      return 0
    } catch {
      return report(error)
    }
  }

  /// What the argument parser has to say: help, a version, or what is wrong with the command line.
  private static func reportUsage(_ error: any Error) -> Int32 {
    let text = Root.fullMessage(for: error)
    if Root.exitCode(for: error) == .success {
      print(text)
      return 0
    }
    Console.complain(text)
    return 2
  }

  private static func report(_ error: any Error) -> Int32 {
    switch error {
    case let exit as ExitCode: return exit.rawValue
    case let outcome as Outcome:
      if let message = outcome.message { Console.complain(message) }
      return outcome.code
    case is CleanExit, is ValidationError: return reportUsage(error)
    case _ where Root.exitCode(for: error) == .success: return reportUsage(error)  // a request for help
    default:
      Console.complain("error: \(error)")
      return code(of: error)
    }
  }

  /// The exit code of an error.
  private static func code(of error: any Error) -> Int32 {
    switch error {
    case TrainingError.network(let error): code(of: error)
    case TrainingError.device(let error): code(of: error)
    case DeviceError.unknown: 2
    case is StateDictionaryError: 3
    case let error as TrainingError: error.isBadInput ? 3 : 1
    case let error as DatasetError: [.unknownName, .badReference].contains(error.kind) ? 2 : 3
    case let error as SpecificationError: error.isUsage ? 2 : 3
    case NetworkError.missingParameter, NetworkError.wrongShape: 3
    case is NetworkError, is ObjectiveError: 2
    case is ArrayFileError: 3
    case is ProcessPlaceError: 2
    case is MeasureError: 3
    case let error as TransferError:
      [
        "k", "distance", "weighting", "lambdas", "holdout", "temperature", "folds", "steps", "batch", "learning rates",
        "weight decays", "workers", "shots", "draws",
      ].contains(error.argument) ? 2 : 3
    default: 1
    }
  }
}

/// An end of a command other than success, with its exit code.
struct Outcome: Error {
  var code: Int32
  var message: String?

  static func usage(_ message: String) -> Outcome { Outcome(code: 2, message: "error: \(message)") }
  static func badInput(_ message: String) -> Outcome { Outcome(code: 3, message: "error: \(message)") }
  static func failed(_ message: String) -> Outcome { Outcome(code: 1, message: "error: \(message)") }
  static func interrupted(_ message: String) -> Outcome { Outcome(code: 4, message: message) }
}

/// The tree of commands.
struct Root: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "separatrix",
    abstract: "Measures how a training objective divides classes, and what that costs every later task.",
    discussion: """
      Start here:
        separatrix study run studies/demo.yaml --out demo     a whole study, from images to report
        separatrix train --network resnet8 --objective label-smoothing --data glyphs --epochs 5 --out run
        separatrix analyze separation features.npy --labels labels.npy
      """,
    version: programVersion,
    subcommands: [
      StudyCommand.self, TrainCommand.self, EvaluateCommand.self, ExtractCommand.self, AnalyzeCommand.self,
      TransferCommand.self, DataCommand.self, WeightsCommand.self, DoctorCommand.self, BenchCommand.self,
      WorkerCommand.self,
    ])
}
