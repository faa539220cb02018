import Foundation
import GRDB

/// A process that works on a study: a row of table `owner`, there from the moment it joins until it leaves or is taken
/// for dead.
public struct OwnerRecord: Codable, Hashable, Sendable, FetchableRecord, PersistableRecord {
  /// The table of these rows.
  public static let databaseTableName = "owner"
  /// Drawn at random.
  public var id: String
  /// The smallest number that no other owner has, from 1; names its logs.
  public var number: Int
  /// Where it runs.
  public var place: ProcessIdentity
  /// When it joined, ISO 8601 in UTC.
  public var since: String
  /// Counts up while it lives. Others watch it change by their own clocks, which need not agree with its clock.
  public var beats: Int = 0
  /// When it last counted, ISO 8601 in UTC by its own clock; for people only.
  public var heard: String

  enum CodingKeys: String, CodingKey {
    case id, number, host, boot, process, since, beats, heard
    case processStart = "process_start"
  }

  /// An owner that joins now.
  public init(
    id: String = UUID().uuidString.lowercased(), number: Int = 1, place: ProcessIdentity = .own, since: Date = Date()
  ) {
    self.id = id
    self.number = number
    self.place = place
    self.since = since.iso8601
    heard = since.iso8601
  }

  /// Reads a row.
  public init(from decoder: any Decoder) throws {
    let row = try decoder.container(keyedBy: CodingKeys.self)
    id = try row.decode(String.self, forKey: .id)
    number = try row.decode(Int.self, forKey: .number)
    place = ProcessIdentity(
      host: try row.decode(String.self, forKey: .host), boot: try row.decode(String.self, forKey: .boot),
      process: try row.decode(Int.self, forKey: .process), start: try row.decode(String.self, forKey: .processStart))
    since = try row.decode(String.self, forKey: .since)
    beats = try row.decode(Int.self, forKey: .beats)
    heard = try row.decode(String.self, forKey: .heard)
  }

  /// Writes a row.
  public func encode(to encoder: any Encoder) throws {
    var row = encoder.container(keyedBy: CodingKeys.self)
    try row.encode(id, forKey: .id)
    try row.encode(number, forKey: .number)
    try row.encode(place.host, forKey: .host)
    try row.encode(place.boot, forKey: .boot)
    try row.encode(place.process, forKey: .process)
    try row.encode(place.start, forKey: .processStart)
    try row.encode(since, forKey: .since)
    try row.encode(beats, forKey: .beats)
    try row.encode(heard, forKey: .heard)
  }

  /// Who it is, for people.
  public var name: String { "process \(place.process) on \(place.host), since \(since)" }
}

/// One attempt at a stage by one owner.
public struct Lease: Hashable, Sendable {
  /// The stage.
  public var stage: String
  /// `id` of the owner.
  public var owner: String
  /// The attempt's number: a later one of the same stage has a higher number, so that an early one that comes late is
  /// told apart.
  public var attempt: Int
}
