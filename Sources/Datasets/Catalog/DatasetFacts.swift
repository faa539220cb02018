/// What is known of a published data set: what it holds, how its files lie, who made it, and whence it comes.
///
/// Nothing here is guessed. An address or a checksum is given only with the place where it was seen; a licence is
/// quoted from its source or said to be unknown.
public struct DatasetFacts: Codable, Hashable, Sendable {
  /// The figure that the set's results are quoted in.
  public enum Metric: String, Codable, Sendable, CaseIterable {
    /// The share of images whose highest output is the label.
    case top1 = "top1"
    /// The mean over classes of the share of a class's images that are right.
    case meanPerClass = "mean_per_class"
    /// The mean over classes of the average precision at 11 recalls (VOC2007); an image may have several labels.
    case voc11MeanAveragePrecision = "voc11_map"
    /// The mean over 15 corruptions of the error as a share of AlexNet's (Hendrycks and Dietterich, 2019).
    case meanCorruptionError = "mce"
    /// The share of images whose highest output is one of several right labels; images without labels do not count.
    case anyOfLabels = "any_of_labels"
  }

  /// A property that claims about transfer refer to.
  public enum Tag: String, Codable, Sendable, CaseIterable {
    /// Classes of one kind of thing: breeds, models, species, dishes.
    case fineGrained = "fine_grained"
    /// Most of its classes, or its images, are among ImageNet's: judged by the lists of classes, not measured.
    case overlapsSource = "overlaps_source"
  }

  /// A part of a set and how many images it has.
  public struct Part: Codable, Hashable, Sendable {
    /// "train", "test" or the set's own word.
    public var name: String
    /// How many images.
    public var n: Int
  }

  /// Whom to cite.
  public struct Citation: Codable, Hashable, Sendable {
    /// The authors' family names.
    public var authors: String
    /// When it appeared.
    public var year: Int
    /// The title.
    public var title: String
    /// Where it appeared.
    public var venue: String
  }

  /// Under what terms the set may be used.
  public struct Licence: Codable, Hashable, Sendable {
    /// The terms in short, or "not stated", or "none known".
    public var terms: String
    /// Where they were read; nil where nothing was found.
    public var seenAt: String?
  }

  /// The name in `--data` and for `data fetch`.
  public var name: String
  /// The name in print.
  public var title: String
  /// How many classes.
  public var classes: Int
  /// Its parts; "train" is trained on and "test" is measured on.
  public var parts: [Part]
  /// Height and width such as "32x32", or "varies".
  public var imageSize: String
  /// 1 for gray, 3 for red, green, blue (a set of photographs may hold gray files, too).
  public var channels: Int
  /// What its results are quoted in.
  public var metric: Metric
  /// How its folder looks.
  public var layout: String
  /// Whom to cite.
  public var citation: Citation
  /// Its page.
  public var homepage: String
  /// Its terms.
  public var licence: Licence
  /// What claims about transfer need to know.
  public var tags: Set<Tag>
  /// The files that `data fetch` may get, all of them needed.
  public var downloads: [Download]
  /// What must be done by hand first: a form, an account, a tool of the authors; nil where nothing.
  public var needsForm: String?
  /// What else a user should know.
  public var notes: String?

  enum CodingKeys: String, CodingKey {
    case name, title, classes, parts
    case imageSize = "image_size"
    case channels, metric, layout, citation, homepage, licence, tags, downloads
    case needsForm = "needs_form"
    case notes
  }

  /// How many images a part has; nil where there is no such part.
  public func count(_ part: String) -> Int? { parts.first { $0.name == part }?.n }

  /// Whether `data fetch` can get the whole set: every file has an address and nothing is to be done by hand.
  public var isFetchable: Bool {
    needsForm == nil && !downloads.isEmpty && downloads.allSatisfy { $0.url != nil }
  }
}
