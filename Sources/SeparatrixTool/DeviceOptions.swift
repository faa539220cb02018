import ArgumentParser
import Torch

/// Where a command computes.
struct DeviceOptions: ParsableArguments {
  @Option(
    help: "Device: cpu, cuda, cuda:N, mps, or auto for the first that is there of cuda, mps and cpu. Default: cpu.")
  var device: String?

  /// The device asked for, made sure to be there; the processor unless one was.
  func chosen() throws -> Device { try Device(parsing: device ?? "cpu") }

  /// The same, made ready: nothing in TF32, and the same bits each time.
  func ready() throws -> Device {
    let device = try chosen()
    if device.kind == "cuda" { try Machine.setNumerics(deterministic: true) }
    try device.use()
    return device
  }
}
