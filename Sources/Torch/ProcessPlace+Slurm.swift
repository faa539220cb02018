/// A place as Slurm says it to each task that `srun` starts.
extension ProcessPlace {
  /// Reads `SLURM_PROCID`, `SLURM_STEP_NUM_TASKS` and `SLURM_LOCALID`. The ranks meet at `MASTER_ADDR` and
  /// `MASTER_PORT`, or where these are missing on the first machine of the step, at a port that follows from the
  /// numbers of job and step. Nil in a step of one task and outside of steps: in a batch script itself, too, there is a
  /// `SLURM_PROCID`.
  static func slurm(_ variables: EnvironmentVariables) throws(ProcessPlaceError) -> ProcessPlace? {
    guard variables.has("SLURM_PROCID"), variables.has("SLURM_STEP_NUM_TASKS") else { return nil }
    let count = try variables.number("SLURM_STEP_NUM_TASKS", in: 1...limit, "a number of tasks, 1 to \(limit)")
    guard count > 1 else { return nil }
    let (ranks, task) = (0...(count - 1), "a task, 0 to \(count - 1)")
    let rank = try variables.number("SLURM_PROCID", in: ranks, task)
    let local = variables.has("SLURM_LOCALID") ? try variables.number("SLURM_LOCALID", in: ranks, task) : nil
    var address = ""
    if variables.has("MASTER_ADDR") {
      address = try variables.text("MASTER_ADDR", "name or address of the machine of rank 0")
    } else {
      let hosts = try variables.text("SLURM_STEP_NODELIST", "the step's machines (or set MASTER_ADDR)")
      address = firstHost(of: hosts)
    }
    var port = 0
    if variables.has("MASTER_PORT") {
      port = try variables.number("MASTER_PORT", in: 1...65535, "a port, 1 to 65535")
    } else {
      let numbers = 0...(Int.max / 64)
      let job = try variables.number("SLURM_JOB_ID", in: numbers, "the job's number (or set MASTER_PORT)")
      let step = try variables.number("SLURM_STEP_ID", in: numbers, "the step's number (or set MASTER_PORT)")
      port = 20_000 + (job % 10_000 * 31 + step % 10_000) % 10_000  // below the ports that systems give out
    }
    return ProcessPlace(rank: rank, worldSize: count, localRank: local, masterAddress: address, masterPort: port)
  }

  /// The first of Slurm's list of machines, such as "n[003-005,7]-x[1,2],m1": "n003-x1".
  static func firstHost(of list: String) -> String {
    var host = ""
    var (isInside, isPast) = (false, false)
    for character in list {
      switch character {
      case "[": (isInside, isPast) = (true, false)
      case "]": isInside = false
      case "," where !isInside: return host
      case ",", "-":
        if isInside { isPast = true } else { host.append(character) }
      default:
        if !(isInside && isPast) { host.append(character) }
      }
    }
    return host
  }
}
