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
}
