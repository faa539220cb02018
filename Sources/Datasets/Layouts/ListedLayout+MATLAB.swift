/// Sets whose splits are MATLAB files.
extension ListedLayout {
  /// Stanford Cars: `devkit/cars_meta.mat` with class_names; `devkit/cars_train_annos.mat` and
  /// `cars_test_annos_withlabels.mat` (beside it or above) with records of fname and class from 1.
  static let cars = ListedLayout("cars", "photographs of cars, 196 models") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "cars", in: ["", "stanford_cars"], markers: ["devkit/cars_meta.mat", "cars_meta.mat"])
    let meta = folder.full(folder.has("devkit/cars_meta.mat") ? "devkit/cars_meta.mat" : "cars_meta.mat")
    let names = try MATFile.array("class_names", in: try MATFile.read(meta), of: meta)
    guard let classNames = names.strings else { throw mismatch(meta, "class_names: a row of texts") }
    var images = ListedImages(classNames: classNames)
    let file = split == .train ? "cars_train_annos.mat" : "cars_test_annos_withlabels.mat"
    let path = folder.full(folder.has("devkit/" + file) ? "devkit/" + file : file)
    let records = try MATFile.array("annotations", in: try MATFile.read(path), of: path)
    guard let files = records["fname"], let classes = records["class"] else {
      throw mismatch(path, "annotations: records of fname and class")
    }
    let root = folder.prefix + (split == .train ? "cars_train/" : "cars_test/")
    for (name, value) in zip(files, classes) {
      guard let name = name.string, let label = value.integers?.first, (1...max(classNames.count, 1)).contains(label)
      else {
        throw mismatch(path, "annotations: a file's name and a class in 1...\(classNames.count) in each record")
      }
      try images.append(root + name, label: label - 1)
    }
    return images
  }

  /// Oxford Flowers-102: `imagelabels.mat` with labels, the class from 1 of each picture; `setid.mat` with trnid, valid
  /// (both trained on) and tstid, the numbers from 1 of the pictures of each part.
  static let flowers102 = ListedLayout("flowers102", "photographs of flowers, 102 classes") {
    directory, split, _ throws(DatasetError) in
    let folder = try ListedFolder(
      directory, of: "flowers102", in: ["", "flowers-102", "102flowers"], markers: ["imagelabels.mat"])
    let file = folder.full("imagelabels.mat")
    guard let labels = try MATFile.array("labels", in: try MATFile.read(file), of: file).integers,
      let least = labels.min(), let count = labels.max(), least >= 1, count <= 10_000
    else { throw mismatch(file, "labels: whole numbers from 1") }
    var images = ListedImages(classNames: (1...count).map(String.init))
    let sets = folder.full("setid.mat")
    let arrays = try MATFile.read(sets)
    for part in split == .train ? ["trnid", "valid"] : ["tstid"] {
      guard let numbers = try MATFile.array(part, in: arrays, of: sets).integers,
        numbers.allSatisfy({ $0 >= 1 && $0 <= labels.count })
      else { throw mismatch(sets, "\(part): numbers of pictures in 1...\(labels.count)") }
      for number in numbers {
        let digits = String(number)
        let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
        try images.append(folder.prefix + "jpg/image_\(padded).jpg", label: labels[number - 1] - 1)
      }
    }
    return images
  }

  static func mismatch(_ file: String, _ expected: String) -> DatasetError {
    DatasetError(.countMismatch, file: file, expected: expected, found: "something else", cure: "get the file again")
  }
}
