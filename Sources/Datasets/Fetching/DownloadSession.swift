import CCodecs
import Foundation

/// The attempts of one download.
final class DownloadSession {
  /// What is to be done after an answer.
  enum Verdict {
    /// The body is what is wanted.
    case take
    /// All bytes are there already.
    case complete
    /// The bytes there do not belong to what the server has now.
    case restart
    /// The server asks for patience.
    case retry(String, after: Double?)
    /// It makes no sense to go on.
    case fail(DatasetError)
  }

  let download: Download
  let partial: PartialFile
  private let report: (Download.Progress) -> Void
  private let isCancelled: () -> Bool
  private var verdict: Verdict?
  private var progress = Download.Progress()
  private var source: String
  private var transferred = 0
  private var lastReport = ContinuousClock.now
  private var lastCount = 0
  /// Libcurl's own limit of this kind takes the mean of several seconds.
  private var stallStart = ContinuousClock.now
  private var stallCount = 0

  init(
    _ download: Download, _ partial: PartialFile, progress: @escaping (Download.Progress) -> Void,
    isCancelled: @escaping () -> Bool
  ) {
    self.download = download
    self.partial = partial
    report = progress
    self.isCancelled = isCancelled
    source = download.url
    lastCount = partial.count
  }

  /// Fetches the file. After a failure what has come stays for the next run, on the disk; nothing of no bytes stays.
  func run() throws(DatasetError) -> Download.Receipt {
    do throws(DatasetError) { return try attempts() } catch {
      if partial.count == 0 { partial.discard() } else { try? partial.save() }
      throw error
    }
  }

  private func attempts() throws(DatasetError) -> Download.Receipt {
    var failures = 0
    var restarts = 0
    while true {
      if isCancelled() { throw cancelled() }
      let before = partial.count
      let outcome = attempt()
      let gained = partial.count - before
      var patience: Double?
      let trouble: String
      switch (outcome.status, verdict) {
      case (_, .fail(let error)): throw error
      case (CF_STOPPED, .complete), (CF_OK, .complete):
        if let receipt = try finish(mayRestart: restarts == 0) { return receipt }
        restarts += 1
        continue
      case (CF_OK, .take):
        if outcome.excess != 0 { throw tooLong() }
        let wanted = download.bytes ?? partial.note.total ?? partial.count
        if partial.count == wanted {
          if let receipt = try finish(mayRestart: restarts == 0) { return receipt }
          restarts += 1
          continue
        }
        trouble = "the end after \(partial.count) bytes"
      case (_, .restart):
        restarts += 1
        try partial.restart()
        guard restarts <= 3 else {
          throw fault("the same file in every answer", "another each time", "try again later")
        }
        continue
      case (_, .retry(let why, let after)): (trouble, patience) = (why, after)
      default: trouble = try meaning(outcome)
      }
      try partial.save()
      failures = gained >= 1 << 20 ? 1 : failures + 1
      progress.failures += 1
      guard failures < download.policy.attempts else { throw exhausted(trouble, failures) }
      let delay = patience ?? download.policy.firstDelay * Double(1 << min(failures - 1, 20))
      try wait(min(delay, download.policy.longestDelay))
    }
  }

  /// One request; sets the verdict.
  private func attempt() -> cf_outcome {
    verdict = nil
    (stallStart, stallCount) = (ContinuousClock.now, partial.count)
    let from = partial.count
    let policy = download.policy
    let context = Unmanaged.passUnretained(self).toOpaque()
    return download.url.withCString { url in
      (partial.note.validator ?? "").withCString { validator in
        var request = cf_request(
          url: url, from: Int64(from), validator: validator, allows_downgrade: download.hasDigest ? 1 : 0,
          redirects: policy.redirects, connect_seconds: policy.connectSeconds)
        var receiver = cf_receiver(
          context: context,
          head: { context, head in DownloadSession.at(context)?.take(head.pointee) == true ? 0 : 1 },
          body: { context, bytes, count in
            DownloadSession.at(context)?.take(UnsafeRawBufferPointer(start: bytes, count: count)) == true ? 0 : 1
          },
          tick: { context in DownloadSession.at(context)?.tick() == true ? 0 : 1 })
        return cf_get(&request, &receiver)
      }
    }
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> DownloadSession? {
    context.map { Unmanaged<DownloadSession>.fromOpaque($0).takeUnretainedValue() }
  }

  private func take(_ head: cf_head) -> Bool {
    source = String(cString: head.url)
    let answer = DownloadAnswer(head)
    let verdict: Verdict
    do throws(DatasetError) { verdict = try answer.judge(download, partial) } catch { verdict = .fail(error) }
    self.verdict = verdict
    if case .take = verdict { return true }
    return false
  }

  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let most = min(download.bytes ?? .max, partial.note.total ?? .max, download.policy.limit)
    guard bytes.count <= most - partial.count else {
      verdict = .fail(tooLong())
      return false
    }
    do throws(DatasetError) { try partial.append(bytes) } catch {
      verdict = .fail(error)
      return false
    }
    transferred += bytes.count
    return tick()
  }

