import Foundation

/// What happened in one epoch.
public struct EpochRecord: Codable, Equatable, Sendable {
  /// From 1.
  public var epoch: Int
  /// Steps done at its end.
  public var step: Int
  /// Mean training loss, penalties included.
  public var loss: Double
  /// Share of right answers on the training batches, as they were seen (augmented).
  public var trainAccuracy: Double
  /// Share of right answers of the averaged weights on the holdout; nil without one.
  public var holdoutAccuracy: Double?
  /// The rate of the last step.
  public var learningRate: Double
  /// Training speed over the epoch, as far as this process saw it.
  public var imagesPerSecond: Double

  enum CodingKeys: String, CodingKey {
    case epoch, step, loss
    case trainAccuracy = "train_accuracy"
    case holdoutAccuracy = "holdout_accuracy"
    case learningRate = "learning_rate"
    case imagesPerSecond = "images_per_second"
  }
}

/// `log.jsonl`: one JSON object a line, appended, each with "event" and "time". A line that a kill cut short is
/// closed, so that later ones stay readable.
struct RunLog {
  private let handle: FileHandle?

  /// One that writes nothing, for processes that do not lead their run.
  init() { handle = nil }

  init(_ url: URL) throws(TrainingError) {
    let descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .file(path: url.path, operation: "open", reason: String(cString: strerror(errno)))
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    self.handle = handle
    let size = lseek(descriptor, 0, SEEK_END)
    var last: UInt8 = 10
    if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != 10 { try? handle.write(contentsOf: Data([10])) }
  }

  /// Appends one event.
  func write(_ event: String, _ fields: some Encodable) throws(TrainingError) {
    guard let handle else { return }
    try wrapping {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
      let line = Line(event: event, time: Date().timeIntervalSince1970, fields: fields)
      try handle.write(contentsOf: try encoder.encode(line) + [10])
    }
  }

  private struct Line<Fields: Encodable>: Encodable {
    let event: String
    let time: Double
    let fields: Fields

    enum CodingKeys: String, CodingKey { case event, time }

    func encode(to encoder: any Encoder) throws {
      var keys = encoder.container(keyedBy: CodingKeys.self)
      try keys.encode(event, forKey: .event)
      try keys.encode(time, forKey: .time)
      try fields.encode(to: encoder)
    }
  }

  /// Whether a log tells of an event at all.
  static func tells(_ event: String, _ url: URL) -> Bool {
    (try? String(contentsOf: url, encoding: .utf8))?.contains("\"event\":\"\(event)\"") == true
  }

  /// The epochs in a log, the last record of each; lines that are no epochs or no JSON are passed over.
  static func epochs(_ url: URL) -> [EpochRecord] {
    guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
    var records: [Int: EpochRecord] = [:]
    for line in text.split(separator: "\n") where line.contains("\"event\":\"epoch\"") {
      if let record = try? JSONDecoder().decode(EpochRecord.self, from: Data(line.utf8)) {
        records[record.epoch] = record
      }
    }
    return records.values.sorted { $0.epoch < $1.epoch }
  }
}
