/// A process's place in a group of processes: who it is and where they meet, as `torchrun`, Slurm scripts and people
/// say it, in the environment.
public struct ProcessPlace: Equatable, Sendable {
  /// This process, from 0.
  public var rank: Int
  /// How many processes there are.
  public var worldSize: Int
  /// This process among those of its machine, from 0; nil when not said.
  public var localRank: Int?
  /// How many processes this machine has; nil when not said.
  public var localSize: Int?
  /// Name or address of the machine of rank 0.
  public var masterAddress: String
  /// The port there at which they meet.
  public var masterPort: Int
  /// How often the launcher has started the group anew.
  public var restart: Int
  /// Whether rank 0 opens the port. False under `torchrun`, which holds it open itself.
  public var rankZeroServes: Bool

  /// The place named.
  public init(
    rank: Int, worldSize: Int, localRank: Int? = nil, localSize: Int? = nil, masterAddress: String, masterPort: Int,
    restart: Int = 0, rankZeroServes: Bool = true
  ) {
    self.rank = rank
    self.worldSize = worldSize
    self.localRank = localRank
    self.localSize = localSize
    self.masterAddress = masterAddress
    self.masterPort = masterPort
    self.restart = restart
    self.rankZeroServes = rankZeroServes
  }

  /// Reads `RANK`, `WORLD_SIZE`, `MASTER_ADDR`, `MASTER_PORT`, and where present `LOCAL_RANK`, `LOCAL_WORLD_SIZE` and
  /// what `torchrun` adds; without `RANK` and `WORLD_SIZE`, what Slurm says. Nil when there is neither: a process of its
  /// own.
  public init?(environment: [String: String]) throws(ProcessPlaceError) {
    let variables = EnvironmentVariables(values: environment)
    guard variables.has("RANK") || variables.has("WORLD_SIZE") else {
      guard let place = try Self.slurm(variables) else { return nil }
      self = place
      return
    }
    let size = try variables.number("WORLD_SIZE", in: 1...Self.limit, "a number of processes, 1 to \(Self.limit)")
    let below = "a rank below WORLD_SIZE, 0 to \(size - 1)"
    worldSize = size
    rank = try variables.number("RANK", in: 0...(size - 1), below)
    localRank = variables.has("LOCAL_RANK") ? try variables.number("LOCAL_RANK", in: 0...(size - 1), below) : nil
    localSize =
      variables.has("LOCAL_WORLD_SIZE")
      ? try variables.number("LOCAL_WORLD_SIZE", in: 1...size, "a number up to WORLD_SIZE, 1 to \(size)") : nil
    masterAddress = try variables.text("MASTER_ADDR", "name or address of the machine of rank 0")
    masterPort = try variables.number("MASTER_PORT", in: 1...65535, "a port, 1 to 65535")
    restart =
      variables.has("TORCHELASTIC_RESTART_COUNT")
      ? try variables.number("TORCHELASTIC_RESTART_COUNT", in: 0...Int.max, "a count from 0") : 0
    rankZeroServes = environment["TORCHELASTIC_USE_AGENT_STORE"] != "True"
  }

  /// More processes than anyone has; a larger number is a slip.
  static let limit = 65536

  /// The same as the variables that say it, for starting the process.
  public var environment: [String: String] {
    var variables = [
      "RANK": "\(rank)", "WORLD_SIZE": "\(worldSize)", "MASTER_ADDR": masterAddress, "MASTER_PORT": "\(masterPort)",
    ]
    if let localRank { variables["LOCAL_RANK"] = "\(localRank)" }
    if let localSize { variables["LOCAL_WORLD_SIZE"] = "\(localSize)" }
    if restart != 0 { variables["TORCHELASTIC_RESTART_COUNT"] = "\(restart)" }
    if !rankZeroServes { variables["TORCHELASTIC_USE_AGENT_STORE"] = "True" }
    return variables
  }
}

/// A variable of the environment that does not say what a group of processes needs.
public struct ProcessPlaceError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Its name.
  public let variable: String
  /// What it holds; nil when it is missing.
  public let value: String?
  /// What was expected.
  public let expected: String

  /// One sentence for people.
  public var description: String {
    "\(variable) is \(value.map { "\"\($0)\"" } ?? "missing"), expected \(expected); "
      + (variable.hasPrefix("SLURM")
        ? "start the tasks with srun" : "set it for every process, or unset RANK and WORLD_SIZE to run alone")
  }
}

/// The environment, read with complaints.
struct EnvironmentVariables {
  let values: [String: String]

  func has(_ variable: String) -> Bool { values[variable] != nil }

  /// What is there and not empty.
  func text(_ variable: String, _ expected: String) throws(ProcessPlaceError) -> String {
    guard let value = values[variable], !value.isEmpty else {
      throw ProcessPlaceError(variable: variable, value: values[variable], expected: expected)
    }
    return value
  }

  /// A whole number in a range.
  func number(
    _ variable: String, in range: ClosedRange<Int>, _ expected: String
  ) throws(ProcessPlaceError) -> Int {
    let value = try text(variable, expected)
    guard let number = Int(value), range.contains(number) else {
      throw ProcessPlaceError(variable: variable, value: value, expected: expected)
    }
    return number
  }
}
