extension DatasetFacts {
  /// Test sets for networks trained on ImageNet, shifted away from it.
  static let imageNetShift: [DatasetFacts] =
    [imageNetA, imageNetR] + imageNetV2 + [imageNetSketch, imageNetC]

  private static let imageNetA = DatasetFacts(
    name: "imagenet-a", title: "ImageNet-A (natural adversarial examples)", classes: 200,
    parts: [Part(name: "test", n: 7_500)], imageSize: "varies", channels: 3, metric: .top1,
    layout: "imagenet-a/WNID/*.jpg, 200 of ImageNet's classes",
    citation: Citation(
      authors: "Hendrycks, Zhao, Basart, Steinhardt, Song", year: 2021, title: "Natural Adversarial Examples",
      venue: "CVPR; arXiv 1907.07174"),
    homepage: "https://github.com/hendrycks/natural-adv-examples",
    licence: .stated(
      "the repository: MIT; the photographs: not stated apart",
      at: "github.com/hendrycks/natural-adv-examples: LICENSE"),
    tags: [.overlapsSource],
    downloads: [
      Download(
        "imagenet-a.tar", "https://people.eecs.berkeley.edu/~hendrycks/imagenet-a.tar", bytes: 687_552_512,
        sha256: "3bb3632277e6ba6392ea64c02ddbf4dd2266c9caffd6bc09c9656d28f012589e",
        seenAt: .tfds("datasets/imagenet_a/checksums.tsv"),
        .github("hendrycks/natural-adv-examples", "README.md"))
    ],
    notes:
      "Labels are numbers among ImageNet's 1,000. Measured over its 200 classes only: outputs of the other 800 are left "
      + "out before the highest is taken (ImageNetClasses.adversarial).")

  private static let imageNetR = DatasetFacts(
    name: "imagenet-r", title: "ImageNet-R (renditions)", classes: 200,
    parts: [Part(name: "test", n: 30_000)], imageSize: "varies", channels: 3, metric: .top1,
    layout: "imagenet-r/WNID/*.jpg, 200 of ImageNet's classes",
    citation: Citation(
      authors: "Hendrycks, Basart, Mu, Kadavath, Wang, Dorundo, Desai, Zhu, Parajuli, Guo, Song, Steinhardt, Gilmer",
      year: 2021,
      title: "The Many Faces of Robustness: A Critical Analysis of Out-of-Distribution Generalization",
      venue: "ICCV; arXiv 2006.16241"),
    homepage: "https://github.com/hendrycks/imagenet-r",
    licence: .notStated(at: "github.com/hendrycks/imagenet-r: README.md"),
    tags: [.overlapsSource],
    downloads: [
      Download(
        "imagenet-r.tar", "https://people.eecs.berkeley.edu/~hendrycks/imagenet-r.tar", bytes: 2_191_079_936,
        sha256: "18c6bf493b39a0d975d48e587437f562caab9c52ae6327dcfa9dd8eb54aa1b52",
        seenAt: .tfds("datasets/imagenet_r/checksums.tsv"), .github("hendrycks/imagenet-r", "README.md"))
    ],
    notes: "Labels are numbers among ImageNet's 1,000. Measured over its 200 classes only (ImageNetClasses.renditions)."
  )

  private static let imageNetV2: [DatasetFacts] = [
    version2(
      "matched-frequency", "matched-frequency", "sampled to match how often people chose the original images",
      1_264_079_360, "f0c37fdf925916b19ea1323cd9a2208cdb6959ba2c32eef2a7fc393835c9ca7c"),
    version2(
      "threshold-0.7", "threshold0.7", "images that at least 70 % of people chose",
      1_249_906_176, "32142bfe998f9cfa4141be691f6a80eeb1e27b24bd532a668eb08c26d98897a2"),
    version2(
      "top-images", "top-images", "the ten images of each class that most people chose",
      1_245_927_936, "85e4ace30f3f0d660152062254b8759dda66267b27f7ec0fd8d5768f1073a04b"),
  ]

