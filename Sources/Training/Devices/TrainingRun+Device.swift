import Torch

extension TrainingRun {
  /// The device to train on: the one given, else the first of the plan's kind. Refuses one that is not there or of another
  /// kind than the plan's, whose digest tells the kind.
  func place() throws(TrainingError) -> Device {
    if let kind = plan.device, !["cuda", "mps"].contains(kind) {
      throw .badPlan(field: "device", value: kind, expected: "cuda or mps; nothing for the processor")
    }
    if plan.deterministic != nil, plan.device != "cuda" {
      throw .badPlan(field: "deterministic", value: "given", expected: "nothing: only device: cuda has it")
    }
    if let device {
      guard device.kind == plan.device ?? "cpu" else {
        throw .badPlan(field: "device", value: device.kind, expected: "\(plan.device ?? "cpu"), as the plan says")
      }
      return device
    }
    do throws(DeviceError) {
      return try Device(parsing: plan.device ?? "cpu")
    } catch {
      throw .device(error)
    }
  }
}
