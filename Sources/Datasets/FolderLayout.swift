import Foundation

/// The names under which a listed set's files may lie in a folder; each name also with `.gz`.
struct FolderLayout: Sendable {
  /// One way of naming the files of both splits.
  struct Edition: Sendable {
    /// A folder inside the one named, or nil.
    var folder: String?
    /// Names of the files of each split, without `.gz`.
    var names: [Split: [String]]
  }

  /// The name of the set, for messages.
  var name: String
  /// The first edition any of whose files exists is the one that is read, and then must be whole.
  var editions: [Edition]

  /// The stored splits: those of which a file exists. Both where nothing exists, so that loading says what is missing.
  func splits(of reference: DataReference) -> [Split] {
    guard let edition = edition(of: reference) else { return Split.allCases }
    return Split.allCases.filter { split in
      paths(edition, split, in: reference).contains { existing($0) != nil }
    }
  }

  /// The files of a split, all of them there.
  func files(of reference: DataReference, _ split: Split) throws(DatasetError) -> [String] {
    guard let directory = reference.directory else {
      throw DatasetError(
        .badReference, expected: "the folder of \(name)", found: "none", cure: "write \(name):DIR")
    }
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: directory, isDirectory: &isFolder) else {
      throw DatasetError(
        .missing, file: directory, expected: "the folder of \(name)", found: "nothing of that name",
        cure: "check the path")
    }
    guard isFolder.boolValue else {
      throw DatasetError(
        .wrongKindOfFile, file: directory, expected: "the folder of \(name)", found: "a file",
        cure: "name the folder that holds it")
    }
    guard let edition = edition(of: reference) else {
      let sought = editions.compactMap { edition in
        edition.names[split].map { names in
          names.map { (edition.folder.map { $0 + "/" } ?? "") + $0 }.joined(separator: " + ")
        }
      }
      throw DatasetError(
        .missing, file: directory, expected: sought.joined(separator: ", or ") + " (each plain or with .gz)",
        found: "none of them", cure: "put the files of \(name) there, or name another folder")
    }
    var found: [String] = []
    for path in paths(edition, split, in: reference) {
      guard let file = existing(path) else {
        throw DatasetError(
          .missing, file: path,
          expected: "this file of the \(split.rawValue) split of \(name), plain or with .gz",
          found: "nothing of that name, though other files of the set are there", cure: "get the file")
      }
      found.append(file)
    }
    return found
  }

  private func edition(of reference: DataReference) -> Edition? {
    editions.first { edition in
      Split.allCases.contains { split in paths(edition, split, in: reference).contains { existing($0) != nil }
      }
    }
  }

  private func paths(_ edition: Edition, _ split: Split, in reference: DataReference) -> [String] {
    var base = URL(fileURLWithPath: reference.directory ?? ".").relativePath
    if let folder = edition.folder { base += "/" + folder }
    return (edition.names[split] ?? []).map { base + "/" + $0 }
  }

  private func existing(_ path: String) -> String? {
    [path, path + ".gz"].first { FileManager.default.fileExists(atPath: $0) }
  }

  static let mnist = FolderLayout(
    name: "the set",
    editions: [nil, "raw"].flatMap { folder in
      ["-", "."].map { joint in
        Edition(
          folder: folder,
          names: [
            .train: ["train-images\(joint)idx3-ubyte", "train-labels\(joint)idx1-ubyte"],
            .test: ["t10k-images\(joint)idx3-ubyte", "t10k-labels\(joint)idx1-ubyte"],
          ])
      }
    })

  static let cifar10 = FolderLayout(
    name: "cifar10",
    editions: [nil, "cifar-10-batches-bin"].map { folder in
      Edition(
        folder: folder,
        names: [.train: (1...5).map { "data_batch_\($0).bin" }, .test: ["test_batch.bin"]])
    } + [
      Edition(
        names: [
          .train: ["decoded-train5000.bin", "lossless-train-first4000.bin"], .test: ["decoded-test2000.bin"],
        ])
    ])

  static let cifar100 = FolderLayout(
    name: "cifar100",
    editions: [nil, "cifar-100-binary"].map { folder in
      Edition(folder: folder, names: [.train: ["train.bin"], .test: ["test.bin"]])
    })
}
