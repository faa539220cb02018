extension DatasetFacts {
  /// Sets of photographs that representations are carried over to, the second half.
  static let moreTransferSets: [DatasetFacts] = [aircraft, dtd, caltech101, voc2007]

  private static let aircraft = DatasetFacts(
    name: "aircraft", title: "FGVC Aircraft", classes: 100, parts: Part.split(train: 6_667, test: 3_333),
    imageSize: "varies", channels: 3, metric: .meanPerClass,
    layout: "data/images/*.jpg with data/variants.txt, data/images_variant_trainval.txt and "
      + "data/images_variant_test.txt, also in fgvc-aircraft-2013b/; factors variant, family, manufacturer",
    citation: Citation(
      authors: "Maji, Kannala, Rahtu, Blaschko, Vedaldi", year: 2013,
      title: "Fine-Grained Visual Classification of Aircraft", venue: "arXiv 1306.5151"),
    homepage: "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/",
    licence: .stated(
      "non-commercial research only; the photographers keep their rights",
      at: "the set's README.md as kept at huggingface.co/datasets/Shiym/ViT-FineTune"),
    tags: [.fineGrained],
    downloads: [
      Download(
        "fgvc-aircraft-2013b.tar.gz",
        "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/archives/fgvc-aircraft-2013b.tar.gz",
        bytes: 2_770_575_360, sha256: "d5f68b1b81d6d7831eb9d5c5517074176b5dfbce6bcb43dc14ed1c66a87b8d75",
        seenAt: .torchvision("fgvc_aircraft.py"),
        .github("tensorflow/datasets", "tensorflow_datasets/url_checksums/fgvc.txt"))
    ],
    notes: "The lowest 20 pixel rows of an image name its photographer and are to be cut off. Train is train and "
      + "validation together.")

  private static let dtd = DatasetFacts(
    name: "dtd", title: "Describable Textures (DTD), split 1", classes: 47,
    parts: Part.split(train: 3_760, test: 1_880), imageSize: "varies", channels: 3, metric: .top1,
    layout: "images/CLASS/*.jpg with labels/train1.txt, labels/val1.txt and labels/test1.txt, also in dtd/; train is "
      + "train1 and val1 together",
    citation: Citation(
      authors: "Cimpoi, Maji, Kokkinos, Mohamed, Vedaldi", year: 2014, title: "Describing Textures in the Wild",
      venue: "CVPR"),
    homepage: "https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    licence: .stated(
      "made available for research purposes",
      at: "tensorflow-datasets 4.9.10: tensorflow_datasets/image_classification/dtd.py, quoting the homepage"),
    tags: [],
    downloads: [
      Download(
        "dtd-r1.0.1.tar.gz", "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
        bytes: 625_239_812, sha256: "e42855a52a4950a3b59612834602aa253914755c95b0cff9ead6d07395f8e205",
        md5: "fff73e5086ae6bdbea199a49dfb8a4c1",
        seenAt: .tfds("url_checksums/dtd.txt"), .torchvision("dtd.py"))
    ],
    notes: "tensorflow-datasets notes that the archive, though named .tar.gz, is a plain tar.")

  private static let caltech101 = DatasetFacts(
    name: "caltech101", title: "Caltech-101, 30 training images a class", classes: 102,
    parts: Part.split(train: 3_060, test: 6_085), imageSize: "varies", channels: 3, metric: .meanPerClass,
    layout: "101_ObjectCategories/CLASS/image_NNNN.jpg, also in caltech101/ or caltech-101/; no official split: 30 "
      + "images of each class are drawn by a seed, the rest is tested on",
    citation: Citation(
      authors: "Fei-Fei, Fergus, Perona", year: 2004,
      title: "Learning Generative Visual Models from Few Training Examples: An Incremental Bayesian Approach Tested on "
        + "101 Object Categories", venue: "GMBV workshop, CVPR"),
    homepage: "https://data.caltech.edu/records/mzrjq-6wc02", licence: .noneKnown, tags: [.overlapsSource],
    downloads: [
      Download(
        "caltech-101.zip", "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",
        bytes: 137_414_764, sha256: "331234750fc7f77520e50d9565e8b6907b03565e30320da1401130db08c61f91",
        md5: "3138e1922a9193bfa496528edbbc45d0",
        seenAt: .tfds("datasets/caltech101/checksums.tsv"), .torchvision("caltech.py"))
    ],
    notes: "The 102 classes count BACKGROUND_Google, as the protocol does. Counts in circulation range from 9,144 to "
      + "9,146 images in all, so the test part may be one more or less. The zip holds 101_ObjectCategories.tar.gz.")

  private static let voc2007 = DatasetFacts(
    name: "voc2007", title: "PASCAL VOC2007", classes: 20, parts: Part.split(train: 5_011, test: 4_952),
    imageSize: "varies", channels: 3, metric: .voc11MeanAveragePrecision,
    layout: "JPEGImages/*.jpg with ImageSets/Main/CLASS_trainval.txt and CLASS_test.txt (name and 1, 0 or -1), also in "
      + "VOCdevkit/VOC2007/; train is trainval",
    citation: Citation(
      authors: "Everingham, Van Gool, Williams, Winn, Zisserman", year: 2010,
      title: "The PASCAL Visual Object Classes (VOC) Challenge", venue: "IJCV 88(2)"),
    homepage: "http://host.robots.ox.ac.uk/pascal/VOC/voc2007/", licence: .noneKnown, tags: [.overlapsSource],
    downloads: [
      challenge(
        "VOCtrainval_06-Nov-2007.tar", 460_032_000,
        "7d8cd951101b0957ddfd7a530bdc8a94f06121cfc1e511bb5937e973020c7508", "c52e279531787c972589f7e41ab4ae64"),
      challenge(
        "VOCtest_06-Nov-2007.tar", 451_020_800,
        "6836888e2e01dca84577a849d339fa4f73e1e4f135d312430c4856b5609b4892", "b6e924de25625d8de591ea690078ad9f"),
    ],
    notes: "An image may have several labels, or be marked 0 (difficult) for a class, where it counts neither way.")

  private static func challenge(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "https://thor.robots.ox.ac.uk/pascal/VOC/voc2007/" + file, bytes: bytes, sha256: sha256, md5: md5,
      seenAt: .torchvision("voc.py"), .tfds("url_checksums/voc.txt"))
  }
}
