import Foundation
import Testing

@testable import Datasets

/// What is expected of sets whose files are not there.
@Suite struct ExpectedSplitTests {
  func reference(_ dataset: String, _ change: (inout DataReference) -> Void = { _ in }) -> DataReference {
    var reference = DataReference(dataset: dataset, directory: "/nowhere/\(dataset)")
    change(&reference)
    return reference
  }

  @Test func publishedCounts() throws {
    let train = try #require(try reference("imagenet").expected(.train))
    #expect(
      train == ExpectedSplit(count: 1_281_167, classes: 1000, shape: ImageShape(channels: 3, height: 224, width: 224)))
    #expect(try reference("imagenet").expected(.test)?.count == 50_000)
    let gray = try #require(try reference("mnist").expected(.test))
    #expect(gray == ExpectedSplit(count: 10_000, classes: 10, shape: ImageShape(channels: 1, height: 28, width: 28)))
    #expect(try reference("food101") { $0.size = [64, 96] }.expected(.train)?.shape.sizes == [3, 64, 96])
  }

  @Test func oneStoredPartIsDivided() throws {
    #expect(try reference("eurosat").expected(.train)?.count == 21_600)
    #expect(try reference("eurosat").expected(.test)?.count == 5_400)
  }

  @Test func classesFractionAndLabels() throws {
    let some = reference("cifar100") {
      $0.classes = [3, 5]
      $0.fraction = 0.5
    }
    #expect(try some.expected(.train)?.count == 500)
    #expect(try some.expected(.test)?.count == 200 && some.expected(.test)?.classes == 2)
    #expect(try reference("cifar100") { $0.labels = "coarse" }.expected(.train)?.classes == 20)
    let map = FileManager.default.temporaryDirectory.appendingPathComponent("map-\(UUID().uuidString).csv")
    defer { try? FileManager.default.removeItem(at: map) }
    try Data("class,label\n0,a\n1,b\n2,a\n".utf8).write(to: map)
    #expect(try reference("mnist") { $0.labels = map.path }.expected(.train)?.classes == 2)
  }

  @Test func whatTheFilesCouldNotMendIsRefused() {
    #expect(throws: DatasetError.self) { try reference("mnist") { $0.classes = [1, 10] }.expected(.train) }
    #expect(throws: DatasetError.self) { try reference("mnist") { $0.labels = "/nowhere/map.csv" }.expected(.train) }
    #expect(throws: DatasetError.self) { try reference("mnist") { $0.groups = "/nowhere/groups" }.expected(.train) }
    #expect(throws: DatasetError.self) { try reference("mnist") { $0.fit = "no" }.expected(.train) }
  }

  @Test func nothingIsExpectedOfWhatIsNotListed() throws {
    #expect(try reference("folder").expected(.train) == nil)
    #expect(try reference("emnist") { $0.labels = "digits" }.expected(.train) == nil)
    #expect(try reference("cifar10-c") { $0.labels = "fog-3" }.expected(.test) == nil)
  }

  @Test(arguments: DatasetFacts.standard.map(\.name).filter { !$0.hasSuffix("-c") && $0 != "imagenet-real" })
  func everyListedSetCanBePlanned(_ name: String) throws {
    for split in Split.allCases {
      let expected = try #require(try reference(name).expected(split))
      #expect(expected.count > 0 && expected.classes > 1 && expected.shape.height >= 28)
    }
  }
}
