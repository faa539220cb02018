import ArgumentParser
import Datasets
import Features
import Foundation
import Measures
import Torch
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Accuracy, loss and calibration of a run on a data set.",
    discussion: """
      Calibration is given raw and after one temperature fitted on the run's holdout.
      Example:
        separatrix evaluate runs/cosine --data fashion-mnist:data --predictions predictions.npz
      """)

  @Argument(help: ArgumentHelp("Run folder, or a weights file.", valueName: "run")) var path: String
  @Option(help: "Data: \(DataReference.grammar). Default: the run's own.")
  var data: String?
  @Option(help: "Split to measure: train, test or holdout. Default: test, or all of a set without one.")
  var split: String?
  @Option(help: "Keep each example's outputs, probabilities and label in this .npz file.") var predictions: String?
  @Option(help: "Threads.") var threads: Int?
  @OptionGroup var place: DeviceOptions
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try Machine.setThreads(threads ?? HostMachine.cores)
    let url = URL(typed: path)
    let trained = try pictures.applied(to: TrainedModel(url, catalog: Tool.catalog, device: place.ready()))
    let plan = try? TrainingRun.plan(in: url)
    let samples = try SampleChoice(data: data, split: split, plan: plan, pictures: pictures).load()
    let line = ProgressLine()
    let test = try trained.predict(samples) { line.show("\($0) of \(samples.count) images") }
    var holdout: Predictions?
    if let plan, let held = try? TrainingRun.samples(plan).holdout { holdout = try trained.predict(held) }
    line.clear()
    let set = try SampleChoice(data: data, split: split, plan: plan, pictures: pictures).reference().dataset
    let mask = trained.description.classNames.count == 1000 ? ImageNetClasses.mask(ofSet: set) : nil
    let result = try Evaluation(trained, test, holdout: holdout, mask: mask)
    if let mask { Console.complain("answers among the \(mask.count) classes of \(set)") }
    if let predictions {
      try FeatureSet.writeNPZ(
        [
          ("outputs", test.outputs), ("probabilities", try test.outputs.softmax(1)),
          ("labels", try Tensor(test.labels)),
        ], to: URL(typed: predictions))
    }
    if output.json { return try Console.printJSON(result) }
    Console.printFields([
      ("images", String(result.n)), ("top-1", Console.percent(result.top1)), ("top-5", Console.percent(result.top5)),
      ("loss", Console.number(result.loss)), ("NLL", Console.number(result.nll)), ("ECE", Console.number(result.ece)),
      ("temperature", Console.number(result.temperature)), ("NLL, scaled", Console.number(result.nllScaled)),
      ("ECE, scaled", Console.number(result.eceScaled)),
    ])
    if let reason = result.reason { print("(\(reason))") }
    for image in test.skipped { Console.complain("left out: \(image)") }
  }
}

struct ExtractCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract", abstract: "Writes features, outputs and labels of a data set to a file.",
    discussion: """
      Example:
        separatrix extract runs/cosine --data fashion-mnist:data --split test --out test.safetensors
      """)

  @Argument(help: ArgumentHelp("Run folder, or a weights file.", valueName: "run")) var path: String
  @Option(help: "Data: \(DataReference.grammar). Default: the run's own.")
  var data: String?
  @Option(help: "Split: train, test or holdout. Default: test, or all of a set without one.") var split: String?
  @Option(help: "Blocks to keep besides the pooled features, with commas, as stem,layer1.0; or all.") var layers:
    String?
  @Option(help: "The feature file to write.") var out: String
  @Option(help: "Threads.") var threads: Int?
  @OptionGroup var place: DeviceOptions
  @OptionGroup var pictures: PictureOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try Machine.setThreads(threads ?? HostMachine.cores)
    let url = URL(typed: path)
    let trained = try pictures.applied(to: TrainedModel(url, catalog: Tool.catalog, device: place.ready()))
    let choice = SampleChoice(data: data, split: split, plan: try? TrainingRun.plan(in: url), pictures: pictures)
    var samples = try choice.load()
    // The same care as for a study's targets: images are brought to the network's input.
    if samples.shape != trained.description.shape { samples = samples.converted(to: trained.description.shape) }
    var wanted = layers.map { $0.split(separator: ",").map(String.init) } ?? []
    if wanted == ["all"] { wanted = try trained.predict(samples.selecting([0])).layerNames }
    let line = ProgressLine()
    let predictions = try FeatureExtraction.write(
      trained, samples, data: try choice.reference().description, split: choice.splitName, layers: wanted,
      to: URL(typed: out)
    ) { line.show("\($0) of \(samples.count) images") }
    line.clear()
    let shapes = (predictions.layers + [("features", predictions.features), ("outputs", predictions.outputs)])
      .map { ($0.0, $0.1.shape) }
    if output.json {
      return try Console.printJSON(
        Written(
          out: out, n: predictions.labels.count, skipped: predictions.skipped,
          layers: Dictionary(shapes) { first, _ in first },
          accuracy: try predictions.accuracy()))
    }
    for image in predictions.skipped { Console.complain("left out: \(image)") }
    print("\(out): \(predictions.labels.count) examples")
    Console.printFields(shapes.map { ($0.0, $0.1.map(String.init).joined(separator: " x ")) })
  }

  private struct Written: Encodable {
    let out: String
    let n: Int
    let skipped: [BadImage]
    let layers: [String: [Int]]
    let accuracy: Double
  }
}

/// Which samples of which set a command is to look at.
struct SampleChoice {
  let data: String?
  let split: String?
  let plan: Plan?
  let pictures: PictureOptions

  /// The set named, or the run's own.
  func reference() throws -> DataReference {
    if let data { return try pictures.applied(to: DataReference(parsing: data)) }
    guard let plan else {
      throw Outcome.usage("--data is missing; for example: --data glyphs or --data fashion-mnist:DIR")
    }
    return try pictures.applied(to: plan.data)
  }

  /// The split's name, for the record.
  var splitName: String { split ?? "test" }

  /// The samples, in the order of the set. One-file formats are taken whole unless a split is asked for.
  func load() throws -> Samples {
    let reference = try reference()
    switch split {
    case "holdout":
      guard let plan, let held = try TrainingRun.samples(plan).holdout else {
        throw Outcome.usage("--split holdout needs a run folder whose plan holds samples out")
      }
      return held
    case nil where data != nil && reference.splits.count == 1:
      return try reference.loadStored(reference.splits.first ?? .test)
    case nil: return try reference.load(.test)
    case .some(let name):
      guard let split = Split(rawValue: name) else {
        throw Outcome.usage("--split '\(name)': expected train, test or holdout")
      }
      // A set of test images alone has no training split to cut one from.
      return try reference.splits == [.test] && split == .test ? reference.loadStored(.test) : reference.load(split)
    }
  }
}
