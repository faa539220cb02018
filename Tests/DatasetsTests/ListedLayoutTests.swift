import Foundation
import TestSupport
import Testing

@testable import Datasets

/// Listed sets of pictures, each on a small tree in the layout that its authors document. Most pictures are empty files:
/// layouts do not open them.
@Suite struct ListedLayoutTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  func touch(_ names: String...) throws { for name in names { try folder.write(name, []) } }
  func text(_ name: String, _ lines: String...) throws {
    try folder.write(name, (lines.joined(separator: "\n") + "\n").utf8)
  }
  func matlab(_ file: String, _ name: String) throws {
    try folder.write(file, [UInt8](try #require(try MATLABFixtures.load().mat[name])))
  }
  func list(_ name: String, _ split: Split, factor: String? = nil) throws -> ListedImages {
    let layout = try #require(ListedLayout.standard.first { $0.name == name })
    return try layout.entries(in: folder.url.path, split: split, factor: factor)
  }
  /// "path label" of every picture.
  func rows(_ name: String, _ split: Split, factor: String? = nil) throws -> [String] {
    try list(name, split, factor: factor).map { "\($0.path) \($0.label)" }
  }
  func kind(_ name: String, _ split: Split) throws -> DatasetError? {
    let layout = try #require(ListedLayout.standard.first { $0.name == name })
    return fault { () throws(DatasetError) in _ = try layout.entries(in: folder.url.path, split: split) }
  }

  @Test func everyLayoutHasFacts() throws {
    #expect(Set(ListedLayout.standard.map(\.name)).count == 23)
    for layout in ListedLayout.standard {
      #expect(throws: Never.self) { try DatasetFacts.find(layout.name) }
      #expect(try DatasetEntry.find(layout.name).factors == layout.factors)
      let error = try #require(try kind(layout.name, .test), "\(layout.name) took an empty folder")
      #expect([.missing, .empty].contains(error.kind), "\(layout.name): \(error)")
    }
    // Every listed set can be read but ReaL, which is labels for another.
    let entries = Set(DatasetEntry.standard.map(\.name))
    #expect(DatasetFacts.standard.map(\.name).filter { !entries.contains($0) } == ["imagenet-real"])
  }

  @Test(arguments: ["", "food-101/"]) func food101(_ root: String) throws {
    try text(root + "meta/classes.txt", "apple_pie", "waffles")
    try text(root + "meta/train.txt", "apple_pie/100", "waffles/7")
    try text(root + "meta/test.txt", "waffles/8")
    #expect(try rows("food101", .train) == ["\(root)images/apple_pie/100.jpg 0", "\(root)images/waffles/7.jpg 1"])
    #expect(try rows("food101", .test) == ["\(root)images/waffles/8.jpg 1"])
    try text(root + "meta/test.txt", "waffles/8", "pizza/9")
    let error = try #require(try kind("food101", .test))
    #expect(error.kind == .badText && error.offset == 2 && error.found.contains("pizza"))
  }

  @Test func pets() throws {
    try text("annotations/trainval.txt", "Abyssinian_100 1 1 1", "american_pit_bull_1 2 2 1")
    try text("annotations/test.txt", "# a comment", "american_pit_bull_2 2 2 1", "Bengal_3 3 1 2")
    #expect(try rows("pets", .train) == ["images/Abyssinian_100.jpg 0", "images/american_pit_bull_1.jpg 1"])
    let test = try list("pets", .test)
    #expect(test.labels == [1, 2] && test.classNames == ["Abyssinian", "american_pit_bull", "Bengal"])
    try text("annotations/test.txt", "Bengal_3 4 1 2")
    #expect(try kind("pets", .test)?.kind == .countMismatch)
    try text("annotations/test.txt", "Bengal_3 1 1 2")
    #expect(try kind("pets", .train)?.kind == .badText)
  }

  @Test func aircraft() throws {
    try text("data/variants.txt", "707-320", "A300B4")
    try text("data/families.txt", "Boeing 707", "A300")
    try text("data/images_variant_trainval.txt", "1025794 707-320", "0481847 A300B4")
    try text("data/images_variant_test.txt", "1514522 707-320")
    try text("data/images_family_test.txt", "1514522 Boeing 707")
    #expect(try rows("aircraft", .train) == ["data/images/1025794.jpg 0", "data/images/0481847.jpg 1"])
    #expect(try rows("aircraft", .test) == ["data/images/1514522.jpg 0"])
    #expect(try list("aircraft", .test, factor: "family").classNames == ["Boeing 707", "A300"])
  }

  @Test(arguments: ["", "dtd/"]) func dtd(_ root: String) throws {
    try text(root + "labels/train1.txt", "banded/banded_0002.jpg", "zigzagged/zigzagged_0001.jpg")
    try text(root + "labels/val1.txt", "dotted/dotted_0003.jpg")
    try text(root + "labels/test1.txt", "dotted/dotted_0004.jpg")
    let train = try list("dtd", .train)
    #expect(train.classNames == ["banded", "dotted", "zigzagged"] && train.labels == [0, 2, 1])
    #expect(try rows("dtd", .test) == ["\(root)images/dotted/dotted_0004.jpg 1"])
  }

  @Test(arguments: ["", "Partitions/", "SUN397/"]) func sun397(_ lists: String) throws {
    try text("SUN397/ClassName.txt", "/a/abbey", "/a/apartment_building/outdoor", "/z/zen_garden")
    try text(lists + "Training_01.txt", "/a/abbey/sun_aa.jpg", "/a/apartment_building/outdoor/sun_bb.jpg")
    try text(lists + "Testing_01.txt", "/z/zen_garden/sun_cc.jpg")
    let train = try list("sun397", .train)
    #expect(train.classNames == ["abbey", "apartment_building/outdoor", "zen_garden"])
    #expect(try rows("sun397", .train)[1] == "SUN397/a/apartment_building/outdoor/sun_bb.jpg 1")
    #expect(try rows("sun397", .test) == ["SUN397/z/zen_garden/sun_cc.jpg 2"])
    try text(lists + "Testing_01.txt", "/z/zoo/sun_cc.jpg")
    #expect(try kind("sun397", .test)?.kind == .badText)
  }

  @Test func birdsnap() throws {
    try text("species.txt", "id\tcommon\tscientific\tdir", "2\tBlue Jay\tC. c.\tBlue_Jay", "1\tAnhinga\tA. a.\tAnhinga")
    try text(
      "images.txt", "url\tmd5\tpath\tspecies_id\tbb_x1", "u\tm\tAnhinga/1.jpg\t1\t0", "u\tm\tBlue_Jay/2.jpg\t2\t0",
      "u\tm\tBlue_Jay/3.jpg\t2\t0", "u\tm\tBlue_Jay/4.jpg\t2\t0")
    try text("test_images.txt", "path", "Blue_Jay/3.jpg")
    try touch("download/images/Anhinga/1.jpg", "download/images/Blue_Jay/3.jpg", "download/images/Blue_Jay/4.jpg")
    let train = try list("birdsnap", .train)
    #expect(train.classNames == ["Anhinga", "Blue Jay"] && train.missing == ["download/images/Blue_Jay/2.jpg"])
    #expect(try rows("birdsnap", .train) == ["download/images/Anhinga/1.jpg 0", "download/images/Blue_Jay/4.jpg 1"])
    #expect(try rows("birdsnap", .test) == ["download/images/Blue_Jay/3.jpg 1"])
    try text("test_images.txt", "file", "Blue_Jay/3.jpg")
    #expect(try kind("birdsnap", .test)?.kind == .badText)
  }

  @Test func cars() throws {
    try matlab("stanford_cars/devkit/cars_meta.mat", "cars-meta")
    try matlab("stanford_cars/devkit/cars_train_annos.mat", "cars-train")
    try matlab("stanford_cars/cars_test_annos_withlabels.mat", "cars-train")
    #expect(try list("cars", .train).classNames == ["First Car 2001", "Second Car 2002", "Third Car 2003"])
    #expect(try rows("cars", .train)[2] == "stanford_cars/cars_train/00003.jpg 2")
    #expect(try rows("cars", .test)[1] == "stanford_cars/cars_test/00002.jpg 0")
    try matlab("stanford_cars/devkit/cars_train_annos.mat", "cars-meta")
    #expect(try kind("cars", .train)?.kind == .missing)
  }

  @Test func flowers102() throws {
    try matlab("imagelabels.mat", "flowers-labels")
    try matlab("setid.mat", "flowers-setid")
    #expect(
      try rows("flowers102", .train) == ["jpg/image_00004.jpg 2", "jpg/image_00002.jpg 0", "jpg/image_00001.jpg 2"])
    #expect(
      try rows("flowers102", .test) == ["jpg/image_00006.jpg 101", "jpg/image_00003.jpg 1", "jpg/image_00005.jpg 0"])
    #expect(try list("flowers102", .test).classNames.count == 102)
  }

  @Test(arguments: ["", "VOCdevkit/VOC2007/"]) func voc2007(_ root: String) throws {
    for (place, name) in VOC2007.classNames.enumerated() {
      let marks =
        place == 3
        ? ["000005  1", "000007 -1"] : place == 6 ? ["000005  1", "000007  0"] : ["000005 -1", "000007 -1"]
      try text(root + "ImageSets/Main/\(name)_trainval.txt", marks[0], marks[1])
    }
    #expect(try rows("voc2007", .train) == ["\(root)JPEGImages/000005.jpg 3", "\(root)JPEGImages/000007.jpg 6"])
    let marks = try VOC2007.marks(in: folder.url.path, split: .train)
    #expect(marks.count == 2 && marks[0].filter { $0 == 1 }.count == 2 && marks[1][6] == 0 && marks[1][0] == -1)
    try text(root + "ImageSets/Main/dog_trainval.txt", "000005 -1", "000008 -1")
    #expect(try kind("voc2007", .train)?.kind == .badText)
    try text(root + "ImageSets/Main/dog_trainval.txt", "000005 -1")
    #expect(try kind("voc2007", .train)?.kind == .countMismatch)
  }

  @Test func caltech101() throws {
    for name in ["BACKGROUND_Google", "accordion"] {
      for number in 1...34 {
        let digits = String(number)
        try touch("101_ObjectCategories/\(name)/image_\(String(repeating: "0", count: 4 - digits.count))\(digits).jpg")
      }
    }
    try touch("101_ObjectCategories/BACKGROUND_Google/tmp")
    let (train, test) = (try list("caltech101", .train), try list("caltech101", .test))
    #expect(train.count == 60 && test.count == 8 && test.labels == [0, 0, 0, 0, 1, 1, 1, 1])
    #expect(Set(train.map(\.path)).isDisjoint(with: Set(test.map(\.path))))
    #expect(try list("caltech101", .train).map(\.path) == train.map(\.path))
    try touch("101_ObjectCategories/ant/image_0001.jpg")
    #expect(try kind("caltech101", .train)?.kind == .countMismatch)
  }

  /// One part only: the division is that of every such set. These pictures are real, so all the way to pixels.
  @Test func euroSAT() throws {
    for (label, name) in ["AnnualCrop", "SeaLake"].enumerated() {
      for number in 1...10 {
        let bitmap = Bitmap(width: 4, height: 4, filled: UInt8(100 * label + number))
        try folder.write("2750/\(name)/\(name)_\(number).png", try bitmap.png())
      }
    }
    let reference = try DataReference(parsing: "eurosat:\(folder.url.path)")
    #expect(reference.splits == [.train])
    let (train, test) = (try reference.load(.train), try reference.load(.test))
    #expect(train.count == 16 && test.labels == [0, 0, 1, 1] && train.classNames == ["AnnualCrop", "SeaLake"])
    let decoded = try test.decoded().samples
    #expect(decoded.shape == ImageShape(channels: 3, height: 4, width: 4))
    #expect(decoded.pixels[0] < 100 && decoded.pixels[3 * 48] > 100)
  }

  @Test func omniglot() throws {
    try touch(
      "images_background/Greek/character01/0394_01.png", "images_background/Greek/character02/0395_01.png",
      "images_evaluation/Tibetan/character01/1000_01.png")
    #expect(try rows("omniglot", .train).last == "images_background/Greek/character02/0395_01.png 1")
    #expect(try rows("omniglot", .test) == ["images_evaluation/Tibetan/character01/1000_01.png 2"])
    #expect(try list("omniglot", .test).classNames.last == "Tibetan/character01")
    try FileManager.default.removeItem(atPath: folder.url.path + "/images_evaluation")
    #expect(try DataReference(parsing: "omniglot:\(folder.url.path)").splits == [.train])
  }

  @Test func tinyImageNet() throws {
    try text("tiny-imagenet-200/wnids.txt", "n02124075", "n01443537")
    try touch(
      "tiny-imagenet-200/train/n01443537/images/a.JPEG", "tiny-imagenet-200/train/n02124075/images/b.JPEG",
      "tiny-imagenet-200/train/n02124075/n02124075_boxes.txt", "tiny-imagenet-200/val/images/val_0.JPEG")
    try text("tiny-imagenet-200/val/val_annotations.txt", "val_0.JPEG\tn02124075\t0\t32\t44\t62")
    let train = try rows("tiny-imagenet", .train)
    #expect(train.map { $0.suffix(8) } == ["a.JPEG 0", "b.JPEG 1"])
    #expect(try rows("tiny-imagenet", .test) == ["tiny-imagenet-200/val/images/val_0.JPEG 1"])
    try text("tiny-imagenet-200/val/val_annotations.txt", "val_0.JPEG\tn00000000\t0\t32\t44\t62")
    #expect(try kind("tiny-imagenet", .test)?.kind == .badText)
    try FileManager.default.removeItem(atPath: folder.url.path + "/tiny-imagenet-200/val/images")
    try touch("tiny-imagenet-200/val/n01443537/val_1.JPEG")
    #expect(try rows("tiny-imagenet", .test) == ["tiny-imagenet-200/val/n01443537/val_1.JPEG 0"])
  }

  @Test func imagenette() throws {
    try touch("train/n01440764/a.JPEG", "train/n02102040/b.JPEG", "train/n02102040/notes.txt", "val/n02102040/c.JPEG")
    #expect(try rows("imagenette", .train) == ["train/n01440764/a.JPEG 0", "train/n02102040/b.JPEG 1"])
    #expect(try list("imagenette", .train).passedOver.endings.values.map(\.self) == [1])
    #expect(try rows("imagenette", .test) == ["val/n02102040/c.JPEG 1"])
    try touch("val/n03000684/d.JPEG")
    #expect(try kind("imagenette", .test)?.kind == .badText)
  }

  @Test func gtsrb() throws {
    try touch(
      "GTSRB/Training/00000/00000_00000.ppm", "GTSRB/Training/00000/00000_00001.ppm",
      "GTSRB/Training/00000/00001_00000.ppm",
      "GTSRB/Training/00014/00000_00000.ppm", "GTSRB/Training/00014/GT-00014.csv")
    try text("GT-final_test.csv", "Filename;Width;Height;Roi.X1;ClassId", "00000.ppm;53;54;6;16", "00001.ppm;42;45;5;1")
    let train = try list("gtsrb", .train)
    #expect(train.labels == [0, 0, 0, 14] && train.groups == [0, 0, 1, 2] && train.passedOver.count == 1)
    #expect(try rows("gtsrb", .test).first == "GTSRB/Final_Test/Images/00000.ppm 16")
    try text("GT-final_test.csv", "Filename;ClassId", "00000.ppm;43")
    #expect(try kind("gtsrb", .test)?.kind == .badText)
  }

  @Test func imageNetFolders() throws {
    try touch("train/n01440764/a.JPEG", "train/n02119789/b.JPEG", "val/n02119789/c.JPEG")
    #expect(try rows("imagenet", .train) == ["train/n01440764/a.JPEG 0", "train/n02119789/b.JPEG 278"])
    #expect(try list("imagenet", .test).classNames == ImageNetClasses.wordNetIDs)
    #expect(try DataReference(parsing: "imagenet:\(folder.url.path)").splits == [.train, .test])
    try touch("val/n99999999/d.JPEG")
    #expect(try kind("imagenet", .test)?.kind == .badText)
  }

  /// The development kit numbers the classes otherwise than the order of their WordNet ids.
  @Test func imageNetByGroundTruth() throws {
    try touch("val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000003.JPEG")
    #expect(try kind("imagenet", .test)?.kind == .missing)
    try text("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt", "3", "1", "2")
    try matlab("ILSVRC2012_devkit_t12/data/meta.mat", "imagenet-meta")
    let tench = 0
    let setter = try #require(ImageNetClasses.wordNetIDs.firstIndex(of: "n02100735"))
    #expect(
      try rows("imagenet", .test) == [
        "val/ILSVRC2012_val_00000001.JPEG \(tench)", "val/ILSVRC2012_val_00000003.JPEG \(setter)",
      ])
    #expect(try DataReference(parsing: "imagenet:\(folder.url.path)").splits == [.test])
    try touch("val/ILSVRC2012_val_00000004.JPEG")
    #expect(try kind("imagenet", .test)?.kind == .badText)
  }

  @Test func imageNetShifts() throws {
    try touch(
      "imagenet-a/n01498041/a.jpg", "sketch/n01440764/b.JPEG", "imagenetv2-threshold0.7-format-val/10/c.jpeg",
      "imagenetv2-threshold0.7-format-val/2/d.jpeg", "weather/fog/3/n01440764/e.JPEG")
    #expect(try rows("imagenet-a", .test) == ["imagenet-a/n01498041/a.jpg 6"])
    #expect(try rows("imagenet-sketch", .test) == ["sketch/n01440764/b.JPEG 0"])
    #expect(try list("imagenetv2-threshold-0.7", .test).labels == [10, 2])
    #expect(try rows("imagenet-c", .test, factor: "fog-3") == ["weather/fog/3/n01440764/e.JPEG 0"])
    #expect(try kind("imagenet-c", .test)?.kind == .missing)
    #expect(try kind("imagenet-r", .test)?.kind == .missing)
    try touch("imagenetv2-threshold0.7-format-val/007/f.jpeg")
    #expect(try kind("imagenetv2-threshold-0.7", .test)?.kind == .badText)
  }

  @Test func reassessedLabels() throws {
    let file = try folder.write("real.json", "[[1, 999], [], [5]]".utf8)
    #expect(try ReassessedLabels.read(file) == [[1, 999], [], [5]])
    #expect(ReassessedLabels.number(of: "val/n01440764/ILSVRC2012_val_00000293.JPEG") == 292)
    #expect(
      ReassessedLabels.number(of: "ILSVRC2012_val_00000000.JPEG") == nil && ReassessedLabels.number(of: "x") == nil)
    for (text, kind) in [("[[1000]]", DatasetError.Kind.labelOutOfRange), ("{}", .badText), ("[[1.5]]", .badText)] {
      let file = try folder.write("wrong.json", text.utf8)
      #expect(fault { () throws(DatasetError) in _ = try ReassessedLabels.read(file) }?.kind == kind, "\(text)")
    }
  }
}
