import Foundation
import TestSupport
import Testing

@testable import Datasets

/// What `data verify` finds in sets with planted faults.
@Suite struct PictureVerificationTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func large(_ stream: UInt64) throws -> Bitmap { try scene(stream, width: 96, height: 72) }

  /// Two splits of two classes with five pictures each, all different.
  func writeClean() throws {
    var stream: UInt64 = 1
    for name in ["train/cat", "train/dog", "test/cat", "test/dog"] {
      for place in 0..<5 {
        try folder.write("\(name)/\(place).jpg", large(stream).jpeg(quality: 90))
        stream += 1
      }
    }
  }

  func verify() throws -> SetVerification { try SetVerification(DataReference(parsing: "folder:\(folder.path)")) }

  @Test func aCleanSet() throws {
    try writeClean()
    var heard: [Int] = []
    let set = try DataReference(parsing: "folder:\(folder.path)")
    let found = try SetVerification(set) { done, of in
      #expect(of == 20)
      heard.append(done)
    }
    #expect(heard == Array(1...20))
    #expect(found.n == 20 && found.splits == [.train: 10, .test: 10] && found.dataset == set.description)
    #expect(found.bad.isEmpty && found.duplicates.isEmpty && found.anomalies.isEmpty)
    #expect(found.labelIssues.isEmpty && found.classMap == nil)
  }

  /// Files that are no pictures by their names are counted, not hidden; pictures of formats that are not read are bad.
  @Test func otherFiles() throws {
    try writeClean()
    for name in ["train/cat/notes.txt", "train/dog/a.TXT", "test/cat/boxes.xml", "test/dog/README", "test/dog/.hidden"]
    {
      try folder.write(name, "text".utf8)
    }
    try folder.write("train/cat/c.webp", Array("RIFF0000WEBPVP8 ".utf8))
    let found = try verify()
    #expect(found.passedOver.endings == ["txt": 2, "xml": 1, "": 1])
    #expect(found.passedOver.description == "4 files that are no pictures by name (.txt 2, no ending 1, .xml 1)")
    #expect(found.bad.map(\.file) == ["train/cat/c.webp"] && found.bad[0].reason.contains("WebP"))
    var set = try DataReference(parsing: "folder:\(folder.path)")
    set.onBadImage = .skip
    let info = try DatasetInfo(set)
    #expect(info.splits[.train]?.passedOver?.endings == ["txt": 2] && info.splits[.test]?.passedOver?.count == 2)
    let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(found)) as? [String: Any]
    #expect(json?["passed_over"] as? [String: Int] == ["txt": 2, "xml": 1, "": 1])
    let back = try JSONDecoder().decode(FilesPassedOver.self, from: JSONEncoder().encode(found.passedOver))
    #expect(back == found.passedOver)
  }

  @Test func badPicturesAndCopies() throws {
    try writeClean()
    let cat = try large(1)
    try folder.write("train/cat/broken.jpg", large(50).jpeg(quality: 90).dropLast(900))
    try folder.write("test/dog/text.png", "not a picture".utf8)
    // An exact copy across splits, under another label; a near one, smaller and saved again; one inside a class.
    try folder.write("test/dog/leak.jpg", cat.jpeg(quality: 90))
    try folder.write("test/cat/small.jpg", large(2).resized(width: 64, height: 48).jpeg(quality: 60))
    try folder.write("train/dog/twin.jpg", large(6).jpeg(quality: 90))
    let found = try verify()
    #expect(found.n == 25 && found.splits == [.train: 12, .test: 13])
    #expect(found.bad.map(\.file) == ["train/cat/broken.jpg", "test/dog/text.png"])
    #expect(found.bad[0].reason.hasPrefix("truncated") && found.bad[1].reason.hasPrefix("unknown format"))
    func described(_ copies: SetVerification.Copies) -> String {
      "\(copies.kind)\(copies.crossesSplits ? " crosses" : "")\(copies.labelsConflict ? " conflicts" : ""): "
        + copies.members.map { "\($0.split) \($0.label) \($0.file)" }.joined(separator: ", ")
    }
    #expect(
      found.duplicates.map(described) == [
        "exact crosses conflicts: train cat train/cat/0.jpg, test dog test/dog/leak.jpg",
        "exact: train dog train/dog/0.jpg, train dog train/dog/twin.jpg",
        "near crosses: train cat train/cat/1.jpg, test cat test/cat/small.jpg",
      ])
    let json = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(found)) as? [String: Any])
    let first = try #require((json["duplicates"] as? [[String: Any]])?.first)
    #expect(first["crosses_splits"] as? Bool == true && first["labels_conflict"] as? Bool == true)
    #expect((json["label_issues"] as? [Any])?.isEmpty == true)
  }

  @Test func classLists() throws {
    try writeClean()
    try folder.makeFolder("train/empty")
    try folder.write("test/Dog/1.jpg", large(60).jpeg(quality: 90))
    let anomalies = try verify().anomalies
    #expect(
      anomalies == [
        "train has no image of 1 classes: empty", "test has fewer than 5 images of 1 classes: Dog",
        "train lacks 1 classes of other splits: Dog", "test lacks 1 classes of other splits: empty",
        "2 classes have different numbers in train and test, the first is cat",
        "names that differ only in spelling: Dog | dog",
      ])
  }

  /// Sets with pixels in memory are looked at as well.
  @Test func residentSamples() throws {
    let (a, b) = (try scene(1, width: 32, height: 32), try scene(2, width: 32, height: 32))
    func file(_ name: String, _ records: [(UInt8, Bitmap)]) throws -> String {
      try folder.write(name, records.flatMap { [$0.0] + $0.1.planes() })
    }
    let set = DataReference(
      dataset: "cifar", train: [try file("train.bin", [(0, a), (1, b)])], test: [try file("test.bin", [(2, a)])])
    let found = try SetVerification(set)
    #expect(found.duplicates.count == 1 && found.bad.isEmpty)
    #expect(found.duplicates.first?.members.map(\.file) == ["train 0", "test 0"])
    #expect(found.duplicates.first?.labelsConflict == true && found.duplicates.first?.crossesSplits == true)
  }

  // MARK: Outputs

  static let classes = 5
  static let each = 40

  /// Test pictures of five classes, forty each, in the order of the set.
  func writeMany() throws -> SetVerification {
    for label in 0..<Self.classes {
      for place in 0..<Self.each {
        let picture = try scene(UInt64(1000 * label + place), width: 16, height: 16)
        try folder.write("test/c\(label)/\(100 + place).png", picture.png())
      }
    }
    try folder.write("train/c0/1.png", scene(9999).png())
    return try verify()
  }

  /// A model that names the class `class(row)` with probability 0.6 to 0.9; 0.9 for the rows of which it is sure.
  func outputs(_ columns: Int = 5, sure: Set<Int> = [], class: (Int) -> Int) throws -> ClassOutputs {
    let rows = Self.classes * Self.each
    var values: [Double] = []
    for row in 0..<rows {
      let most = sure.contains(row) ? 0.9 : 0.6 + 0.3 * counterUniform(3, row)
      for column in 0..<columns {
        values.append(column == `class`(row) ? most : (1 - most) / Double(columns - 1))
      }
    }
    return try ClassOutputs(values, count: rows, classes: columns)
  }

  @Test func outputsThatAgree() throws {
    var found = try writeMany()
    try found.judge(outputs { $0 / Self.each }, split: .test)
    #expect(found.classMap == "labels and outputs number the classes alike (100.0 % right on 100 pictures)")
    #expect(found.labelIssues.isEmpty)
    // More columns than the set has classes: those of a model that knows others, too.
    try found.judge(outputs(7) { $0 / Self.each }, split: .test)
    #expect(found.classMap?.hasPrefix("labels and outputs number the classes alike") == true)
  }

  @Test(arguments: [1, 2, 4]) func outputsWithShiftedLabels(shift: Int) throws {
    var found = try writeMany()
    try found.judge(outputs { ($0 / Self.each + shift) % Self.classes }, split: .test)
    let words = try #require(found.classMap)
    #expect(
      words.hasPrefix(
        "labels and outputs number the classes differently (shifted by \(shift)): 0.0 % right as they are")
    )
    #expect(words.contains("100.0 % under that map (p = 1e-"))
  }

  @Test func outputsOfAnotherModel() throws {
    var found = try writeMany()
    try found.judge(outputs { Int(counterUniform(8, $0) * 5) }, split: .test)
    #expect(found.classMap?.hasPrefix("undecided: ") == true)
  }

  /// The pictures planted under a wrong label are named, with the right one, and no others. The model is sure of them: one
  /// less likely than its class's average is no evidence to confident learning.
  @Test func plantedLabelErrors() throws {
    var found = try writeMany()
    let planted = [3: 1, 41: 4, 42: 0, 90: 3, 133: 0, 199: 2]
    try found.judge(outputs(sure: Set(planted.keys)) { planted[$0] ?? $0 / Self.each }, split: .test)
    let expected = planted.map { row, suggestion in
      "test/c\(row / Self.each)/\(100 + row % Self.each).png: c\(row / Self.each), c\(suggestion)"
    }
    #expect(Set(found.labelIssues.map { "\($0.file): \($0.label), \($0.suggestion)" }) == Set(expected))
    #expect(found.labelIssues.count == planted.count && found.labelIssues.allSatisfy { $0.selfConfidence <= 0.1 })
    #expect(found.classMap?.hasPrefix("labels and outputs number the classes alike (9") == true)
  }

  @Test func outputsThatDoNotFit() throws {
    var found = try writeMany()
    let right = try outputs { $0 / Self.each }
    let train = fault { () throws(DatasetError) in try found.judge(right, split: .train) }
    #expect(train?.kind == .countMismatch && train?.found == "200")
    let few = try outputs(4) { $0 / 50 }
    #expect(fault { () throws(DatasetError) in try found.judge(few, split: .test) }?.kind == .countMismatch)
    try FileManager.default.removeItem(atPath: folder.path + "/train")
    var testOnly = try verify()
    #expect(fault { () throws(DatasetError) in try testOnly.judge(right, split: .train) }?.kind == .badReference)
  }
}
