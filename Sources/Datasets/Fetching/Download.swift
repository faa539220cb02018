import Foundation

/// One file from the net by HTTP or HTTPS (libcurl), whole and verified, or not at all.
///
/// The bytes go to `DESTINATION.partial`; what is known about them (where they came from, the server's name for
/// this version of the file) stands in `DESTINATION.partial.json`, so that another run goes on where this one
/// stopped: it asks for the rest with Range and If-Range (RFC 9110, sections 13.1.5 and 14.2) and begins anew if
/// the server ignores that or the file has changed. The file gets its name after size and digests were compared and
/// the bytes are on the disk.
public struct Download: Hashable, Sendable {
  /// How long and how often to try, and how much to take.
  public struct Policy: Hashable, Sendable {
    /// Attempts in a row that bring less than 1 MiB before giving up.
    public var attempts = 6
    /// Seconds before the second attempt; doubled for each further one.
    public var firstDelay = 1.0
    /// The longest delay in seconds; also for what the server asks for in Retry-After.
    public var longestDelay = 60.0
    /// Seconds for a connection to come about.
    public var connectSeconds = 30
    /// Seconds below `stallRate` after which a connection counts as dead.
    public var stallSeconds = 30
    /// Bytes per second.
    public var stallRate = 100
    /// Redirects that may follow one another.
    public var redirects = 10
    /// The largest file taken, in bytes.
    public var limit = 1 << 40

    /// The values above.
    public init() {}
  }

  /// How far a download is.
  public struct Progress: Hashable, Sendable {
    /// Bytes there are, those of earlier runs included.
    public var received = 0
    /// Bytes of the whole file; nil where nobody says.
    public var total: Int?
    /// Bytes per second, smoothed over some 3 seconds.
    public var rate = 0.0
    /// Failed attempts so far.
    public var failures = 0
  }

  /// What came of it.
  public struct Receipt: Codable, Hashable, Sendable {
    /// Bytes of the file.
    public var bytes: Int
    /// SHA-256 of the file, hexadecimal, whether or not it was known before.
    public var sha256: String
    /// Where redirects led; the URL asked for if nothing had to be fetched.
    public var source: String
    /// Whether a digest known beforehand was compared.
    public var isVerified: Bool
    /// Bytes that came over the net in this run.
    public var transferred: Int
  }

  /// Where from: http or https.
  public var url: String
  /// The path of the file to be.
  public var destination: String
  /// Its size in bytes, if known.
  public var bytes: Int?
  /// Its SHA-256, hexadecimal, if known.
  public var sha256: String?
  /// Its MD5, hexadecimal, if known: it shows damage, not malice.
  public var md5: String?
  /// How long to try, and how much to take.
  public var policy: Policy

  /// A download from its parts.
  public init(
    _ url: String, to destination: String, bytes: Int? = nil, sha256: String? = nil, md5: String? = nil,
    policy: Policy = Policy()
  ) {
    self.url = url
    self.destination = destination
    self.bytes = bytes
    self.sha256 = sha256?.lowercased()
    self.md5 = md5?.lowercased()
    self.policy = policy
  }

  /// Whether a digest is known.
  var hasDigest: Bool { sha256 != nil || md5 != nil }

  /// Fetches the file. A file that is there already is taken if a known digest is its own, else an error.
  /// - Parameters:
  ///   - progress: Called some ten times a second, and once at the end.
  ///   - isCancelled: Asked at least once a second; the answer true ends the work with the error `cancelled`. What
  ///     has come stays for the next run.
  @discardableResult public func run(
    progress: @escaping (Progress) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false }
  ) throws(DatasetError) -> Receipt {
    try check()
    if let present = try present() { return present }
    let partial = try PartialFile(self)
    defer { partial.close() }
    let session = DownloadSession(self, partial, progress: progress, isCancelled: isCancelled)
    return try session.run()
  }

  private func check() throws(DatasetError) {
    let lower = url.lowercased()
    guard lower.hasPrefix("http://") || lower.hasPrefix("https://"),
      !url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f })
    else {
      throw DatasetError(
        .badDownload, file: url, expected: "a URL that begins with http:// or https://, without spaces",
        found: "\"\(url)\"", cure: "correct it")
    }
    for (digest, length, name) in [(sha256, 64, "SHA-256"), (md5, 32, "MD5")] {
      guard let digest else { continue }
      guard digest.utf8.count == length, digest.allSatisfy(\.isHexDigit) else {
        throw DatasetError(
          .badDownload, file: url, expected: "a \(name) of \(length) hexadecimal digits", found: "\"\(digest)\"",
          cure: "correct it")
      }
    }
  }

  private func present() throws(DatasetError) -> Receipt? {
    var status = stat()
    guard lstat(destination, &status) == 0 else { return nil }
    let taken = DatasetError(
      .alreadyExists, file: destination, expected: "no such file yet, or the one wanted",
      found: hasDigest ? "a file with another digest" : "a file, and no digest to know it by",
      cure: "move it away, or name another")
    guard hasDigest, status.st_mode & S_IFMT == S_IFREG else { throw taken }
    let digests = try Digests(file: destination)
    guard sha256 ?? digests.sha256 == digests.sha256, md5 ?? digests.md5 == digests.md5 else { throw taken }
    return Receipt(
      bytes: Int(status.st_size), sha256: digests.sha256, source: url, isVerified: true, transferred: 0)
  }
}
