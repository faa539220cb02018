/// What TensorBoard's hparams plugin reads: summaries that hold no number, whose metadata carry the plugin's own
/// message (`HParamsPluginData`, version 0).
enum HyperparameterSummary: Hashable, Sendable {
  /// What is varied and measured; once, for all sessions.
  case experiment(Experiment)
  /// A session begins.
  case start(Start)
  /// A session ends, at a time in seconds since 1970 where it is known.
  case end(Status, time: Double?)

  /// A hyperparameter's value.
  enum Value: Hashable, Sendable {
    case number(Double)
    case text(String)
    case bool(Bool)
  }

  /// How a session stands; the raw values are the plugin's.
  enum Status: Int64, Hashable, Sendable {
    case success = 1
    case failure = 2
    case running = 3
  }

  /// What is varied and measured.
  struct Experiment: Hashable, Sendable {
    /// Name of the study.
    var name: String
    /// Seconds since 1970.
    var created: Double
    /// What is varied.
    var hyperparameters: [Hyperparameter]
    /// The scalars that sessions are compared by.
    var metrics: [Metric]
  }

  /// A hyperparameter of an experiment.
  struct Hyperparameter: Hashable, Sendable {
    var name: String
    /// All the values that it takes, of one kind.
    var values: [Value]
  }

  /// A scalar by which sessions are compared.
  struct Metric: Hashable, Sendable {
    /// Tag of the scalar; its last value counts.
    var tag: String
    /// Name for people.
    var title: String
    /// A sentence on what it is.
    var description: String
  }

  /// A session's begin.
  struct Start: Hashable, Sendable {
    /// The session's hyperparameters.
    var hyperparameters: [String: Value]
    /// Sessions of one group are averaged; each run has its own.
    var group: String
    /// Seconds since 1970, where known.
    var time: Double?
  }

  /// The message `Summary.Value`.
  var value: ProtobufMessage {
    let plugin = ProtobufMessage {
      $0.put(1, text: "hparams")
      $0.put(2, bytes: content.bytes)
    }
    // f32 [0]: no number at all.
    let nothing = ProtobufMessage {
      $0.put(1, integer: 1)
      $0.put(2, message: ProtobufMessage { $0.put(2, message: ProtobufMessage()) })
    }
    return ProtobufMessage {
      $0.put(1, text: tag)
      $0.put(8, message: nothing)
      $0.put(9, message: ProtobufMessage { $0.put(1, message: plugin) })
    }
  }

  private var tag: String {
    switch self {
    case .experiment: "_hparams_/experiment"
    case .start: "_hparams_/session_start_info"
    case .end: "_hparams_/session_end_info"
    }
  }

  /// The message `HParamsPluginData`.
  private var content: ProtobufMessage {
    ProtobufMessage {
      switch self {
      case .experiment(let experiment): $0.put(2, message: experiment.message)
      case .start(let start): $0.put(3, message: start.message)
      case .end(let status, let time):
        let end = ProtobufMessage {
          $0.put(1, integer: status.rawValue)
          if let time, time != 0 { $0.put(2, double: time) }
        }
        $0.put(4, message: end)
      }
    }
  }
}

extension HyperparameterSummary.Value {
  /// The message `google.protobuf.Value`.
  var message: ProtobufMessage {
    ProtobufMessage {
      switch self {
      case .number(let value): $0.put(2, double: value)
      case .text(let value): $0.put(3, text: value)
      case .bool(let value): $0.put(4, bool: value)
      }
    }
  }

  /// The plugin's number of the value's type.
  var type: Int64 {
    switch self {
    case .text: 1
    case .bool: 2
    case .number: 3
    }
  }
}

extension HyperparameterSummary.Start {
  /// The message `SessionStartInfo`.
  fileprivate var message: ProtobufMessage {
    ProtobufMessage {
      for (name, value) in hyperparameters.sorted(by: { $0.key < $1.key }) {
        let entry = ProtobufMessage {
          $0.put(1, text: name)
          $0.put(2, message: value.message)
        }
        $0.put(1, message: entry)
      }
      if !group.isEmpty { $0.put(4, text: group) }
      if let time, time != 0 { $0.put(5, double: time) }
    }
  }
}

extension HyperparameterSummary.Experiment {
  /// The message `Experiment`.
  fileprivate var message: ProtobufMessage {
    ProtobufMessage {
      if created != 0 { $0.put(3, double: created) }
      for parameter in hyperparameters {
        let domain = ProtobufMessage { list in for value in parameter.values { list.put(1, message: value.message) } }
        let info = ProtobufMessage {
          $0.put(1, text: parameter.name)
          if let first = parameter.values.first { $0.put(4, integer: first.type) }
          $0.put(5, message: domain)
        }
        $0.put(4, message: info)
      }
      for metric in metrics {
        let info = ProtobufMessage {
          $0.put(1, message: ProtobufMessage { $0.put(2, text: metric.tag) })
          $0.put(3, text: metric.title)
          if !metric.description.isEmpty { $0.put(4, text: metric.description) }
        }
        $0.put(5, message: info)
      }
      $0.put(6, text: name)
    }
  }
}
