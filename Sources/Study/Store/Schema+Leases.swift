extension Schema {
  /// Who works on a study, which stage each of them has, and every failed attempt with what its worker wrote.
  ///
  /// A lease is a row: a stage has at most one, and an owner that is taken for dead loses its leases with its own row.
  /// What a stage's owner writes is accepted only while it has the lease of that very attempt.
  static let version2 = """
    CREATE TABLE owner (
      id TEXT PRIMARY KEY CHECK (id <> ''),
      number INTEGER NOT NULL UNIQUE CHECK (number >= 1),
      host TEXT NOT NULL,
      boot TEXT NOT NULL,
      process INTEGER NOT NULL,
      process_start TEXT NOT NULL,
      since TEXT NOT NULL,
      beats INTEGER NOT NULL DEFAULT 0 CHECK (beats >= 0),
      heard TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE lease (
      stage_digest TEXT PRIMARY KEY REFERENCES stage (digest) ON DELETE CASCADE,
      owner TEXT NOT NULL REFERENCES owner (id) ON DELETE CASCADE,
      attempt INTEGER NOT NULL CHECK (attempt >= 1)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lease_owner ON lease (owner);

    CREATE TABLE failure (
      stage_digest TEXT NOT NULL REFERENCES stage (digest) ON DELETE CASCADE,
      attempt INTEGER NOT NULL CHECK (attempt >= 1),
      time TEXT NOT NULL,
      host TEXT NOT NULL,
      error TEXT NOT NULL,
      log TEXT NOT NULL DEFAULT '',
      counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1)),
      PRIMARY KEY (stage_digest, attempt)
    ) STRICT, WITHOUT ROWID;
    """
}
