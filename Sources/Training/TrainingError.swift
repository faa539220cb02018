import Datasets
import Networks
import Objectives
import Torch

/// A run that cannot start or go on.
public enum TrainingError: Error, Sendable, CustomStringConvertible {
  case badPlan(field: String, value: String, expected: String)
  case tooFewSamples(found: Int, needed: Int)
  case notFinite(step: Int, epoch: Int, learningRate: Double, loss: String, lastFinite: [Double])
  case ranksDiffer(step: Int, ranks: [Int])
  case folderInUse(path: String, holder: String)
  case otherPlan(path: String, difference: String)
  case noRun(path: String, missing: String)
  case badWeights(path: String, reason: String)
  case file(path: String, operation: String, reason: String)
  case data(DatasetError)
  case network(NetworkError)
  case objective(ObjectiveError)
  case torch(TorchError)
  case array(ArrayFileError)
  case device(DeviceError)

  /// One sentence for people, with the cure.
  public var description: String {
    switch self {
    case .badPlan(let field, let value, let expected): "\(field): \(value); expected \(expected)"
    case .tooFewSamples(let found, let needed):
      "\(found) training samples, but a batch needs \(needed); use a smaller batch or holdout"
    case .notFinite(let step, let epoch, let rate, let loss, let last):
      "the loss became \(loss) at step \(step) (epoch \(epoch + 1), learning rate \(rate)); the last finite losses "
        + "were \(last.map { String(describing: $0) }.joined(separator: ", ")). Try a lower learning rate or a "
        + "longer warm-up"
    case .ranksDiffer(let step, let ranks):
      "at step \(step) the weights of rank \(ranks.map(String.init).joined(separator: ", ")) are not those of rank 0: "
        + "a fault of the machine, or other builds; nothing was written since the last checkpoint, from which the same "
        + "command line goes on"
    case .folderInUse(let path, let holder):
      "\(path) is in use by \(holder); wait for it, stop it, or choose another --out"
    case .otherPlan(let path, let difference):
      "\(path) holds a run of another plan (\(difference)); choose another --out or give the same settings"
    case .noRun(let path, let missing):
      "\(path) is no finished run: \(missing) is missing. Train it first: separatrix train ... --out \(path)"
    case .badWeights(let path, let reason): "\(path): \(reason)"
    case .file(let path, let operation, let reason): "\(path): cannot \(operation): \(reason)"
    case .data(let error): error.description
    case .network(let error): error.description
    case .objective(let error): error.description
    case .torch(let error): error.description
    case .array(let error): error.description
    case .device(let error): error.description
    }
  }

  /// Whether the input is at fault (exit code 3) rather than the run (1).
  public var isBadInput: Bool {
    switch self {
    case .notFinite, .ranksDiffer, .folderInUse, .file, .torch, .device: false
    default: true
    }
  }
}

/// Runs `body`, and makes the errors of the layers below this layer's own.
func wrapping<Result>(_ body: () throws -> Result) throws(TrainingError) -> Result {
  do {
    return try body()
  } catch let error as TrainingError {
    throw error
  } catch let error as TorchError {
    throw .torch(error)
  } catch let error as NetworkError {
    throw .network(error)
  } catch let error as ObjectiveError {
    throw .objective(error)
  } catch let error as DatasetError {
    throw .data(error)
  } catch let error as AugmentationError {
    throw .badPlan(field: "augment", value: error.description, expected: "a list as flip+shift")
  } catch let error as ArrayFileError {
    throw .array(error)
  } catch let error as DeviceError {
    throw .device(error)
  } catch {
    throw .file(path: "run", operation: "go on", reason: "\(error)")
  }
}
