import Foundation
import Testing

@testable import Datasets

@Suite struct LabelFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func map(_ text: String, _ labels: [Int], classes: Int) throws -> Samples {
    try LabelMap(folder.write("map.csv", text.utf8)).applied(to: dots(labels, classes: classes))
  }

  @Test func labelMaps() throws {
    var found = try map("class,label\n0,animal\nc1,vehicle\r\n\"2\" , animal\n", [2, 1, 0, 0], classes: 3)
    #expect(found.labels == [0, 1, 0, 0] && found.classNames == ["animal", "vehicle"])
    found = try map("0,10\n1,7\n2,07\n", [0, 1, 2], classes: 3)
    #expect(found.labels == [1, 0, 0] && found.classNames == ["7", "10"])
  }

  @Test func labelMapFaults() throws {
    for text in ["0,a\n", "0,a\n1\n", "0,a\n1,b\n1,c\n", "0,a\n1,b\n2,c\n", "0,a\nx,b\n", "", "0,a\n1,\n"] {
      do {
        _ = try map(text, [0, 1], classes: 2)
        Issue.record("\(text) was taken")
      } catch let error as DatasetError {
        #expect(error.kind == (text.isEmpty ? .empty : .badText))
      }
    }
    let bytes = try folder.write("latin1.csv", [0x30, 0x2c, 0xe9, 0x0a])
    #expect(fault { () throws(DatasetError) in _ = try LabelMap(bytes) }?.kind == .badText)
  }

  @Test func groups() throws {
    let index = try folder.write(
      "index.txt", "00024/00002_00002.ppm\n00024/00002_00024.ppm\n00037/00002_00001.ppm\n".utf8)
    #expect(try GroupFile.read(index, count: 3) == [0, 0, 1])
    let table = try folder.write("groups.csv", "image,group\na.png,left_1\nb.png,left_2\nc.png,left_1".utf8)
    #expect(try GroupFile.read(table, count: 3) == [0, 1, 0])
    #expect(
      fault { () throws(DatasetError) in _ = try GroupFile.read(table, count: 5) }?.kind == .countMismatch)
    #expect(GroupFile.key(of: "track_1/000.ppm") == "track_1/000.ppm")
  }

  @Test func groupsOfAReference() throws {
    let file = try folder.write("a.bin", cifar((0..<6).map { [UInt8($0 % 2)] }))
    let groups = try folder.write("groups.csv", "g\n1\n1\n2\n2\n3\n3\n".utf8)
    let set = DataReference(dataset: "cifar", train: [file], groups: groups)
    #expect(try set.loadStored(.train).groups == [0, 0, 1, 1, 2, 2])
    // One split only: divided by groups.
    let train = try #require(try set.load(.train).groups)
    let test = try #require(try set.load(.test).groups)
    #expect(Set(train).isDisjoint(with: Set(test)) && train.count + test.count == 6)
  }
}
