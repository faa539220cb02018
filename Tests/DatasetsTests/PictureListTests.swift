import Foundation
import TestSupport
import Testing

@testable import Datasets

@Suite struct PictureListTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func list(_ text: String, _ name: String = "list.csv") throws -> ManifestFile {
    try ManifestFile(folder.write(name, text.utf8))
  }

  func refusal(_ text: String) throws -> DatasetError? {
    let path = try folder.write("list.csv", text.utf8)
    return fault { () throws(DatasetError) in
      let list = try ManifestFile(path)
      for split in list.splits { _ = try list.index(split) }
    }
  }

  @Test func columnsInAnyOrder() throws {
    let list = try list(
      """
      Split, width,LABEL,group,File
      train,10,cat,g2,"a, b.jpg"
      test,10,Dog,,c.jpg

      # a remark
      train,11,ant,g1,"d ""e"".jpg"
      VAL,11,bee,,left out.jpg
      ,12,cat,g2,f.jpg

      """)
    #expect(list.classNames == ["Dog", "ant", "cat"] && list.splits == [.train, .test])
    let train = try list.index(.train)
    #expect(train.names == ["a, b.jpg", "d \"e\".jpg", "f.jpg"] && train.labels == [2, 1, 2])
    #expect(train.groups == [0, 1, 0])
    let test = try list.index(.test)
    #expect(test.names == ["c.jpg"] && test.labels == [0] && test.groups == nil)
  }

  @Test(arguments: ["path,label", "file,class", "filename,label", "image,wnid"]) func headers(_ header: String) throws {
    let index = try list(header + "\r\n/data/x.jpg,1\r\ny.jpg,0\r\n").index(.train)
    #expect(index.names == ["/data/x.jpg", "y.jpg"] && index.labels == [1, 0] && index.classNames == ["0", "1"])
    #expect(index.store.location(0) == "/data/x.jpg" && index.store.location(1) == folder.path + "/y.jpg")
  }

  /// Without a header: a comma, a tab or spaces; paths may hold spaces.
  @Test func plainLines() throws {
    let index = try list("my pictures/1 2.jpg   3\nb.jpg\t0\nc d.jpg,2\n", "list.txt").index(.train)
    #expect(index.names == ["my pictures/1 2.jpg", "b.jpg", "c d.jpg"] && index.labels == [3, 0, 2])
    #expect(index.classNames == ["0", "1", "2", "3"])
  }

  @Test func classNames() throws {
    let text = "a.jpg 1\nb.jpg 10\nc.jpg 2\n"
    #expect(try list(text).classNames == (0...10).map(String.init))
    #expect(try list(text + "d.jpg two\n").classNames == ["1", "10", "2", "two"])
    try folder.write("classes.txt", (0..<12).map { "class \($0)\n" }.joined().utf8)
    let named = try list(text)
    #expect(named.classNames.count == 12)
    #expect(try named.index(.train).labels == [1, 10, 2] && named.classNames[10] == "class 10")
    try folder.write("classes.txt", "zero\none\n".utf8)
    let found = try refusal(text)
    #expect(found?.kind == .labelOutOfRange && found?.found == "10" && found?.expected.contains("0..<2") == true)
  }

  @Test func splits() throws {
    #expect(try list("path,label\na,0\n").splits == [.train])
    #expect(try list("path,label,split\na,0,test\n").splits == [.test])
    // A row that names no split is not lost where others do.
    let mixed = try list("path,label,split\na,0,test\nb,0,\n")
    #expect(mixed.splits == [.train, .test])
    #expect(try mixed.index(.train).names == ["b"])
    let val = try list("path,label,split\na,0,val\nb,0,train\nc,0,Validation\n")
    #expect(try val.index(.test).names == ["a", "c"])
  }

  @Test(arguments: [
    ("path,label\na.jpg,0\nb.jpg\n", 3, "a path and a label", "\"b.jpg\""),
    ("\n# x\na.jpg 0\nalone\n", 4, "a path and a label", "\"alone\""),
    ("path,label\n,0\n", 2, "a path and a label", "\",0\""),
    ("path,label\n\"a.jpg,0\n", 2, "a path and a label", "\"\"a.jpg,0\""),
    ("path,label,split\na,0,train\nb,0,dev\n", 3, "train, test or val in the column split", "\"dev\""),
    ("a.jpg,0,test\n", 1, "a path and a label alone, where no header names the columns", "3 fields"),
    ("path,label,group\na,0,g\nb,0,\n", 3, "a group, as other rows of the train split have", "none"),
  ])
  func badLines(text: String, line: Int, expected: String, found: String) throws {
    let error = try #require(try refusal(text))
    #expect(error.kind == .badText && error.offset == line && error.expected == expected && error.found == found)
    #expect(error.description.contains("list.csv, line \(line): "))
  }

  @Test func otherFaults() throws {
    #expect(try refusal("")?.kind == .empty)
    #expect(try refusal("# nothing\n\n")?.kind == .empty)
    #expect(try refusal("path,label\n")?.kind == .empty)
    #expect(try refusal("a.jpg -1\n")?.found == "-1")
    #expect(try refusal("a.jpg 1000000\n")?.kind == .labelOutOfRange)
    #expect(fault { () throws(DatasetError) in _ = try ManifestFile(folder.path + "/none") }?.kind == .missing)
    let latin = try folder.write("latin.csv", [0x61, 0xe4, 0x20, 0x30])
    #expect(fault { () throws(DatasetError) in _ = try ManifestFile(latin) }?.kind == .badText)
    let set = try DataReference(parsing: "list:\(folder.write("l.csv", "path,label\nx.jpg,0\n".utf8))")
    #expect(try set.loadStored(.train).badImages().map(\.file) == ["x.jpg"])
  }

  /// Groups of the list stay whole where a set with one split is divided.
  @Test func groupsAreNotDivided() throws {
    let rows = (0..<60).map { "p\($0).jpg,\($0 % 3),track\($0 / 5)\n" }
    let set = try DataReference(parsing: "list:\(folder.write("g.csv", ("path,label,group\n" + rows.joined()).utf8))")
    let (train, test) = (try set.load(.train), try set.load(.test))
    #expect(train.count + test.count == 60 && test.count > 0)
    #expect(Set(try #require(train.groups)).isDisjoint(with: try #require(test.groups)))
  }
}
