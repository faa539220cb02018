extension DatasetFacts {
  /// CIFAR and the test sets made for it.
  static let cifarFamily: [DatasetFacts] = [cifar10, cifar100, cifar10Point1, cifar10C, cifar100C]

  private static let krizhevsky = Citation(
    authors: "Krizhevsky", year: 2009, title: "Learning multiple layers of features from tiny images",
    venue: "technical report, University of Toronto")

  private static let corruption = Citation(
    authors: "Hendrycks, Dietterich", year: 2019,
    title: "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", venue: "ICLR")

  private static let cifar10 = DatasetFacts(
    name: "cifar10", title: "CIFAR-10", classes: 10, parts: Part.split(train: 50_000, test: 10_000),
    imageSize: "32x32", channels: 3, metric: .top1,
    layout: "data_batch_1.bin to data_batch_5.bin and test_batch.bin, also in cifar-10-batches-bin/",
    citation: krizhevsky, homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    licence: .noneKnown, tags: [.overlapsSource],
    downloads: [
      Download(
        "cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", bytes: 170_052_171,
        sha256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        seenAt: .tfds("url_checksums/cifar10.txt"))
    ],
    notes: "A part of 80 Million Tiny Images, which its authors withdrew in 2020. ImageNet has classes of all its "
      + "kinds but deer.")

  private static let cifar100 = DatasetFacts(
    name: "cifar100", title: "CIFAR-100", classes: 100, parts: Part.split(train: 50_000, test: 10_000),
    imageSize: "32x32", channels: 3, metric: .top1,
    layout: "train.bin and test.bin, also in cifar-100-binary/; 100 fine or 20 coarse labels",
    citation: krizhevsky, homepage: "https://www.cs.toronto.edu/~kriz/cifar.html",
    licence: .noneKnown, tags: [.overlapsSource],
    downloads: [
      Download(
        "cifar-100-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        bytes: 168_513_733, sha256: "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        seenAt: .tfds("url_checksums/cifar100.txt"))
    ],
    notes: "A part of 80 Million Tiny Images, which its authors withdrew in 2020.")

  private static let cifar10Point1 = DatasetFacts(
    name: "cifar10.1", title: "CIFAR-10.1", classes: 10,
    parts: [Part(name: "test", n: 2_000), Part(name: "test of v4", n: 2_021)],
    imageSize: "32x32", channels: 3, metric: .top1,
    layout: "cifar10.1_v6_data.npy and cifar10.1_v6_labels.npy, also in datasets/; v4 by the same names",
    citation: Citation(
      authors: "Recht, Roelofs, Schmidt, Shankar", year: 2018,
      title: "Do CIFAR-10 Classifiers Generalize to CIFAR-10?", venue: "arXiv 1806.00451"),
    homepage: "https://github.com/modestyachts/CIFAR-10.1",
    licence: .notStated(at: "github.com/modestyachts/CIFAR-10.1: README.md (an early version)"),
    tags: [.overlapsSource],
    downloads: [
      newTest("v6_data", 6_144_128, "2997188e5816f5bd545dc77771b6227828c28146049fcecf3fa10775474cacc6"),
      newTest("v6_labels", 8_128, "ae40beda001693674edc94d925ee8268cfe68905f8f9aff800c8dcdfcd6c9448"),
      newTest("v4_data", 6_208_640, "5aaedc268df8f4cffca2ac0cf9e608ae1897a8cddb630c7a850a2ea8f6558e75"),
      newTest("v4_labels", 8_212, "1f9544300ded199539b6662364ce7fe6c2e1ea9f87408f06db4b1a6184cffb18"),
    ],
    notes: "v6, the default, has 200 images a class; v4 has 2,021. A test set only: also of CIFAR-10's classes.")

  private static func newTest(_ part: String, _ bytes: Int, _ sha256: String) -> Download {
    let file = "cifar10.1_\(part).npy"
    return Download(
      file, "https://github.com/modestyachts/CIFAR-10.1/blob/master/datasets/\(file)?raw=true", bytes: bytes,
      sha256: sha256, seenAt: .tfds("url_checksums/cifar10_1.txt"))
  }

  private static let cifar10C = DatasetFacts(
    name: "cifar10-c", title: "CIFAR-10-C (corruptions)", classes: 10, parts: [Part(name: "test", n: 750_000)],
    imageSize: "32x32", channels: 3, metric: .top1,
    layout: "CORRUPTION.npy (50,000 images: severities 1 to 5, 10,000 each) and labels.npy, also in CIFAR-10-C/; "
      + "the factor CORRUPTION-SEVERITY picks one, as fog-3",
    citation: corruption, homepage: "https://zenodo.org/record/2535967", licence: .noneKnown,
    tags: [.overlapsSource],
    downloads: [
      Download(
        "CIFAR-10-C.tar", "https://zenodo.org/record/2535967/files/CIFAR-10-C.tar", bytes: 2_918_471_680,
        sha256: "c72763e101c723b7c507b96205f7e938912a5d587376173b825850cf3cb876a7",
        md5: "56bf5dcef84df0e2308c6dcbcbbd8499",
        seenAt: .tfds("url_checksums/cifar10_corrupted.txt"),
        .github("ENSTA-U2IS-AI/torch-uncertainty", "torch_uncertainty/datasets/classification/cifar/cifar_c.py"))
    ],
    notes: "The count is that of the 15 corruptions of the benchmark; four extra ones lie beside them.")

  private static let cifar100C = DatasetFacts(
    name: "cifar100-c", title: "CIFAR-100-C (corruptions)", classes: 100,
    parts: [Part(name: "test", n: 750_000)], imageSize: "32x32", channels: 3, metric: .top1,
    layout: "as CIFAR-10-C, also in CIFAR-100-C/; fine labels",
    citation: corruption, homepage: "https://zenodo.org/record/3555552", licence: .noneKnown,
    tags: [.overlapsSource],
    downloads: [
      Download(
        "CIFAR-100-C.tar", "https://zenodo.org/record/3555552/files/CIFAR-100-C.tar", bytes: 2_918_473_216,
        sha256: "30ee6543a1bfd049fa33834b7c1ada301e7064b7fbe8fc38340eb8b62ced4b33",
        md5: "11f0ed0f1191edbf9fa23466ae6021d3",
        seenAt: .github("tensorflow/datasets", "tensorflow_datasets/url_checksums/cifar100_corrupted.txt"),
        .github("ENSTA-U2IS-AI/torch-uncertainty", "torch_uncertainty/datasets/classification/cifar/cifar_c.py"))
    ],
    notes: "The count is that of the 15 corruptions of the benchmark; four extra ones lie beside them.")
}
