extension DatasetFacts {
  /// Characters and digits in gray.
  static let characterSets: [DatasetFacts] = [mnist, fashionMNIST, kmnist, emnist, notMNIST, omniglot]

  private static let mnistLayout =
    "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain "
    + "or with .gz, also in raw/"

  private static let mnist = DatasetFacts(
    name: "mnist", title: "MNIST", classes: 10, parts: Part.split(train: 60_000, test: 10_000),
    imageSize: "28x28", channels: 1, metric: .top1, layout: mnistLayout,
    citation: Citation(
      authors: "LeCun, Bottou, Bengio, Haffner", year: 1998,
      title: "Gradient-based learning applied to document recognition", venue: "Proceedings of the IEEE 86(11)"),
    homepage: "http://yann.lecun.com/exdb/mnist/", licence: .noneKnown, tags: [],
    downloads: [
      digits(
        "train-images-idx3-ubyte.gz", 9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
      digits(
        "train-labels-idx1-ubyte.gz", 28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", "d53e105ee54ea40749a09fcbcd1e9432"),
      digits(
        "t10k-images-idx3-ubyte.gz", 1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", "9fb629c4189551a2d022fa330f9573f3"),
      digits(
        "t10k-labels-idx1-ubyte.gz", 4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", "ec29112dd5afa0611ce80d1b7f02629c"),
    ])

  private static func digits(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "https://storage.googleapis.com/cvdf-datasets/mnist/" + file, bytes: bytes, sha256: sha256, md5: md5,
      seenAt: .tfds("url_checksums/mnist.txt"), .torchvision("mnist.py"))
  }

  private static let fashionMNIST = DatasetFacts(
    name: "fashion-mnist", title: "Fashion-MNIST", classes: 10, parts: Part.split(train: 60_000, test: 10_000),
    imageSize: "28x28", channels: 1, metric: .top1, layout: mnistLayout,
    citation: Citation(
      authors: "Xiao, Rasul, Vollgraf", year: 2017,
      title: "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
      venue: "arXiv 1708.07747"),
    homepage: "https://github.com/zalandoresearch/fashion-mnist",
    licence: .stated("MIT", at: "github.com/zalandoresearch/fashion-mnist: LICENSE"), tags: [],
    downloads: [
      clothing(
        "train-images-idx3-ubyte.gz", 26_421_880,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
      clothing(
        "train-labels-idx1-ubyte.gz", 29_515,
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", "25c81989df183df01b3e8a0aad5dffbe"),
      clothing(
        "t10k-images-idx3-ubyte.gz", 4_422_102,
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", "bef4ecab320f06d8554ea6380940ec79"),
      clothing(
        "t10k-labels-idx1-ubyte.gz", 5_148,
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", "bb300cfdad3c16e7a12a480ee83cd310"),
    ])

  private static func clothing(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/" + file, bytes: bytes, sha256: sha256,
      md5: md5,
      seenAt: .github("zalandoresearch/fashion-mnist", "README.md"), .tfds("url_checksums/fashion_mnist.txt"),
      .torchvision("mnist.py"))
  }

  private static let kmnist = DatasetFacts(
    name: "kmnist", title: "Kuzushiji-MNIST", classes: 10, parts: Part.split(train: 60_000, test: 10_000),
    imageSize: "28x28", channels: 1, metric: .top1, layout: mnistLayout,
    citation: Citation(
      authors: "Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto, Ha", year: 2018,
      title: "Deep Learning for Classical Japanese Literature", venue: "arXiv 1812.01718"),
    homepage: "https://github.com/rois-codh/kmnist",
    licence: .stated("CC BY-SA 4.0", at: "github.com/rois-codh/kmnist: README.md"), tags: [],
    downloads: [
      kuzushiji(
        "train-images-idx3-ubyte.gz", 18_165_135,
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4", "bdb82020997e1d708af4cf47b453dcf7"),
      kuzushiji(
        "train-labels-idx1-ubyte.gz", 29_497,
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17", "e144d726b3acfaa3e44228e80efcd344"),
      kuzushiji(
        "t10k-images-idx3-ubyte.gz", 3_041_136,
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5", "5c965bf0a639b31b8f53240b1b52f4d7"),
      kuzushiji(
        "t10k-labels-idx1-ubyte.gz", 5_120,
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c", "7320c461ea6c1c855c0b718fb2a4b134"),
    ])

  private static func kuzushiji(_ file: String, _ bytes: Int, _ sha256: String, _ md5: String) -> Download {
    Download(
      file, "http://codh.rois.ac.jp/kmnist/dataset/kmnist/" + file, bytes: bytes, sha256: sha256, md5: md5,
      seenAt: .github("rois-codh/kmnist", "README.md"), .tfds("url_checksums/kmnist.txt"),
      .torchvision("mnist.py"))
  }

  private static let emnist = DatasetFacts(
    name: "emnist", title: "EMNIST", classes: 47,
    parts: Part.split(train: 112_800, test: 18_800) + [
      Part(name: "train of byclass and bymerge", n: 697_932), Part(name: "test of byclass and bymerge", n: 116_323),
      Part(name: "train of digits", n: 240_000), Part(name: "test of digits", n: 40_000),
      Part(name: "train of mnist", n: 60_000), Part(name: "test of mnist", n: 10_000),
    ],
    imageSize: "28x28", channels: 1, metric: .top1,
    layout: "emnist-FACTOR-train-images-idx3-ubyte and so on, plain or with .gz, also in gzip/ or raw/; factors "
      + "balanced (47 classes), byclass (62), bymerge (47), letters (26), digits (10), mnist (10)",
    citation: Citation(
      authors: "Cohen, Afshar, Tapson, van Schaik", year: 2017, title: "EMNIST: Extending MNIST to handwritten letters",
      venue: "IJCNN; arXiv 1702.05373"),
    homepage: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    licence: .notStated(at: "nist.gov/itl/products-and-services/emnist-dataset"), tags: [],
    downloads: [
      Download(
        "gzip.zip", "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip", bytes: 561_753_746,
        sha256: "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        md5: "58c8d27c78d21e728a6bc7b3cc06412e",
        seenAt: .tfds("url_checksums/emnist.txt"), .torchvision("mnist.py"))
    ],
    notes: "The stored images are transposed; here they are turned upright. Letters: tensorflow-datasets counts "
      + "88,800 and 14,800 images, the authors 145,600 in all, so a copy may have either.")

  private static let notMNIST = DatasetFacts(
    name: "notmnist", title: "notMNIST", classes: 10, parts: Part.split(train: 60_000, test: 10_000),
    imageSize: "28x28", channels: 1, metric: .top1, layout: mnistLayout,
    citation: Citation(authors: "Bulatov", year: 2011, title: "notMNIST dataset", venue: "yaroslavvb.blogspot.com"),
    homepage: "http://yaroslavvb.blogspot.com/2011/09/notmnist-dataset.html",
    licence: .stated(
      "files in MNIST's format: posted with the author's permission; the set itself: not stated",
      at: "github.com/davidflanagan/notMNIST-to-MNIST: README.md"),
    tags: [],
    downloads: [
      Download(
        "notMNIST_small.zip", "https://zenodo.org/record/8274268/files/notMNIST_small.zip",
        md5: "3de91fb69221d9c2d5c57387101ebc6c",
        seenAt: .github(
          "ENSTA-U2IS-AI/torch-uncertainty", "torch_uncertainty/datasets/classification/not_mnist.py")),
      Download(
        "notMNIST_large.zip", "https://zenodo.org/record/8274268/files/notMNIST_large.zip",
        md5: "c3f9e0862df000a897766593044e366a",
        seenAt: .github(
          "ENSTA-U2IS-AI/torch-uncertainty", "torch_uncertainty/datasets/classification/not_mnist.py")),
    ],
    needsForm: "the archives hold one PNG a letter; the files that are read here are made by the script of "
      + "github.com/davidflanagan/notMNIST-to-MNIST, or lie in that repository",
    notes: "The counts are those of that repository, a random sample. Labels are noisy, images occur twice.")

  private static let omniglot = DatasetFacts(
    name: "omniglot", title: "Omniglot", classes: 1623,
    parts: [Part(name: "train", n: 19_280), Part(name: "test", n: 13_180)],
    imageSize: "105x105", channels: 1, metric: .top1,
    layout: "images_background/ALPHABET/characterNN/*.png and images_evaluation/ likewise; or "
      + "images_background_small1/ and _small2/",
    citation: Citation(
      authors: "Lake, Salakhutdinov, Tenenbaum", year: 2015,
      title: "Human-level concept learning through probabilistic program induction", venue: "Science 350(6266)"),
    homepage: "https://github.com/brendenlake/omniglot",
    licence: .stated("MIT", at: "github.com/brendenlake/omniglot: LICENSE"), tags: [.fineGrained],
    downloads: [
      Download(
        "images_background.zip",
        "https://github.com/brendenlake/omniglot/raw/master/python/images_background.zip", bytes: 9_464_212,
        sha256: "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
        md5: "68d2efa1b9178cc56df9314c21c6e718",
        seenAt: .tfds("url_checksums/omniglot.txt"), .torchvision("omniglot.py")),
      Download(
        "images_evaluation.zip",
        "https://github.com/brendenlake/omniglot/raw/master/python/images_evaluation.zip", bytes: 6_462_886,
        sha256: "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
        md5: "6b91aef0f799c5bb55b94e3f2daec811",
        seenAt: .tfds("url_checksums/omniglot.txt"), .torchvision("omniglot.py")),
    ],
    notes: "30 alphabets (964 characters) to learn from, 20 (659) to measure on, 20 drawings a character; the two have "
      + "no class in common. Ink is 0 on white.")
}
