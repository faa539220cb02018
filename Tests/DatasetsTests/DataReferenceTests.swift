import Foundation
import Testing

@testable import Datasets

@Suite struct DataReferenceTests {
  @Test func parsing() throws {
    #expect(try DataReference(parsing: "glyphs") == DataReference(dataset: "glyphs"))
    #expect(try DataReference(parsing: "glyphs:hue") == DataReference(dataset: "glyphs", labels: "hue"))
    #expect(
      try DataReference(parsing: "fashion-mnist:/a/b:c")
        == DataReference(dataset: "fashion-mnist", directory: "/a/b:c"))
    #expect(try DataReference(parsing: "idx:i,l") == DataReference(dataset: "idx", train: ["i", "l"]))
    #expect(try DataReference(parsing: "cifar:a,b,c").train == ["a", "b", "c"])
    for text in ["glyphs", "glyphs:hue", "mnist:x/y", "idx:i,l", "cifar:a,b"] {
      #expect(try DataReference(parsing: text).description == text)
    }
  }

  /// A path by itself says what it is.
  @Test func paths() throws {
    let folder = try TemporaryFolder()
    for name in ["p.pack", "a.TAR", "b.tar.gz", "c.tgz", "l.csv", "n.txt", "x.zip"] { _ = try folder.put(name, [1]) }
    func read(_ name: String) throws -> DataReference { try DataReference(parsing: folder.path + name) }
    #expect(try read("") == DataReference(dataset: "folder", directory: folder.path))
    #expect(try read("/p.pack") == DataReference(dataset: "pack", directory: folder.path + "/p.pack"))
    for name in ["/a.TAR", "/b.tar.gz", "/c.tgz"] {
      #expect(try read(name) == DataReference(dataset: "shards", train: [folder.path + name]))
    }
    for name in ["/l.csv", "/n.txt"] {
      #expect(try read(name) == DataReference(dataset: "list", directory: folder.path + name))
    }
    func found(_ text: String) -> DatasetError? {
      fault { () throws(DatasetError) in _ = try DataReference(parsing: text) }
    }
    #expect(found(folder.path + "/x.zip")?.kind == .wrongKindOfFile)
    #expect(found(folder.path + "/none")?.kind == .missing && found("./none")?.kind == .missing)
    #expect(try DataReference(parsing: "folder:~/x").directory == NSHomeDirectory() + "/x")
  }

  @Test func misuse() throws {
    func found(_ text: String) -> DatasetError? {
      fault { () throws(DatasetError) in _ = try DataReference(parsing: text) }
    }
    #expect(found("fashion_mnist:x")?.kind == .unknownName)
    #expect(found("fashion_mnist:x")?.expected.hasPrefix("a data set such as fashion-mnist, ") == true)
    for text in ["mnist", "mnist:", "idx:a", "idx:a,b,c", "idx", "cifar:", "cifar:a,,b", "glyphs:colour"] {
      #expect(found(text)?.kind == .badReference, "\(text)")
    }
    #expect(found("glyphs:cuorse")?.expected.contains(": coarse, ") == true)
    #expect(found("")?.kind == .unknownName)
  }

  @Test func values() throws {
    func kind(_ change: (inout DataReference) -> Void) -> DatasetError.Kind? {
      var set = DataReference(dataset: "glyphs", samples: [.train: 20, .test: 10])
      change(&set)
      return fault { [set] () throws(DatasetError) in _ = try set.load(.train) }?.kind
    }
    #expect(kind { _ in } == nil)
    #expect(kind { $0.fraction = 0 } == .badReference)
    #expect(kind { $0.fraction = .nan } == .badReference)
    #expect(kind { $0.fraction = 1.5 } == .badReference)
    #expect(kind { $0.classes = [] } == .badReference)
    #expect(kind { $0.classes = [1, 1] } == .badReference)
    #expect(kind { $0.classes = [10] } == .badReference)
    #expect(kind { $0.classes = [-1] } == .badReference)
    #expect(kind { $0.samples = [.train: 0] } == .badReference)
    #expect(kind { $0.samples = [.train: .max] } == .badReference)
    #expect(kind { $0.labels = "missing.csv" } == .missing)
  }

  @Test func codable() throws {
    let all = DataReference(
      dataset: "cifar", directory: "d", train: ["a"], test: ["b"], classCount: 43, classes: [1, 0],
      labels: "m.csv",
      groups: "g.txt", fraction: 0.5, samples: [.train: 4, .test: 2], seed: 9)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(all), as: UTF8.self)
    #expect(text.contains(#""class_count":43"#) && text.contains(#""samples":{"test":2,"train":4}"#))
    #expect(try JSONDecoder().decode(DataReference.self, from: Data(text.utf8)) == all)
    let short = DataReference(dataset: "glyphs")
    #expect(String(decoding: try encoder.encode(short), as: UTF8.self) == #"{"dataset":"glyphs"}"#)
    #expect(try JSONDecoder().decode(DataReference.self, from: Data(#"{"dataset":"glyphs"}"#.utf8)) == short)
  }

  @Test func relativePaths() throws {
    let root = URL(fileURLWithPath: "/data")
    let set = DataReference(dataset: "cifar", train: ["a/b", "/c"], labels: "m.csv", groups: "g")
    let found = set.resolved(against: root)
    #expect(found.train == ["/data/a/b", "/c"] && found.labels == "/data/m.csv" && found.groups == "/data/g")
    #expect(DataReference(dataset: "glyphs", labels: "hue").resolved(against: root).labels == "hue")
  }

  @Test func classesAndTheirComplement() throws {
    let set = DataReference(dataset: "glyphs", classes: [7, 2, 4], samples: [.train: 200, .test: 50])
    let whole = Glyphs.draw(count: 200, split: .train)
    let some = try set.load(.train)
    #expect(some.classNames == [7, 2, 4].map { whole.classNames[$0] })
    #expect(some.labels == whole.labels.compactMap { [7, 2, 4].firstIndex(of: $0) })
    let others = try set.complement()
    #expect(others.classes == [0, 1, 3, 5, 6, 8, 9])
    #expect(try some.count + others.load(.train).count == 200)
    #expect(throws: DatasetError.self) { try DataReference(dataset: "glyphs").complement() }
    #expect(throws: DatasetError.self) {
      try DataReference(dataset: "glyphs", classes: Array(0..<9)).complement()
    }
  }

  @Test func information() throws {
    let set = DataReference(dataset: "glyphs", samples: [.train: 30, .test: 20])
    let info = try DatasetInfo(set)
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(info)) as? [String: Any]
    #expect(object?["n"] as? Int == 30 && object?["classes"] as? Int == 10)
    #expect((object?["per_class"] as? [Int])?.reduce(0, +) == 30)
    #expect(object?["shape"] as? [Int] == [3, 32, 32] && object?["split"] as? String == "train")
    let test = (object?["splits"] as? [String: Any])?["test"] as? [String: Any]
    #expect(test?["n"] as? Int == 20 && (test?["sha256"] as? String)?.count == 64)
    let path = try DatasetInfo(set, split: .test)
    #expect(path.split == .test)
  }
}
