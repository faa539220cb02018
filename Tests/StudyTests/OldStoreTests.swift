import Foundation
import GRDB
import Testing

@testable import Study

/// A store that the first version of the schema made, as it stands on people's disks.
@Suite struct OldStoreTests {
  @Test func aStoreOfTheFirstVersionOpens() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appendingPathComponent("study.sqlite")
    do {
      let queue = try DatabaseQueue(path: file.path)
      try queue.write { try $0.execute(sql: Self.schema + Self.rows) }
      try queue.close()
    }
    let store = try StudyStore(existing: file)
    #expect(try store.study()?.name == "old")
    #expect(try store.runs().map(\.label) == ["softmax"])
    let stages = try store.stages()
    #expect(stages.map(\.kind) == [.train, .evaluate, .probe] && stages.map(\.state) == [.done, .running, .failed])
    #expect(stages[2].error == "crash" && stages[0].attempts == 2 && stages[0].host == "there")
    #expect(try store.measurements().map(\.value) == [0.5])
    #expect(try store.epochs().map(\.loss) == [1.5])
    #expect(try store.facts() == ["threads": "1"])
    #expect(try store.details().isEmpty && store.pairs().isEmpty)
    #expect(try store.owners().isEmpty && store.failures().isEmpty && store.damage().isEmpty)
    // A killed process of the old version left a stage behind that nobody has.
    #expect(try StudyStatus(store: store, directory: folder.url).stagesRunning == 0)
    let owner = try store.join(
      study: #require(try store.study()), runs: try store.runs(), stages: stages, owner: OwnerRecord(),
      directory: folder.url.path)
    #expect(try store.stages().map(\.state) == [.done, .pending, .pending])
    // Kinds that the first version did not know are let in.
    let kinds: [StageKind] = [.cka, .fewShot]
    let more = kinds.enumerated().map { place, kind in
      StageRecord(
        digest: String(repeating: "1", count: 63) + "\(place)", runDigest: stages[0].runDigest, kind: kind,
        position: 3 + place)
    }
    try store.plan(study: #require(try store.study()), runs: try store.runs(), stages: stages + more)
    #expect(try store.stages().map(\.kind) == [.train, .evaluate, .probe, .cka, .fewShot])
    let lease = try #require(try store.claim(stage: stages[1].digest, needs: [stages[0].digest], owner: owner))
    #expect(lease.attempt == 2)
    #expect(try store.finish(lease, seconds: 1, measurements: []))
    try store.close()
    // Once more: nothing is left to migrate.
    #expect(try StudyStore(existing: file).stages().count == 5)
  }

  /// The schema as it was; not to be changed with the program.
  private static let schema = """
    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
    INSERT INTO grdb_migrations VALUES ('1: study, runs, stages, measurements, epochs, facts');

    CREATE TABLE study (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      name TEXT NOT NULL CHECK (name <> ''),
      spec_yaml TEXT NOT NULL,
      spec_json TEXT NOT NULL CHECK (json_valid(spec_json)),
      created_at TEXT NOT NULL,
      program_version TEXT NOT NULL
    ) STRICT;

    CREATE TABLE run (
      digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
      label TEXT NOT NULL CHECK (label <> ''),
      objective TEXT NOT NULL CHECK (objective <> ''),
      objective_json TEXT NOT NULL CHECK (json_valid(objective_json)),
      network TEXT NOT NULL CHECK (network <> ''),
      seed INTEGER NOT NULL,
      plan_json TEXT NOT NULL CHECK (json_valid(plan_json)),
      position INTEGER NOT NULL CHECK (position >= 0),
      active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE stage (
      digest TEXT PRIMARY KEY CHECK (length(digest) = 64),
      run_digest TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('train', 'evaluate', 'extract', 'separation', 'probe', 'knn')),
      target TEXT NOT NULL DEFAULT '',
      state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'running', 'done', 'failed')),
      attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
      seconds REAL NOT NULL DEFAULT 0 CHECK (seconds >= 0),
      started_at TEXT,
      finished_at TEXT,
      host TEXT,
      error TEXT,
      lasting INTEGER NOT NULL DEFAULT 0 CHECK (lasting IN (0, 1)),
      position INTEGER NOT NULL CHECK (position >= 0),
      active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
      CHECK (state <> 'failed' OR error IS NOT NULL),
      CHECK (state <> 'done' OR (error IS NULL AND finished_at IS NOT NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX stage_run ON stage (run_digest);

    CREATE TABLE measurement (
      run_digest TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      stage_digest TEXT NOT NULL REFERENCES stage (digest) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      target TEXT NOT NULL DEFAULT '',
      split TEXT NOT NULL CHECK (split IN ('train', 'test')),
      value REAL,
      reason TEXT,
      PRIMARY KEY (run_digest, name, target, split),
      CHECK ((value IS NULL) = (reason IS NOT NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX measurement_stage ON measurement (stage_digest);

    CREATE TABLE epoch (
      run_digest TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      epoch INTEGER NOT NULL CHECK (epoch >= 1),
      loss REAL,
      train_accuracy REAL CHECK (train_accuracy BETWEEN 0 AND 1),
      holdout_accuracy REAL CHECK (holdout_accuracy BETWEEN 0 AND 1),
      learning_rate REAL,
      images_per_second REAL,
      PRIMARY KEY (run_digest, epoch)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE fact (
      key TEXT PRIMARY KEY CHECK (key <> ''),
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  private static let rows = """

    INSERT INTO study VALUES (1, 'old', 'name: old', '{}', '2026-01-01T00:00:00Z', '0.1');
    INSERT INTO run VALUES (printf('%064d', 1), 'softmax', 'softmax', '{}', 'resnet8', 0, '{}', 0, 1);
    INSERT INTO stage (digest, run_digest, kind, target, state, attempts, seconds, started_at, finished_at, host, error,
      position)
    VALUES
      (printf('%064d', 2), printf('%064d', 1), 'train', '', 'done', 2, 12.5, '2026-01-01T00:00:00Z',
        '2026-01-01T00:00:12Z', 'there', NULL, 0),
      (printf('%064d', 3), printf('%064d', 1), 'evaluate', '', 'running', 1, 0, '2026-01-01T00:00:12Z', NULL, 'there',
        NULL, 1),
      (printf('%064d', 4), printf('%064d', 1), 'probe', 'mnist', 'failed', 2, 1, '2026-01-01T00:00:12Z', NULL, 'there',
        'crash', 2);
    INSERT INTO measurement VALUES (printf('%064d', 1), printf('%064d', 2), 'top1', '', 'test', 0.5, NULL);
    INSERT INTO epoch VALUES (printf('%064d', 1), 1, 1.5, 0.4, NULL, 0.1, 100.0);
    INSERT INTO fact VALUES ('threads', '1');
    """
}
