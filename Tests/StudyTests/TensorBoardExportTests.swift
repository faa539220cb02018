import Foundation
import Testing

@testable import Study

@Suite struct TensorBoardExportTests {
  let study: ExportedStudy

  init() throws { study = try ExportedStudy() }

  static let folders = [
    "softmax-resnet8-seed0", "label-smoothing_smoothing=0.1-resnet8-seed0", "softmax-resnet8-seed1",
  ]

  @Test func oneFolderARun() throws {
    let summary = try study.export(.tensorboard, to: "logs")
    #expect(summary == StudyExport.Summary(runs: 3, measurements: 16, files: 10))
    let files = try study.tree("logs")
    let event = ExportedStudy.eventFile
    let embeddings = ["features.tsv", "labels.tsv", "projector_config.pbtxt"]
    let expected =
      [event, ExportFolder.listName] + Self.folders.map { "\($0)/\(event)" }
      + Self.folders.prefix(2).flatMap { folder in embeddings.map { "\(folder)/\($0)" } }
    #expect(files.keys.sorted() == expected.sorted())
    let list = try JSONDecoder().decode(ExportFolder.List.self, from: try #require(files[ExportFolder.listName]))
    #expect(list.files == expected.filter { $0 != ExportFolder.listName }.sorted())
    #expect(list.runs == Dictionary(uniqueKeysWithValues: zip(ExportedStudy.runs.map(\.digest), Self.folders)))
  }

  @Test func theSameBytesAgain() throws {
    try study.export(.tensorboard, to: "logs")
    let before = try study.tree("logs")
    try study.export(.tensorboard, to: "logs")
    #expect(try study.tree("logs") == before)
    try study.export(.tensorboard, to: "elsewhere/logs")
    #expect(try study.tree("elsewhere/logs") == before)
  }

  @Test func anotherExportReplacesItsOwnFilesAndNoOthers() throws {
    try study.export(.tensorboard, to: "logs")
    let first = Self.folders[0]
    let others = ["logs/note.txt", "logs/\(first)/events.out.tfevents.1.mine"]
    for other in others { try study.folder.write("mine", to: other) }
    try study.folder.write("half", to: "logs/\(first)/..export-1.2-3.partial")
    // A run is taken out of the study, another goes on; no features are asked for.
    let snapshot = try StudySnapshot(directory: study.directory)
    let runs = [ExportedStudy.runs[0], ExportedStudy.runs[2]]
    try study.store.plan(
      study: snapshot.study, runs: runs, stages: snapshot.stages.filter { runs.map(\.digest).contains($0.runDigest) })
    try study.finish(runs[1])
    let before = try study.tree("logs")
    try study.export(.tensorboard, to: "logs", examples: 0)
    let after = try study.tree("logs")
    let event = ExportedStudy.eventFile
    #expect(
      Set(after.keys)
        == Set(
          ["note.txt", "\(first)/events.out.tfevents.1.mine", event, ExportFolder.listName, "\(first)/\(event)"]
            + ["\(Self.folders[2])/\(event)"]))
    #expect(after["note.txt"] == Data("mine".utf8))
    #expect(after["\(first)/\(event)"] == before["\(first)/\(event)"])
    #expect(after["\(Self.folders[2])/\(event)"] != before["\(Self.folders[2])/\(event)"])
    #expect(!FileManager.default.fileExists(atPath: study.out("logs/\(Self.folders[1])").path))
  }

