import CCodecs
import Foundation

/// What the server says before the body, and what that means for the bytes that are there already.
struct DownloadAnswer {
  private let status: Int
  private let length: Int?
  private let rangeStart: Int?
  private let rangeTotal: Int?
  private let retryAfter: Int?
  private let validator: String?
  private let type: String
  private let source: String

  init(_ head: cf_head) {
    func known(_ value: Int64) -> Int? { value < 0 ? nil : Int(value) }
    status = head.status
    length = known(head.length)
    rangeStart = known(head.range_start)
    rangeTotal = known(head.range_total)
    retryAfter = known(head.retry_after)
    type = String(cString: head.type).lowercased()
    source = String(cString: head.url)
    let etag = String(cString: head.etag)
    let modified = String(cString: head.modified)
    // A weak tag (W/) does not promise equal bytes, and If-Range may not carry it.
    let best = etag.isEmpty || etag.hasPrefix("W/") ? modified : etag
    validator = best.isEmpty || best.utf8.contains { $0 < 0x20 } ? nil : best
  }

  /// What to do; the partial file is made ready for the body where that is wanted.
  func judge(_ download: Download, _ partial: PartialFile) throws(DatasetError) -> DownloadSession.Verdict {
    switch status {
    case 200:
      // Also where a part was asked for: the server has no parts, or the file has changed.
      if partial.count > 0 { try partial.restart() }
      try check(total: length, download, partial)
      partial.describe(validator: validator, total: length)
      return .take
    case 206:
      let known = partial.note
      let total = rangeTotal ?? known.total
      guard partial.count > 0 else { return .fail(refusal(download, "a part that nobody asked for")) }
      let isNext = rangeStart == partial.count && (known.validator ?? validator) == validator
      let isSameSize = (known.total ?? total) == total && (download.bytes ?? total) == total
      let isRest = length == nil || total == nil || length == total.map { $0 - partial.count }
      guard isNext, isSameSize, isRest else { return .restart }
      try check(total: total, download, partial)
      partial.describe(validator: validator, total: total)
      return .take
    case 416 where partial.count > 0:
      let isWhole = rangeTotal == partial.count && download.bytes ?? partial.count == partial.count
      return isWhole && partial.note.validator ?? validator == validator ?? partial.note.validator
        ? .complete : .restart
    case 408, 425, 429, 500...599:
      return .retry("HTTP status \(status)", after: retryAfter.map(Double.init))
    default: return .fail(refusal(download, "HTTP status \(status)"))
    }
  }

  private func check(total: Int?, _ download: Download, _ partial: PartialFile) throws(DatasetError) {
    if let total, let bytes = download.bytes, total != bytes {
      throw DatasetError(
        .badDownload, file: download.url, expected: "\(bytes) bytes",
        found: "\(total) announced" + (isPage ? ", of a web page" : ""),
        cure: "look at \(source) with a browser: the file may have moved or changed")
    }
    if isPage && !download.hasDigest && !download.destination.lowercased().contains(".htm") {
      throw DatasetError(
        .badDownload, file: download.url, expected: "a file", found: "a web page (\(type))",
        cure: "look at \(source) with a browser: it may ask for a consent or a login")
    }
    let most = total ?? download.bytes ?? 0
    guard most <= download.policy.limit else {
      throw DatasetError(
        .tooLarge, file: download.url, expected: "at most \(download.policy.limit) bytes", found: "\(most) announced",
        cure: "raise the limit if the file is right")
    }
    let folder = (download.destination as NSString).deletingLastPathComponent
    try DiskSpace.require(most - partial.count, in: folder.isEmpty ? "." : folder, for: download.url)
  }

  private var isPage: Bool { type.hasPrefix("text/html") }

  private func refusal(_ download: Download, _ found: String) -> DatasetError {
    let cure =
      switch status {
      case 401, 403, 407: "it may need a login or a form; see the data set's own page"
      case 404, 410: "the file is not there any more; look for its new place"
      default: "look at \(source) with a browser"
      }
    return DatasetError(
      .badDownload, file: download.url, expected: "HTTP status 200 or 206", found: found, cure: cure)
  }
}
