extension Schema {
  /// Which test images each run has right, and its reliability diagrams; bins without images have no row.
  static let evaluationDetails = """
    CREATE TABLE answers (
      stage_digest TEXT PRIMARY KEY REFERENCES stage (digest) ON DELETE CASCADE,
      run_digest TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      labels TEXT NOT NULL CHECK (length(labels) = 64),
      count INTEGER NOT NULL CHECK (count >= 1),
      bits BLOB NOT NULL CHECK (length(bits) = (count + 7) / 8)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answers_run ON answers (run_digest);

    CREATE TABLE reliability (
      stage_digest TEXT NOT NULL REFERENCES stage (digest) ON DELETE CASCADE,
      run_digest TEXT NOT NULL REFERENCES run (digest) ON DELETE CASCADE,
      scaled INTEGER NOT NULL CHECK (scaled IN (0, 1)),
      bin INTEGER NOT NULL CHECK (bin >= 0),
      count INTEGER NOT NULL CHECK (count >= 1),
      confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 1),
      accuracy REAL NOT NULL CHECK (accuracy BETWEEN 0 AND 1),
      PRIMARY KEY (stage_digest, scaled, bin)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX reliability_run ON reliability (run_digest);
    """
}