  @Test func foldersOfOthersStayAsTheyAre() throws {
    func refused(_ name: String, _ words: String) throws {
      let before = try study.tree(name)
      do {
        try study.export(.tensorboard, to: name)
        Issue.record("\(name) was accepted")
      } catch ExportError.notOurs(let path, let reason) {
        #expect(path.hasPrefix(study.out(name).path) && reason.contains(words), "\(path): \(reason)")
      }
      #expect(try study.tree(name) == before)
    }
    for name in ["others", "broken", "beyond", "another", "taken"] {
      try FileManager.default.createDirectory(at: study.out(name), withIntermediateDirectories: true)
    }
    try study.folder.write("mine", to: "others/note.txt")
    try refused("others", "other files")
    func list(_ study: String, _ file: String) -> String {
      "{\"format\":\"tensorboard\",\"study\":\"\(study)\",\"runs\":{},\"files\":[\"\(file)\"]}"
    }
    try study.folder.write("{", to: "broken/\(ExportFolder.listName)")
    try refused("broken", "not the list")
    for path in ["../r.csv", "a/../../b", "/etc/x", "a//b", "a/b/c"] {
      try study.folder.write(list("small", path), to: "beyond/\(ExportFolder.listName)")
      try refused("beyond", "not the list")
    }
    try study.folder.write(list("large", "x"), to: "another/\(ExportFolder.listName)")
    try refused("another", "study 'large'")
    try study.folder.write(list("small", "x"), to: "taken/\(ExportFolder.listName)")
    try FileManager.default.createDirectory(
      at: study.out("taken/\(Self.folders[0])"), withIntermediateDirectories: true)
    try study.folder.write("mine", to: "taken/\(Self.folders[0])/labels.tsv")
    try refused("taken", "not of an earlier export")
    try study.folder.write("a file", to: "file")
    #expect(throws: ExportError.self) { try study.export(.tensorboard, to: "file") }
  }

  @Test func featuresThatCannotBeRead() throws {
    let file = study.featureFile(of: ExportedStudy.stage(ExportedStudy.runs[0], 2))
    try Data("not features".utf8).write(to: file)
    do {
      try study.export(.tensorboard, to: "logs")
      Issue.record("accepted")
    } catch ExportError.notReadable(let path, _) { #expect(path == file.path) }
    // A run that keeps none has none.
    try FileManager.default.removeItem(at: file)
    #expect(try study.export(.tensorboard, to: "logs").files == 7)
  }

  @Test func embeddings() throws {
    let file = study.featureFile(of: ExportedStudy.stage(ExportedStudy.runs[0], 2))
    let all = try #require(try ProjectorEmbedding(file: file, name: "features", limit: 100))
    #expect(all.places == [0, 1, 2, 4, 5, 6, 7, 8, 9] && all.dimensions == 2)
    #expect(all.files[0].text.hasPrefix("0.0\t0.33333334\n0.6666667\t1.0\n"))
    #expect(all.files[1].text.hasPrefix("class\tlabel\texample\na b\t0\t0\nc\t1\t1\n2\t2\t2\nc\t1\t4\n"))
    #expect(all.files[2].text.contains("tensor_shape: 9\n  tensor_shape: 2\n"))
    let some = try #require(try ProjectorEmbedding(file: file, name: "features", limit: 4))
    #expect(some.places == [0, 2, 5, 7] && some.labels == [0, 2, 2, 1])
  }

  @Test func epochsAndStagesHaveTheStoresTimes() throws {
    var snapshot = try StudySnapshot(directory: study.directory)
    func run(_ place: Int) -> TensorBoardRun {
      let record = ExportedStudy.runs[place]
      return TensorBoardRun(
        record: record, stages: snapshot.stages.filter { $0.runDigest == record.digest },
        measurements: snapshot.measurements.filter { $0.runDigest == record.digest },
        epochs: snapshot.epochs.filter { $0.runDigest == record.digest }, hyperparameters: [:], studyTime: 7)
    }
    func times(_ tag: String, _ place: Int) -> [Double] {
      run(place).events.compactMap { event in
        guard case .scalar(tag, _) = event.content else { return nil }
        return event.wallTime - ExportedStudy.begin.timeIntervalSince1970
      }
    }
    #expect(times("train/loss", 0) == [40, 70, 100], "90 seconds of training, spread evenly")
    #expect(times("train/loss", 1) == [1040, 1070, 1100])
    #expect(times("train/loss", 2) == [5000], "not over yet")
    #expect(times("evaluate/top1/test", 0) == [200])
    #expect(times("evaluate/nll/test", 0) == [], "no value")
    #expect(run(0).status == .success && run(2).status == .running && !run(3).hasBegun)
    try study.store.fail(
      stage: ExportedStudy.stage(ExportedStudy.runs[2], 0).digest, error: "e", seconds: 1, final: true)
    snapshot = try StudySnapshot(directory: study.directory)
    #expect(run(2).status == .failure && times("train/loss", 2).count == 1)
    #expect(run(2).events.last?.content == .hyperparameters(.end(.failure, time: run(2).events.last?.wallTime)))
  }

  @Test func hyperparametersOfThePlan() throws {
    let values = try PlanHyperparameters.values(of: ExportedStudy.runs[1])
    #expect(
      values == [
        "objective": .text("label-smoothing"), "label-smoothing.smoothing": .number(0.1), "network": .text("resnet8"),
        "seed": .number(0), "epochs": .number(3), "batch": .number(32), "learning_rate": .number(0.2),
        "weight_decay": .number(0.0005), "augmentation": .text("flip shift:reach=0.25"),
      ])
    var bare = ExportedStudy.runs[0]
    bare.planJSON = "{}"
    #expect(try PlanHyperparameters.values(of: bare).count == 3)
    bare.planJSON = "[]"
    #expect(throws: StudyError.self) { try PlanHyperparameters.values(of: bare) }
  }