  private static func version2(
    _ variant: String, _ file: String, _ meaning: String, _ bytes: Int, _ sha256: String
  ) -> DatasetFacts {
    let archive = "imagenetv2-\(file).tar.gz"
    return DatasetFacts(
      name: "imagenetv2-" + variant, title: "ImageNetV2, \(variant)", classes: 1000,
      parts: [Part(name: "test", n: 10_000)], imageSize: "varies", channels: 3, metric: .top1,
      layout: "imagenetv2-\(file)-format-val/N/*.jpeg, N from 0 to 999 without leading zeros: the class's number",
      citation: Citation(
        authors: "Recht, Roelofs, Schmidt, Shankar", year: 2019,
        title: "Do ImageNet Classifiers Generalize to ImageNet?", venue: "ICML"),
      homepage: "https://github.com/modestyachts/ImageNetV2",
      licence: .stated(
        "as the original ImageNet; the images come from Flickr with licences of their own; the code: MIT",
        at: "github.com/modestyachts/ImageNetV2: README.md"),
      tags: [.overlapsSource],
      downloads: [
        Download(
          archive, "https://huggingface.co/datasets/vaishaal/ImageNetV2/resolve/main/" + archive, bytes: bytes,
          sha256: sha256, seenAt: .tfds("datasets/imagenet_v2/checksums.tsv"))
      ],
      notes: "Ten images a class: \(meaning). Read as folders in the order of their names, 10 would come before 2: "
        + "here the numbers count.")
  }

  private static let imageNetSketch = DatasetFacts(
    name: "imagenet-sketch", title: "ImageNet-Sketch", classes: 1000,
    parts: [Part(name: "test", n: 50_889)], imageSize: "varies", channels: 3, metric: .top1,
    layout: "sketch/WNID/*.JPEG",
    citation: Citation(
      authors: "Wang, Ge, Lipton, Xing", year: 2019,
      title: "Learning Robust Global Representations by Penalizing Local Predictive Power", venue: "NeurIPS"),
    homepage: "https://github.com/HaohanWang/ImageNet-Sketch",
    licence: .stated(
      "the repository: MIT; the drawings: not stated apart",
      at: "github.com/HaohanWang/ImageNet-Sketch: LICENSE"),
    tags: [.overlapsSource],
    downloads: [
      Download(
        "ImageNet-Sketch.zip",
        "https://drive.google.com/u/0/uc?id=1Mj0i5HBthqH1p_yeXzsg22gZduvgoNeA&export=download",
        bytes: 7_593_573_012, sha256: "4d3ce6b82a7c48aabf14aeac105eb533e75707f152cc858f55bfc022031a72ed",
        seenAt: .tfds("datasets/imagenet_sketch/checksums.tsv"),
        .github("HaohanWang/ImageNet-Sketch", "README.md"))
    ],
    notes: "Google Drive asks before it gives large files: a plain download may bring a page instead, which the "
      + "checksum refuses. Then download it in a browser. The repository counts 50,000 images, "
      + "tensorflow-datasets 50,889.")

  private static let imageNetC = DatasetFacts(
    name: "imagenet-c", title: "ImageNet-C (15 corruptions, 5 severities)", classes: 1000,
    parts: [Part(name: "test", n: 3_750_000)], imageSize: "224x224", channels: 3, metric: .meanCorruptionError,
    layout: "CORRUPTION/SEVERITY/WNID/*.JPEG, severity 1 to 5, 50,000 images each",
    citation: Citation(
      authors: "Hendrycks, Dietterich", year: 2019,
      title: "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", venue: "ICLR"),
    homepage: "https://github.com/hendrycks/robustness",
    licence: .imageNet, tags: [.overlapsSource],
    downloads: [
      corruptions("blur.tar", "2d8e81fdd8e07fef67b9334fa635e45c"),
      corruptions("digital.tar", "89157860d7b10d5797849337ca2e5c03"),
      corruptions("noise.tar", "e80562d7f6c3f8834afb1ecf27252745"),
      corruptions("weather.tar", "33ffea4db4d93fe4a428c40a6ce0c25d"),
    ],
    notes: "A fifth archive, extra.tar, holds four corruptions that do not count in the mean. The images are "
      + "already cut to 224 pixels: they are not resized again.")

  private static func corruptions(_ file: String, _ md5: String) -> Download {
    Download(
      file, "https://zenodo.org/record/2235448/files/" + file, md5: md5,
      seenAt: .github(
        "ENSTA-U2IS-AI/torch-uncertainty", "torch_uncertainty/datasets/classification/imagenet/imagenet_c.py"),
      .github("hendrycks/robustness", "README.md"))
  }
}
