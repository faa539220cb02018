/// One entry of an event file: TensorBoard's message `Event`.
///
/// Scalars are `simple_value`s, f32, as PyTorch's `SummaryWriter` writes them: TensorBoard 2 turns them into tensors of
/// its scalars plugin when it loads them, and older readers take them as they are.
struct TensorBoardEvent: Hashable, Sendable {
  /// What an event tells.
  enum Content: Hashable, Sendable {
    /// The version of the format: the first event of every file.
    case version
    /// A number under a name.
    case scalar(tag: String, value: Double)
    /// Hyperparameters: of the experiment, or of a session's begin or end.
    case hyperparameters(HyperparameterSummary)
  }

  /// Seconds since 1970.
  var wallTime: Double
  /// The step of training that it belongs to.
  var step = 0
  /// What it tells.
  var content: Content

  /// The message's bytes.
  var bytes: [UInt8] {
    ProtobufMessage { event in
      if wallTime != 0 { event.put(1, double: wallTime) }
      if step != 0 { event.put(2, integer: Int64(step)) }
      switch content {
      case .version: event.put(3, text: "brain.Event:2")
      case .scalar(let tag, let value):
        let entry = ProtobufMessage {
          $0.put(1, text: tag)
          $0.put(2, float: Float(value))
        }
        event.put(5, message: ProtobufMessage { $0.put(1, message: entry) })
      case .hyperparameters(let summary):
        event.put(5, message: ProtobufMessage { $0.put(1, message: summary.value) })
      }
    }.bytes
  }

  /// A whole event file: the version, then `events`, each in its record.
  static func file(_ events: [TensorBoardEvent], wallTime: Double) -> [UInt8] {
    ([TensorBoardEvent(wallTime: wallTime, content: .version)] + events).flatMap { TFRecord.record($0.bytes) }
  }
}