  @Test func namesTellRunsApart() {
    func names(_ labels: [String]) -> [String] {
      TensorBoardExport.folderNames(
        labels.enumerated().map { place, label in
          RunRecord(
            digest: "\(place)2345678rest", label: label, objective: "x", objectiveJSON: "{}", network: "n", seed: 0,
            planJSON: "{}", position: 0)
        })
    }
    #expect(names(["a+b:c=1e-05", "x y/z"]) == ["a+b_c=1e-05-n-seed0", "x_y_z-n-seed0"])
    #expect(
      names(["a:b", "a/b", "A_B", "c"]) == [
        "a_b-n-seed0-02345678", "a_b-n-seed0-12345678", "A_B-n-seed0-22345678", "c-n-seed0",
      ])
    #expect(names([".."]) == ["_..-n-seed0"])
    #expect(names([String(repeating: "x", count: 1000)])[0].count < 200)
  }

  /// Where `scripts/check-tensorboard` keeps TensorBoard once it was run, unless another is named.
  static let tensorBoard: String? = {
    let environment = ProcessInfo.processInfo.environment
    if let python = environment["SEPARATRIX_TENSORBOARD"] { return python }
    let cache = environment["SEPARATRIX_CACHE"] ?? NSString(string: "~/.cache/separatrix").expandingTildeInPath
    return FileManager.default.fileExists(atPath: "\(cache)/tensorboard/.complete")
      ? "\(cache)/tensorboard/bin/python" : nil
  }()

  @Test(.enabled(if: tensorBoard != nil, "needs TensorBoard: run scripts/check-tensorboard once"))
  func theRealTensorBoardOpensIt() throws {
    try study.export(.tensorboard, to: "logs")
    try study.export(.csv, to: "r.csv")
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let said = study.out("said")
    _ = FileManager.default.createFile(atPath: said.path, contents: nil)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", package.appendingPathComponent("scripts/check-tensorboard").path, study.out("logs").path, "--results",
      study.out("r.csv").path,
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(["SEPARATRIX_TENSORBOARD": Self.tensorBoard ?? ""]
    ) { $1 }
    let handle = try FileHandle(forWritingTo: said)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    let text = try String(contentsOf: said, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.contains("3 sessions with 9 hyperparameters"), "\(text)")
    #expect(text.contains("embeddings of 2 runs"), "\(text)")
  }
}
