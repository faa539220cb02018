extension DatasetFacts {
  /// Small photographs of digits, signs, things and land.
  static let objectSets: [DatasetFacts] = [svhn, gtsrb, tinyImageNet, imagenette, stl10, euroSAT]

  private static let svhn = DatasetFacts(
    name: "svhn", title: "Street View House Numbers (SVHN), cropped digits", classes: 10,
    parts: Part.split(train: 73_257, test: 26_032) + [Part(name: "extra", n: 531_131)],
    imageSize: "32x32", channels: 3, metric: .top1, layout: "train_32x32.mat and test_32x32.mat",
    citation: Citation(
      authors: "Netzer, Wang, Coates, Bissacco, Wu, Ng", year: 2011,
      title: "Reading Digits in Natural Images with Unsupervised Feature Learning", venue: "NIPS workshop"),
    homepage: "http://ufldl.stanford.edu/housenumbers/",
    licence: .stated(
      "\"for non-commercial use only\" beside the full images; the cropped ones: not stated apart",
      at: "ufldl.stanford.edu/housenumbers"),
    tags: [],
    downloads: [
      houseNumbers(
        "train_32x32.mat", 182_040_794,
        "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8", "e26dedcc434d2e4c54c9b2d4a06d8373"),
      houseNumbers(
        "test_32x32.mat", 64_275_384,
        "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b", "eb5a983be6a315427106f1b164d9cef3"),
    ],
    notes: "The stored label of the digit 0 is 10; here it is class 0. extra_32x32.mat is not used.")

  private static func houseNumbers(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "http://ufldl.stanford.edu/housenumbers/" + file, bytes: bytes, sha256: sha256, md5: md5,
      seenAt: .tfds("datasets/svhn_cropped/checksums.tsv"), .torchvision("svhn.py"))
  }

  private static let gtsrb = DatasetFacts(
    name: "gtsrb", title: "German Traffic Sign Recognition Benchmark (GTSRB)", classes: 43,
    parts: Part.split(train: 39_209, test: 12_630) + [Part(name: "train as fetched", n: 26_640)],
    imageSize: "varies", channels: 3, metric: .top1,
    layout: "Final_Training/Images/NNNNN/*.ppm (or Training/NNNNN/*.ppm) and Final_Test/Images/*.ppm with "
      + "GT-final_test.csv, also in GTSRB/",
    citation: Citation(
      authors: "Stallkamp, Schlipsing, Salmen, Igel", year: 2012,
      title: "Man vs. computer: Benchmarking machine learning algorithms for traffic sign recognition",
      venue: "Neural Networks 32"),
    homepage: "https://benchmark.ini.rub.de", licence: .noneKnown, tags: [.fineGrained],
    downloads: [
      signs(
        "GTSRB-Training_fixed.zip", "df4144942083645bd60b594de348aa6930126c3e0e5de09e39611630abf8455a",
        "513f3c79a4c5141765e10e952eaa2478"),
      signs(
        "GTSRB_Final_Test_Images.zip", "48ba6fab7e877eb64eaf8de99035b0aaecfbc279bee23e35deca4ac1d0a837fa",
        "c7e4e6327067d32654124b0fe9e82185"),
      signs(
        "GTSRB_Final_Test_GT.zip", "f94e5a7614d75845c74c04ddb26b8796b9e483f43541dd95dd5b726504e16d6d",
        "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
    ],
    notes: "The archive that torchvision fetches holds 26,640 of the 39,209 training images; no checksum of the whole "
      + "was found. Thirty frames in a row show one sign: keep them together when a holdout is cut.")

  private static func signs(_ file: String, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/" + file, sha256: sha256, md5: md5,
      seenAt: .torchvision("gtsrb.py"),
      .github("pytorch/vision", "torchvision/prototype/datasets/_builtin/gtsrb.py"))
  }

  private static let tinyImageNet = DatasetFacts(
    name: "tiny-imagenet", title: "Tiny ImageNet", classes: 200, parts: Part.split(train: 100_000, test: 10_000),
    imageSize: "64x64", channels: 3, metric: .top1,
    layout: "wnids.txt, train/WNID/images/*.JPEG and val/images/*.JPEG with val/val_annotations.txt, also in "
      + "tiny-imagenet-200/",
    citation: Citation(
      authors: "Le, Yang", year: 2015, title: "Tiny ImageNet Visual Recognition Challenge",
      venue: "course report, Stanford CS231n"),
    homepage: "http://cs231n.stanford.edu", licence: .imageNet, tags: [.overlapsSource],
    downloads: [
      Download(
        "tiny-imagenet-200.zip", "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        md5: "90528d7ca1a48142e341f4ef8d21d0de",
        seenAt: .github(
          "ContinualAI/avalanche", "avalanche/benchmarks/datasets/tiny_imagenet/tiny_imagenet.py"))
    ],
    notes: "Test is the validation part: the labels of the 10,000 test images were not published. Some files are gray.")

  private static let imagenette = DatasetFacts(
    name: "imagenette", title: "Imagenette (version 2, 160 pixels)", classes: 10,
    parts: Part.split(train: 9_469, test: 3_925), imageSize: "varies", channels: 3, metric: .top1,
    layout: "train/WNID/*.JPEG and val/WNID/*.JPEG, also in imagenette2-160/",
    citation: Citation(authors: "Howard", year: 2019, title: "Imagenette", venue: "github.com/fastai/imagenette"),
    homepage: "https://github.com/fastai/imagenette", licence: .imageNet, tags: [.overlapsSource],
    downloads: [
      Download(
        "imagenette2-160.tgz", "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
        bytes: 99_003_388, sha256: "64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5",
        md5: "e793b78cc4c9e9a4ccc0c1155377a412",
        seenAt: .tfds("datasets/imagenette/checksums.tsv"), .torchvision("imagenette.py"))
    ],
    notes: "Ten easy classes of ImageNet, the shorter side 160 pixels.")

  private static let stl10 = DatasetFacts(
    name: "stl10", title: "STL-10", classes: 10,
    parts: Part.split(train: 5_000, test: 8_000) + [Part(name: "unlabelled", n: 100_000)],
    imageSize: "96x96", channels: 3, metric: .top1,
    layout: "train_X.bin, train_y.bin, test_X.bin and test_y.bin, also in stl10_binary/",
    citation: Citation(
      authors: "Coates, Ng, Lee", year: 2011,
      title: "An Analysis of Single-Layer Networks in Unsupervised Feature Learning", venue: "AISTATS"),
    homepage: "https://cs.stanford.edu/~acoates/stl10/", licence: .noneKnown, tags: [.overlapsSource],
    downloads: [
      Download(
        "stl10_binary.tar.gz", "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
        bytes: 2_640_397_119, sha256: "f31fd99273a1acb8609c8db427cebb1de3f71de77758cdc0e22956e1289b9866",
        md5: "91f7769df0f17e558f3565bffb0c7dfb",
        seenAt: .tfds("datasets/stl10/checksums.tsv"), .torchvision("stl10.py"))
    ],
    notes: "All its images come from ImageNet. The unlabelled part is not used.")

  private static let euroSAT = DatasetFacts(
    name: "eurosat", title: "EuroSAT (red, green, blue)", classes: 10, parts: [Part(name: "all", n: 27_000)],
    imageSize: "64x64", channels: 3, metric: .top1,
    layout: "CLASS/CLASS_N.jpg, also in 2750/ or EuroSAT/; no official split: four fifths of each class are drawn to "
      + "train on",
    citation: Citation(
      authors: "Helber, Bischke, Dengel, Borth", year: 2019,
      title: "EuroSAT: A Novel Dataset and Deep Learning Benchmark for Land Use and Land Cover Classification",
      venue: "IEEE JSTARS 12(7); arXiv 1709.00029"),
    homepage: "https://github.com/phelber/EuroSAT",
    licence: .stated("the repository: MIT", at: "github.com/phelber/EuroSAT: LICENSE"), tags: [],
    downloads: [
      Download(
        "EuroSAT.zip",
        "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip",
        bytes: 94_280_567, sha256: "8ebea626349354c5328b142b96d0430e647051f26efc2dc974c843f25ecf70bd",
        md5: "c8fa014336c82ac7804f0398fcb19387", seenAt: .torchvision("eurosat.py"),
        .tfds("url_checksums/eurosat.txt"))
    ],
    notes:
      "Size and SHA-256 were stated for the first address, https://madm.dfki.de/files/sentinel/EuroSAT.zip; loaders "
      + "that used it give the same MD5.")
}
