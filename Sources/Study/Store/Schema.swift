import Foundation
import GRDB

/// The tables of `study.sqlite`. The schema states what must hold (types, references, ranges), so that a wrong row is
/// refused by SQLite whatever the code does. Migrations are only ever added.
enum Schema {
  static let migrator: DatabaseMigrator = {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: study, runs, stages, measurements, epochs, facts") { database in
      try database.execute(sql: version1)
    }
    migrator.registerMigration("2: owners, leases, failures") { database in
      try database.execute(sql: version2)
    }
    migrator.registerMigration("stages of layers, pairs of runs and fine-tuning") { database in
      try allow(kinds: secondKinds, insteadOf: firstKinds, database)
      try database.execute(sql: pairMeasurements)
    }
    migrator.registerMigration("answers to test images, reliability diagrams") { database in
      try database.execute(sql: evaluationDetails)
    }
    migrator.registerMigration("stages of few examples") { database in
      try allow(kinds: thirdKinds, insteadOf: secondKinds, database)
    }
    return migrator
  }()

  private static let firstKinds = "'train', 'evaluate', 'extract', 'separation', 'probe', 'knn'"
  private static let secondKinds = firstKinds + ", 'sparsity', 'spectrum', 'collapse', 'finetune', 'agreement', 'cka'"
  private static let thirdKinds = secondKinds + ", 'few-shot'"

  /// Lets kinds in that an earlier schema did not know. A check cannot be altered: the table is made anew from its own
  /// text, whatever columns it has by now.
  private static func allow(kinds: String, insteadOf earlier: String, _ database: Database) throws {
    let (known, all) = ("kind IN (\(earlier))", "kind IN (\(kinds))")
    let texts = try String.fetchAll(
      database, sql: "SELECT sql FROM sqlite_master WHERE tbl_name = 'stage' AND sql IS NOT NULL ORDER BY type DESC")
    guard let table = texts.first(where: { $0.contains(known) }), let name = table.range(of: "stage") else { return }
    var text = table.replacingOccurrences(of: known, with: all)
    text.replaceSubrange(name, with: "new_stage")
    try database.execute(sql: text)
    try database.execute(sql: "INSERT INTO new_stage SELECT * FROM stage")
    try database.execute(sql: "DROP TABLE stage")
    try database.execute(sql: "ALTER TABLE new_stage RENAME TO stage")
    for other in texts where other != table { try database.execute(sql: other) }
  }

  private static let pairMeasurements = """
    CREATE TABLE pair_measurement (
      stage_digest TEXT NOT NULL REFERENCES stage (digest) ON DELETE CASCADE,
      name TEXT NOT NULL CHECK (name <> ''),
      first_run TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      second_run TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      first_layer TEXT NOT NULL DEFAULT '',
      second_layer TEXT NOT NULL DEFAULT '',
      split TEXT NOT NULL CHECK (split IN ('train', 'test')),
      value REAL,
      reason TEXT,
      PRIMARY KEY (stage_digest, name, first_run, second_run, first_layer, second_layer, split),
      CHECK ((value IS NULL) = (reason IS NOT NULL)),
      CHECK ((first_layer = '') = (second_layer = ''))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pair_measurement_first ON pair_measurement (first_run);
    CREATE INDEX pair_measurement_second ON pair_measurement (second_run);
    """

  private static let version1 = """
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
}
