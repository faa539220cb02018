extension DatasetFacts {
  /// A public text in which an address or a checksum was read.
  public struct Source: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Repository or package, with the version where it is a package.
    public var repository: String
    /// The file in it.
    public var path: String

    /// "repository: path".
    public var description: String { "\(repository): \(path)" }

    /// A file of the package tensorflow-datasets 4.9.10 (checksums are SHA-256, sizes in bytes).
    static func tfds(_ path: String) -> Source {
      Source(repository: "tensorflow-datasets 4.9.10", path: "tensorflow_datasets/" + path)
    }

    /// A file of the package torchvision 0.28.0 (checksums are MD5).
    static func torchvision(_ file: String) -> Source {
      Source(repository: "torchvision 0.28.0", path: "torchvision/datasets/" + file)
    }

    /// A file of a GitHub repository.
    static func github(_ repository: String, _ path: String) -> Source {
      Source(repository: "github.com/" + repository, path: path)
    }
  }

  /// A file of a set.
  public struct Download: Codable, Hashable, Sendable {
    /// Its name on disk.
    public var file: String
    /// Whence it comes; nil where it must be had by hand.
    public var url: String?
    /// Its size in bytes; nil where unknown.
    public var bytes: Int?
    /// Its SHA-256, hexadecimal; nil where unknown.
    public var sha256: String?
    /// Its MD5, hexadecimal; nil where unknown.
    public var md5: String?
    /// Where the address, size and checksums were read.
    public var seenAt: [Source]

    enum CodingKeys: String, CodingKey {
      case file, url, bytes, sha256, md5
      case seenAt = "seen_at"
    }

    init(
      _ file: String, _ url: String?, bytes: Int? = nil, sha256: String? = nil, md5: String? = nil,
      seenAt: Source...
    ) {
      self.file = file
      self.url = url
      self.bytes = bytes
      self.sha256 = sha256
      self.md5 = md5
      self.seenAt = seenAt
    }
  }
}

extension DatasetFacts.Licence {
  /// Nothing about terms was found.
  static let noneKnown = DatasetFacts.Licence(terms: "none known", seenAt: nil)

  /// Terms and where they were read.
  static func stated(_ terms: String, at place: String) -> DatasetFacts.Licence {
    DatasetFacts.Licence(terms: terms, seenAt: place)
  }

  /// The place was read and names no terms.
  static func notStated(at place: String) -> DatasetFacts.Licence {
    DatasetFacts.Licence(terms: "not stated", seenAt: place)
  }

  /// The images are those of ImageNet.
  static let imageNet = stated(
    "ImageNet's: non-commercial research and education; the photographs stay their owners'",
    at: "quoted by others; the terms themselves are shown by image-net.org at registration")
}

extension DatasetFacts.Part {
  /// The two usual parts.
  static func split(train: Int, test: Int) -> [DatasetFacts.Part] {
    [DatasetFacts.Part(name: "train", n: train), DatasetFacts.Part(name: "test", n: test)]
  }
}
