import Crypto
import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What the packages state, written by `Fixtures/catalog.py`.
private struct Published: Decodable {
  struct Entry: Decodable {
    var bytes: Int
    var sha256: String
  }
  /// By checksum file and address.
  var tfds: [String: Entry]
  /// Every MD5 in a file.
  var torchvision: [String: [String]]
}

@Suite struct CatalogTests {
  let all = DatasetFacts.standard

  @Test func namesAreUniqueAndFindable() throws {
    #expect(Set(all.map(\.name)).count == all.count && all.count == 36)
    for facts in all { #expect(try DatasetFacts.find(facts.name) == facts) }
    #expect(fault { () throws(DatasetError) in _ = try DatasetFacts.find("food-101") }?.kind == .unknownName)
    let formats = ["folder", "list", "pack"]
    for entry in DatasetEntry.standard where entry.source == .folder && !formats.contains(entry.name) {
      #expect(throws: Never.self) { try DatasetFacts.find(entry.name) }
    }
  }

  /// The splits and metrics of the study's protocol.
  @Test func transferSets() throws {
    let expected: [(String, Int, Int, Int, DatasetFacts.Metric)] = [
      ("food101", 101, 75_750, 25_250, .top1), ("cifar10", 10, 50_000, 10_000, .top1),
      ("cifar100", 100, 50_000, 10_000, .top1), ("birdsnap", 500, 47_386, 2_443, .top1),
      ("sun397", 397, 19_850, 19_850, .top1), ("cars", 196, 8_144, 8_041, .top1),
      ("pets", 37, 3_680, 3_669, .meanPerClass), ("flowers102", 102, 2_040, 6_149, .meanPerClass),
      ("aircraft", 100, 6_667, 3_333, .meanPerClass), ("dtd", 47, 3_760, 1_880, .top1),
      ("caltech101", 102, 3_060, 6_085, .meanPerClass), ("voc2007", 20, 5_011, 4_952, .voc11MeanAveragePrecision),
    ]
    for (name, classes, train, test, metric) in expected {
      let facts = try DatasetFacts.find(name)
      #expect(facts.classes == classes && facts.metric == metric, "\(name)")
      #expect(facts.count("train") == train && facts.count("test") == test, "\(name)")
    }
    let fineGrained = all.filter { $0.tags.contains(.fineGrained) }.map(\.name)
    #expect(Set(fineGrained).isSuperset(of: ["food101", "birdsnap", "cars", "pets", "flowers102", "aircraft"]))
  }

  /// An address or checksum without a place where it was seen would be a guess.
  @Test func everythingIsCited() {
    for facts in all {
      #expect(!facts.homepage.isEmpty && !facts.citation.title.isEmpty && !facts.parts.isEmpty)
      #expect(facts.licence.seenAt != nil || facts.licence.terms == "none known", "\(facts.name)")
      for download in facts.downloads {
        let what = Comment(rawValue: "\(facts.name): \(download.file)")
        #expect(!download.seenAt.isEmpty, what)
        #expect(download.sha256 != nil || download.md5 != nil, what)
        #expect(download.url != nil || facts.needsForm != nil, what)
        let isHex = { (text: String, count: Int) in
          text.count == count && text.allSatisfy { "0123456789abcdef".contains($0) }
        }
        if let sha256 = download.sha256 { #expect(isHex(sha256, 64), what) }
        if let md5 = download.md5 { #expect(isHex(md5, 32), what) }
        if let url = download.url { #expect(URL(string: url)?.scheme?.hasPrefix("http") == true, what) }
      }
    }
  }

  /// The checksums are letter for letter those of the packages cited.
  @Test func checksumsAreThoseCited() throws {
    let published = try fixture(Published.self, "catalog.json")
    var (sha256, md5) = (0, 0)
    for download in all.flatMap(\.downloads) {
      for source in download.seenAt {
        let what = Comment(rawValue: "\(download.file) in \(source)")
        if source.repository.hasPrefix("tensorflow-datasets"), let found = download.sha256 {
          let path = source.path.replacingOccurrences(of: "tensorflow_datasets/", with: "")
          let entries = published.tfds.filter { $0.key.hasPrefix(path + " ") && $0.value.sha256 == found }
          #expect(entries.contains { $0.value.bytes == download.bytes }, what)
          #expect(
            entries.contains { $0.key.contains(download.file) || $0.key.hasSuffix(" " + (download.url ?? "-")) }, what)
          sha256 += 1
        }
        if source.repository.hasPrefix("torchvision"), let found = download.md5 {
          let file = source.path.replacingOccurrences(of: "torchvision/datasets/", with: "")
          #expect(published.torchvision[file]?.contains(found) == true, what)
          md5 += 1
        }
      }
    }
    #expect(sha256 > 40 && md5 > 20)
  }

  /// Real files have the sizes and checksums of the list.
  @Test(.enabled(if: hasSharedFolder, Comment(rawValue: sharedReason))) func realFiles() throws {
    let folder = try #require(sharedFolder).appendingPathComponent("data")
    for name in ["mnist", "fashion-mnist"] {
      for download in try DatasetFacts.find(name).downloads {
        let bytes = try Data(contentsOf: folder.appendingPathComponent(name).appendingPathComponent(download.file))
        #expect(bytes.count == download.bytes)
        #expect(SHA256.hash(data: bytes).hexadecimal == download.sha256)
        #expect(Insecure.MD5.hash(data: bytes).hexadecimal == download.md5)
      }
    }
  }

  @Test func imageNetClasses() {
    let ids = ImageNetClasses.wordNetIDs
    #expect(ids.count == 1000 && ids == Array(Set(ids)).sorted() && ids[0] == "n01440764" && ids[999] == "n15075141")
    // Read off eval.py of hendrycks/natural-adv-examples.
    let adversarial = ImageNetClasses.numbers(of: ImageNetClasses.adversarial)
    #expect(adversarial.prefix(10) == [6, 11, 13, 15, 17, 22, 23, 27, 30, 37] && adversarial.count == 200)
    #expect(adversarial.suffix(8) == [971, 972, 980, 981, 984, 986, 987, 988] && adversarial[100] == 496)
    #expect([38, 50, 74, 125, 138, 150, 175, 190].map { adversarial[$0] } == [207, 307, 397, 640, 736, 780, 897, 957])
    // Read off eval.py of hendrycks/imagenet-r.
    let renditions = ImageNetClasses.renditions
    #expect(renditions.prefix(3) == ["n01443537", "n01484850", "n01494475"] && renditions.count == 200)
    #expect(ImageNetClasses.numbers(of: renditions).count == 200 && renditions.contains("n07768694"))
    let mask = ImageNetClasses.mask(of: renditions)
    #expect(mask.count == 1000 && mask.filter { $0 }.count == 200 && mask[1] && !mask[0])
    #expect(ImageNetClasses.numbers(of: ["n00000000"]).isEmpty)
  }

  @Test func meanCorruptionError() throws {
    var errors: [String: [Double]] = [:]
    for corruption in CorruptionBenchmark.corruptions {
      errors[corruption.name] = [Double](repeating: corruption.alexNetError, count: 5)
    }
    #expect(CorruptionBenchmark.corruptions.count == 15)
    #expect(abs(try #require(CorruptionBenchmark.meanCorruptionError(errors)) - 1) < 1e-12)
    errors["fog"] = [0, 0, 0, 0, 0.819324]
    let expected = (14 + 0.2) / 15
    #expect(abs(try #require(CorruptionBenchmark.meanCorruptionError(errors)) - expected) < 1e-12)
    errors["snow"] = [0.5]
    #expect(CorruptionBenchmark.meanCorruptionError(errors) == nil)
  }

  @Test func text() throws {
    let table = DatasetFacts.table()
    #expect(table.count == all.count + 1 && table[0].hasPrefix("name"))
    let food = try #require(table.first { $0.hasPrefix("food101") })
    #expect(food.contains("75,750") && food.contains("data fetch") && food.hasSuffix("fine_grained"))
    #expect(table.contains { $0.hasPrefix("imagenet ") && $0.contains("1,281,167") && $0.contains("by hand") })
    let details = try DatasetFacts.find("imagenet-c").details.joined(separator: "\n")
    #expect(details.contains("Hendrycks, Dietterich (2019)") && details.contains("2d8e81fdd8e07fef67b9334fa635e45c"))
    #expect(details.contains("seen at  github.com/hendrycks/robustness: README.md"))
    #expect(DatasetFacts.grouped(1_234_567) == "1,234,567" && DatasetFacts.grouped(12) == "12")
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(try DatasetFacts.find("cars")))
    let keys = (json as? [String: Any])?.keys.sorted() ?? []
    #expect(keys.contains("image_size") && keys.contains("downloads") && !keys.contains("needsForm"))
  }
}
