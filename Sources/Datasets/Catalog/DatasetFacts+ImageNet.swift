extension DatasetFacts {
  /// ImageNet-1k and the labels that re-assess it.
  static let imageNet: [DatasetFacts] = [imageNet1k, imageNetReal]

  private static let ilsvrc = Citation(
    authors: "Russakovsky, Deng, Su, Krause, Satheesh, Ma, Huang, Karpathy, Khosla, Bernstein, Berg, Fei-Fei",
    year: 2015, title: "ImageNet Large Scale Visual Recognition Challenge", venue: "IJCV 115(3)")

  private static let validation = Download(
    "ILSVRC2012_img_val.tar", nil, bytes: 6_744_924_160,
    sha256: "c7e06a6c0baccf06d8dbeb6577d71efff84673a5dbdd50633ab44f8ea0456ae0",
    md5: "29b22e2961454d5413ddabcf34fc5622",
    seenAt: .tfds("datasets/imagenet2012/checksums.tsv"), .torchvision("imagenet.py"))

  private static let imageNet1k = DatasetFacts(
    name: "imagenet", title: "ImageNet-1k (ILSVRC2012)", classes: 1000,
    parts: Part.split(train: 1_281_167, test: 50_000), imageSize: "varies", channels: 3, metric: .top1,
    layout: "train/WNID/*.JPEG; val/WNID/*.JPEG, or val/*.JPEG with ILSVRC2012_validation_ground_truth.txt and "
      + "meta.mat of the development kit. The classes are the WordNet ids in ascending order.",
    citation: ilsvrc, homepage: "https://image-net.org/challenges/LSVRC/2012/",
    licence: .imageNet, tags: [.overlapsSource],
    downloads: [
      Download(
        "ILSVRC2012_img_train.tar", nil, bytes: 147_897_477_120,
        sha256: "b08200a27a8e34218a0e58fde36b0fe8f73bc377f4acea2d91602057c3ca45bb",
        md5: "1d675b47d978889d74fa0da5fadfb00e",
        seenAt: .tfds("datasets/imagenet2012/checksums.tsv"), .torchvision("imagenet.py")),
      validation,
      Download(
        "ILSVRC2012_devkit_t12.tar.gz", nil,
        sha256: "b59243268c0d266621fd587d2018f69e906fb22875aca0e295b48cafaa927953",
        md5: "fa75699e90414af021442c21a62c3abf",
        seenAt: .torchvision("imagenet.py"),
        .github("pytorch/vision", "torchvision/prototype/datasets/_builtin/imagenet.py")),
    ],
    needsForm: "an account at https://image-net.org whose terms are accepted; then download the files named here",
    notes: "Its validation images are what everybody measures on: the part called test here. The training archive "
      + "is a tar of one tar a class.")

  private static let imageNetReal = DatasetFacts(
    name: "imagenet-real", title: "ImageNet ReaL (re-assessed validation labels)", classes: 1000,
    parts: [Part(name: "test", n: 50_000)], imageSize: "varies", channels: 3, metric: .anyOfLabels,
    layout: "real.json beside ImageNet's validation images: 50,000 lists of class numbers in the order of "
      + "ILSVRC2012_val_00000001.JPEG and so on; an empty list leaves its image out.",
    citation: Citation(
      authors: "Beyer, Hénaff, Kolesnikov, Zhai, van den Oord", year: 2020, title: "Are we done with ImageNet?",
      venue: "arXiv 2006.07159"),
    homepage: "https://github.com/google-research/reassessed-imagenet",
    licence: .stated(
      "the example code: Apache 2.0; the labels: not stated apart; the images: ImageNet's",
      at: "github.com/google-research/reassessed-imagenet: README.md"),
    tags: [.overlapsSource],
    downloads: [
      Download(
        "real.json", "https://raw.githubusercontent.com/google-research/reassessed-imagenet/master/real.json",
        bytes: 388_478, sha256: "d83e9bff374c631aae8439eb064c7019acc56e1b3bc3f56b8380c2a710b0220b",
        seenAt: .tfds("datasets/imagenet2012_real/checksums.tsv")),
      validation,
    ],
    needsForm: "ImageNet's validation images; the labels alone need none",
    notes: "About 3,500 images have no label and count neither as right nor as wrong.")
}
