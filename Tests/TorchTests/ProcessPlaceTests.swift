import Testing
import Torch

@Suite struct ProcessPlaceTests {
  private static let whole = ["RANK": "1", "WORLD_SIZE": "4", "MASTER_ADDR": "host", "MASTER_PORT": "29500"]

  @Test func theEnvironmentSaysThePlace() throws {
    let place = try ProcessPlace(environment: Self.whole)
    #expect(place == ProcessPlace(rank: 1, worldSize: 4, masterAddress: "host", masterPort: 29500))
    let torchrun = [
      "LOCAL_RANK": "0", "TORCHELASTIC_RESTART_COUNT": "2", "TORCHELASTIC_USE_AGENT_STORE": "True",
    ].merging(Self.whole) { $1 }
    let started = try ProcessPlace(environment: torchrun)
    #expect(started?.localRank == 0 && started?.restart == 2 && started?.rankZeroServes == false)
    #expect(started?.environment == torchrun)
    #expect(try ProcessPlace(environment: ["MASTER_ADDR": "host", "LOCAL_RANK": "x"]) == nil)
  }

  @Test(arguments: [
    ("RANK", "4", "RANK is \"4\", expected a rank below WORLD_SIZE, 0 to 3"),
    ("RANK", nil, "RANK is missing, expected a rank below WORLD_SIZE, 0 to 3"),
    ("RANK", "-1", "RANK is \"-1\", expected a rank below WORLD_SIZE, 0 to 3"),
    ("WORLD_SIZE", "0", "WORLD_SIZE is \"0\", expected a number of processes, 1 to 65536"),
    ("WORLD_SIZE", "two", "WORLD_SIZE is \"two\", expected a number of processes, 1 to 65536"),
    ("MASTER_ADDR", "", "MASTER_ADDR is \"\", expected name or address of the machine of rank 0"),
    ("MASTER_PORT", "65536", "MASTER_PORT is \"65536\", expected a port, 1 to 65535"),
    ("MASTER_PORT", nil, "MASTER_PORT is missing, expected a port, 1 to 65535"),
    ("LOCAL_RANK", "4", "LOCAL_RANK is \"4\", expected a rank below WORLD_SIZE, 0 to 3"),
  ]) func whatIsWrongIsSaid(variable: String, value: String?, sentence: String) {
    var environment = Self.whole
    environment[variable] = value
    let error = #expect(throws: ProcessPlaceError.self) { try ProcessPlace(environment: environment) }
    #expect(error?.variable == variable && error?.value == value)
    #expect(error?.description.hasPrefix(sentence + "; ") == true)
  }

  private static let step = [
    "SLURM_PROCID": "5", "SLURM_STEP_NUM_TASKS": "8", "SLURM_LOCALID": "1", "SLURM_STEP_NODELIST": "n[009-011,3],m",
    "SLURM_JOB_ID": "123456", "SLURM_STEP_ID": "2",
  ]

  @Test func slurmSaysThePlace() throws {
    let place = try #require(try ProcessPlace(environment: Self.step))
    #expect(place.rank == 5 && place.worldSize == 8 && place.localRank == 1 && place.rankZeroServes)
    #expect(place.masterAddress == "n009" && (20_000..<30_000).contains(place.masterPort))
    // Every task of the step, and no other step of the job, meets there.
    func port(_ changes: [String: String]) throws -> Int? {
      try ProcessPlace(environment: Self.step.merging(changes) { $1 })?.masterPort
    }
    #expect(try port(["SLURM_PROCID": "0"]) == place.masterPort)
    #expect(try port(["SLURM_STEP_ID": "3"]) != place.masterPort)
    let said = try ProcessPlace(
      environment: Self.step.merging(["MASTER_ADDR": "head", "MASTER_PORT": "4000"]) { $1 })
    #expect(said?.masterAddress == "head" && said?.masterPort == 4000)
    // Whoever sets RANK means it.
    #expect(try ProcessPlace(environment: Self.step.merging(Self.whole) { $1 })?.rank == 1)
  }

  /// A batch script has a SLURM_PROCID as well, but no step; a step of one task is alone.
  @Test func aloneUnderSlurm() throws {
    #expect(try ProcessPlace(environment: ["SLURM_PROCID": "0", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "1"]) == nil)
    #expect(try ProcessPlace(environment: Self.step.merging(["SLURM_STEP_NUM_TASKS": "1"]) { $1 }) == nil)
  }

  @Test(arguments: [
    ("node", "node"), ("a1,b", "a1"), ("n[003-005,7],x", "n003"), ("n[7,9]", "n7"), ("r[1-2]-n[03-04]-x,z", "r1-n03-x"),
    ("gpu-a[12]", "gpu-a12"),
  ]) func slurmsFirstMachine(list: String, host: String) throws {
    let environment = Self.step.merging(["SLURM_STEP_NODELIST": list]) { $1 }
    #expect(try ProcessPlace(environment: environment)?.masterAddress == host)
  }

  @Test(arguments: [
    ("SLURM_PROCID", "8"), ("SLURM_STEP_NUM_TASKS", "none"), ("SLURM_STEP_NODELIST", ""), ("SLURM_JOB_ID", "x"),
  ]) func whatSlurmGetsWrongIsSaid(variable: String, value: String) {
    let environment = Self.step.merging([variable: value]) { $1 }
    let error = #expect(throws: ProcessPlaceError.self) { try ProcessPlace(environment: environment) }
    #expect(error?.variable == variable)
    #expect(error?.description.contains("srun") == true)
  }
}
