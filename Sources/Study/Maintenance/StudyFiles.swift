import Foundation

/// Where the files of a study's stages lie.
struct StudyFiles {
  /// Folder of the study.
  let directory: URL

  var runs: URL { directory.appendingPathComponent("runs") }

  func folder(ofRun digest: String) -> URL { runs.appendingPathComponent(digest) }

  /// Files that a stage leaves for later ones.
  func products(of stage: StageRecord) -> [URL] {
    let folder = folder(ofRun: stage.runDigest)
    switch stage.kind {
    case .train: return [folder.appendingPathComponent("weights.safetensors")]
    case .extract:
      return ["train", "test"].map {
        folder.appendingPathComponent("features/\(stage.digest.prefix(16))-\($0).safetensors")
      }
    default: return []
    }
  }

  /// The file that holds all of a stage's results, where it keeps one.
  func result(of stage: StageRecord) -> URL {
    folder(ofRun: stage.runDigest).appendingPathComponent(
      "results/\(stage.kind.rawValue)-\(stage.digest.prefix(16)).json")
  }

  /// Bytes of a file, or of everything in a folder; links count as nothing.
  static func bytes(of url: URL) -> Int {
    let keys: [URLResourceKey] = [.isRegularFileKey, .fileSizeKey]
    func size(_ file: URL) -> Int {
      let values = try? file.resourceValues(forKeys: Set(keys))
      return values?.isRegularFile == true ? values?.fileSize ?? 0 : 0
    }
    var sum = size(url)
    let files = FileManager.default.enumerator(at: url, includingPropertiesForKeys: keys)
    while let file = files?.nextObject() as? URL { sum += size(file) }
    return sum
  }

  /// Names in a folder, sorted; none where it is missing.
  static func names(in folder: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// Whether a text is a digest, or the beginning of one, in hexadecimal digits.
  static func isDigest(_ text: some StringProtocol, length: Int) -> Bool {
    text.utf8.count == length && text.allSatisfy { ("0"..."9").contains($0) || ("a"..."f").contains($0) }
  }
}
