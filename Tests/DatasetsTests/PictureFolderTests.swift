import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct PictureFolderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func tree() throws(DatasetError) -> FolderTree { try FolderTree(folder.path) }

  /// Classes are numbered in the order of their names' bytes, over both splits, whatever the order of creation.
  @Test func classesInTheOrderOfBytes() throws {
    let photo = try photo(1)
    for name in ["train/b", "train/a10", "test/a9", "train/a9", "train/Z", "test/\u{e4}", "test/a10"] {
      try folder.write(name + "/x.jpg", photo)
    }
    let tree = try tree()
    #expect(tree.classNames == ["Z", "a10", "a9", "b", "\u{e4}"])
    #expect(tree.splits == [.train, .test])
    let (train, test) = (try tree.index(.train), try tree.index(.test))
    #expect(train.labels == [0, 1, 2, 3] && test.labels == [1, 2, 4])
    #expect(train.classNames == test.classNames)
    #expect(train.names == ["train/Z/x.jpg", "train/a10/x.jpg", "train/a9/x.jpg", "train/b/x.jpg"])
    #expect(try tree.classes(of: .test) == ["a10", "a9", "\u{e4}"])
    let set = try DataReference(parsing: "folder:\(folder.path)")
    #expect(set.splits == [.train, .test])
    #expect(try set.load(.test).labelNames == ["a10", "a9", "\u{e4}"])
  }

  @Test(arguments: [
    (["train", "test"], "test"), (["train", "val"], "val"), (["train", "test", "val"], "test"),
    (["train", "validation", "valid"], "validation"), (["train", "valid"], "valid"), (["test"], "test"),
    (["train"], nil),
  ])
  func whichFolderIsTheTestSplit(folders: [String], chosen: String?) throws {
    for name in folders { try folder.write(name + "/a/\(name).jpg", photo(1)) }
    let tree = try tree()
    #expect(tree.folders[.test] == chosen && tree.folders[.train] == (folders.contains("train") ? "train" : nil))
    if let chosen { #expect(try tree.index(.test).names == ["\(chosen)/a/\(chosen).jpg"]) }
    if chosen == nil {
      let found = fault { () throws(DatasetError) in _ = try tree.index(.test) }
      #expect(found?.kind == .missing && found?.found == "only train")
    }
  }

  /// A test folder whose labels are nowhere to be had is passed over for val; one with classes of its own, too.
  @Test(arguments: ["test/1.jpg", "test/images/1.jpg"]) func aTestFolderWithoutClasses(file: String) throws {
    try folder.write(file, photo(1))
    try folder.write("train/a/1.jpg", photo(1))
    #expect(try tree().splits == [.train])
    try folder.write("val/a/2.jpg", photo(1))
    let tree = try tree()
    #expect(tree.folders[.test] == "val" && tree.classNames == ["a"])
    #expect(try tree.index(.test).names == ["val/a/2.jpg"])
  }

  @Test func otherFilesAreCountedNotTaken() throws {
    for name in ["1.jpg", "2.JPEG", "3.Png", "4.webp", "5.gif"] { try folder.write("a/" + name, photo(1)) }
    for name in ["notes.txt", "jpg", "x.jpg.part", "Thumbs.db"] { try folder.write("a/" + name, [1]) }
    try folder.write("a/.hidden.jpg", [1])
    try folder.write(".git/x.jpg", [1])
    try folder.write("b/1.jpeg", photo(2))
    let index = try tree().index(.train)
    #expect(index.classNames == ["a", "b"] && index.labels == [0, 0, 0, 0, 0, 1])
    // What another program would read is a picture all the same, and a bad one here.
    #expect(index.names == ["a/1.jpg", "a/2.JPEG", "a/3.Png", "a/4.webp", "a/5.gif", "b/1.jpeg"])
    #expect(index.passedOver.count == 4)
  }

  @Test func nestedFoldersBelongToTheirClass() throws {
    for name in ["a/z.jpg", "a/b/2.jpg", "a/b/c/1.jpg", "b/1.jpg"] { try folder.write("train/" + name, photo(1)) }
    let index = try tree().index(.train)
    #expect(index.names == ["train/a/z.jpg", "train/a/b/2.jpg", "train/a/b/c/1.jpg", "train/b/1.jpg"])
    #expect(index.labels == [0, 0, 0, 1])
  }

  @Test func linksAreFollowed() throws {
    let bytes = try photo(7)
    try folder.write("elsewhere/original.jpg", bytes)
    try folder.write("set/a/own.jpg", photo(8))
    try folder.link("set/a/link.jpg", to: "../../elsewhere/original.jpg")
    try folder.link("set/b", to: "../elsewhere")
    try folder.link("set/a/broken.jpg", to: "nowhere.jpg")
    let set = try DataReference(parsing: "folder:\(folder.path)/set")
    let samples = try set.loadStored(.train)
    #expect(samples.names == ["a/broken.jpg", "a/link.jpg", "a/own.jpg", "b/original.jpg"])
    #expect(try samples.bytes(1) == bytes && samples.bytes(3) == bytes)
    let bad = samples.badImages()
    #expect(bad.map(\.file) == ["a/broken.jpg"])
    #expect(bad.first?.reason == "unreadable: No such file or directory")
  }

  /// A link to a folder above it would never end.
  @Test func aCircleIsAnError() throws {
    try folder.write("a/1.jpg", photo(1))
    try folder.link("a/up", to: "..")
    let found = fault { () throws(DatasetError) in _ = try tree().index(.train) }
    #expect(found?.kind == .tooLarge && found?.file?.contains("a/up/a/up") == true)
  }

  /// What is no file does not keep a program waiting.
  @Test(.timeLimit(.minutes(1))) func pipesAndFoldersAreBadPictures() throws {
    try folder.write("a/1.jpg", photo(1))
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    try folder.link("a/2.jpg", to: "../pipe")
    try folder.write("list.txt", "a/1.jpg 0\npipe 1\na 2\n".utf8)
    let linked = try DataReference(parsing: "folder:\(folder.path)").loadStored(.train).badImages()
    #expect(linked.map(\.file) == ["a/2.jpg"])
    let listed = try DataReference(parsing: "list:\(folder.path)/list.txt").loadStored(.train).badImages()
    #expect(listed.map(\.file) == ["pipe", "a"])
    #expect(listed.allSatisfy { $0.reason == "unreadable: a folder, pipe or device" })
  }

  @Test func emptyAndMissingFolders() throws {
    func kind(_ path: String) -> DatasetError? {
      fault { () throws(DatasetError) in _ = try FolderTree(path) }
    }
    #expect(kind(folder.path)?.kind == .empty && kind(folder.path)?.found == "nothing of the kind")
    #expect(kind(folder.path + "/none")?.kind == .missing)
    let file = try folder.write("loose.jpg", photo(1))
    #expect(kind(file)?.kind == .wrongKindOfFile)
    #expect(kind(folder.path)?.found == "1 files and no folders")
    try folder.makeFolder("train")
    #expect(kind(folder.path)?.kind == .empty)
    try folder.link("circle", to: "circle")
    #expect(kind(folder.path + "/circle")?.kind == .unreadable)
    // A class without pictures is a class.
    try folder.makeFolder("train/none")
    try folder.write("train/some/1.jpg", photo(1))
    let index = try tree().index(.train)
    #expect(index.classNames == ["none", "some"] && index.labels == [1])
    try FileManager.default.removeItem(atPath: folder.path + "/train/some/1.jpg")
    let set = try DataReference(parsing: "folder:\(folder.path)")
    #expect(fault { () throws(DatasetError) in _ = try set.load(.train) }?.kind == .empty)
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything")) func foldersWithoutTheRightToRead() throws {
    try folder.write("a/1.jpg", photo(1))
    try folder.write("b/1.jpg", photo(1))
    chmod(folder.path + "/b", 0)
    defer { chmod(folder.path + "/b", 0o755) }
    let found = fault { () throws(DatasetError) in _ = try tree().index(.train) }
    #expect(found?.kind == .unreadable && found?.file?.hasSuffix("/b") == true)
  }

  @Test func nameList() {
    var names = NameList()
    names.reserve(names: 3, bytes: 9)
    #expect(
      names.append(["ab".utf8, "/".utf8, "c".utf8]) && names.append([String.UTF8View]())
        && names.append(["\u{e4}".utf8]))
    #expect(names.count == 3 && (0..<3).map { names[$0] } == ["ab/c", "", "\u{e4}"])
    #expect(names.withBytes(2) { Array($0) } == [0xc3, 0xa4])
  }
}