  private func tick() -> Bool {
    if isCancelled() {
      verdict = .fail(cancelled())
      return false
    }
    let now = ContinuousClock.now
    let policy = download.policy
    if now - stallStart > .seconds(policy.stallSeconds) {
      guard Double(partial.count - stallCount) >= Double(policy.stallRate) * Double(policy.stallSeconds) else {
        verdict = .retry("next to nothing for \(policy.stallSeconds) seconds", after: nil)
        return false
      }
      (stallStart, stallCount) = (now, partial.count)
    }
    let passed = (now - lastReport) / .seconds(1)
    if passed > 0.1 {
      let rate = Double(max(partial.count - lastCount, 0)) / passed
      let share = min(passed / 3, 1)
      progress.rate = progress.rate == 0 ? rate : progress.rate * (1 - share) + rate * share
      (lastReport, lastCount) = (now, partial.count)
      send()
    }
    return true
  }

  private func send() {
    progress.received = partial.count
    progress.total = download.bytes ?? partial.note.total
    report(progress)
  }

  private func wait(_ seconds: Double) throws(DatasetError) {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if isCancelled() { throw cancelled() }
      usleep(20_000)
    }
  }

  /// Compares the digests and gives the file its name. Wrong bytes of which some came in an earlier run are
  /// forgotten and nil is given, if that may be.
  private func finish(mayRestart: Bool) throws(DatasetError) -> Download.Receipt? {
    let digests = partial.digests
    let pairs = [("SHA-256", download.sha256, digests.sha256), ("MD5", download.md5, digests.md5)]
    for (name, expected, found) in pairs where expected ?? found != found {
      if mayRestart && transferred < partial.count {
        try partial.restart()
        return nil
      }
      partial.discard()
      throw DatasetError(
        .digestMismatch, file: download.url, expected: "\(name) \(expected ?? found)",
        found: "\(found) of \(partial.count) bytes, which were removed",
        cure: "try again; if it stays so, the file at its source is another now")
    }
    try partial.finish()
    send()
    return Download.Receipt(
      bytes: partial.count, sha256: digests.sha256, source: source, isVerified: download.hasDigest,
      transferred: transferred)
  }

  /// Why the connection failed, if another attempt may help; throws otherwise.
  private func meaning(_ outcome: cf_outcome) throws(DatasetError) -> String {
    let message = withUnsafePointer(to: outcome) { String(cString: cf_message($0)) }
    switch outcome.status {
    case CF_TIMEOUT, CF_LOST, CF_UNKNOWN: return message
    case CF_REDIRECTS:
      throw fault("at most \(download.policy.redirects) redirects", message, "look for the file's new place")
    case CF_PROTOCOL:
      throw fault(
        "http or https, and no way back from https to http", message,
        "look for the file's new place, or state its SHA-256")
    case CF_IDENTITY:
      throw fault("a server with a certificate that is trusted", message, "check clock and certificates")
    default: throw fault("an answer", message, "try again later")
    }
  }

  private func tooLong() -> DatasetError {
    let most = download.bytes ?? partial.note.total ?? download.policy.limit
    partial.discard()
    return fault("at most \(most) bytes", "more", "try again; the server or the list is wrong about the size")
  }

  private func exhausted(_ trouble: String, _ failures: Int) -> DatasetError {
    let total = (download.bytes ?? partial.note.total).map { "all \($0) bytes" } ?? "the file"
    let kept = partial.count > 0 ? ": it goes on from byte \(partial.count)" : ""
    return fault(total, "\(trouble) (attempts: \(failures))", "run it again later" + kept)
  }

  private func cancelled() -> DatasetError {
    DatasetError(
      .cancelled, file: download.url, expected: "to fetch it whole",
      found: "the wish to stop after \(partial.count) bytes",
      cure: "run it again: it goes on there")
  }

  private func fault(_ expected: String, _ found: String, _ cure: String) -> DatasetError {
    DatasetError(.badDownload, file: download.url, expected: expected, found: found, cure: cure)
  }
}
