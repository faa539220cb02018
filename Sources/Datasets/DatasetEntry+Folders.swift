import Foundation

extension DatasetEntry {
  /// Fashion-MNIST: 28x28 gray, ten kinds of clothing (Xiao, Rasul, Vollgraf, 2017).
  static let fashionMNIST = mnistLike(
    "fashion-mnist", "60,000 and 10,000 pictures of clothing, 28x28 gray, 10 classes",
    classNames: [
      "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
      "ankle boot",
    ])

  /// MNIST: 28x28 gray, ten digits (LeCun, Cortes, Burges).
  static let mnist = mnistLike(
    "mnist", "60,000 and 10,000 handwritten digits, 28x28 gray, 10 classes",
    classNames: (0..<10).map(String.init))

  /// notMNIST in MNIST's files: 28x28 gray, the letters A to J in many typefaces (Bulatov, 2011).
  static let notMNIST = mnistLike(
    "notmnist", "letters A to J in many typefaces, 28x28 gray, 10 classes",
    classNames: "ABCDEFGHIJ".map(String.init))

  /// Kuzushiji-MNIST in MNIST's files: 28x28 gray, one cursive character for each row of hiragana (Clanuwat and others,
  /// 2018).
  static let kmnist = mnistLike(
    "kmnist", "60,000 and 10,000 cursive Japanese characters, 28x28 gray, 10 classes",
    classNames: ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"])

  /// CIFAR-10, in the official binary files or the lossy and lossless parts of them that tests use.
  static let cifar10 = DatasetEntry(
    name: "cifar10", summary: "photographs of animals and vehicles, 32x32 colour, 10 classes",
    usage: "cifar10:DIR",
    source: .folder, splits: { FolderLayout.cifar10.splits(of: $0) }
  ) { reference, split throws(DatasetError) in
    let files = try FolderLayout.cifar10.files(of: reference, split)
    return try CIFAR.records(files).samples(classNames: CIFAR.names10)
  }

  /// CIFAR-100 in the official binary files, with fine (100) or coarse (20) labels.
  static let cifar100 = DatasetEntry(
    name: "cifar100", summary: "photographs, 32x32 colour, 100 fine or 20 coarse classes",
    usage: "cifar100:DIR",
    source: .folder, factors: ["fine", "coarse"], splits: { FolderLayout.cifar100.splits(of: $0) }
  ) { reference, split throws(DatasetError) in
    let files = try FolderLayout.cifar100.files(of: reference, split)
    // Both label bytes are checked: a coarse label that is out of range betrays a wrong layout.
    let coarse = try CIFAR.records(files, labelBytes: 2, labelPlace: 0).samples(
      classNames: CIFAR.coarseNames100)
    let fine = try CIFAR.records(files, labelBytes: 2, labelPlace: 1).samples(classNames: CIFAR.fineNames100)
    return reference.labels == "coarse" ? coarse : fine
  }

  private static func mnistLike(_ name: String, _ summary: String, classNames: [String]) -> DatasetEntry {
    DatasetEntry(
      name: name, summary: summary, usage: "\(name):DIR", source: .folder,
      splits: { FolderLayout.mnist.splits(of: $0) }
    ) { reference, split throws(DatasetError) in
      let files = try FolderLayout.mnist.files(of: reference, split)
      return try IDX.samples(images: files[0], labels: files[1], classNames: classNames)
    }
  }
}
