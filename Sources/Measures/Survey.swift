import Features
import Torch

/// Every measure that some sets of features allow: what `analyze all` writes a report of.
public struct Survey: Sendable {
  /// One set: a network's layers for some examples, and what it answers.
  public struct Input {
    /// What it is called.
    public let name: String
    /// Its layers, in network order; the last is the penultimate one.
    public let layers: [CKA.Layer]
    /// Its outputs [n, K].
    public let outputs: (any RowSource)?
    /// Outputs and labels of other examples, for the temperature.
    public let fit: ClassifierOutputs?

    /// A set.
    public init(name: String, layers: [CKA.Layer], outputs: (any RowSource)? = nil, fit: ClassifierOutputs? = nil) {
      (self.name, self.layers, self.outputs, self.fit) = (name, layers, outputs, fit)
    }
  }

  /// What is measured, and how.
  public struct Options: Sendable {
    /// Whether outputs are probabilities.
    public var kind = ClassifierOutputs.Kind.logits
    /// Half samples for the intervals of class separation and calibration; 0 for none.
    public var bootstrap = 0
    /// Their seed.
    public var seed: UInt64 = 0

    /// No intervals, logits.
    public init() {}
  }

  /// One layer.
  public struct Layer: Encodable, Sendable {
    /// Its name.
    public let layer: String
    /// Its width.
    public let dimensions: Int
    /// Share of numbers that are not 0.
    public internal(set) var nonzeroFraction: Double?
    /// As `analyze separation` gives it; nil without labels.
    public internal(set) var separation: SeparationResult?
    /// As `analyze collapse` gives it; nil without labels.
    public internal(set) var collapse: CollapseResult?
    /// As `analyze spectrum` gives it.
    public internal(set) var spectrum: SpectrumResult?
    /// As `analyze uniformity` gives it.
    public internal(set) var uniformity: UniformityResult?

    enum CodingKeys: String, CodingKey {
      case layer, dimensions, separation, collapse, spectrum, uniformity
      case nonzeroFraction = "nonzero_fraction"
    }
  }

  /// One set.
  public struct Member: Encodable, Sendable {
    /// Its name.
    public let name: String
    /// Its layers, in order.
    public internal(set) var layers: [Layer] = []
    /// Of the last layer; nil without features or labels.
    public internal(set) var retrieval: RetrievalResult?
    /// Nil without outputs or labels.
    public internal(set) var calibration: CalibrationResult?
  }

  /// The last layers of two sets.
  public struct Pair: Encodable, Sendable {
    /// Their places.
    public let a, b: Int
    /// The layers' names.
    public let layerA, layerB: String
    /// As its own command gives it.
    public let similarity: SimilarityResult

    enum CodingKeys: String, CodingKey {
      case a, b, similarity
      case layerA = "layer_a"
      case layerB = "layer_b"
    }
  }

  /// What was left out, and why.
  public struct Omission: Encodable, Hashable, Sendable {
    /// The command.
    public let measure: String
    /// The set, or nil for all.
    public let set: String?
    /// What is missing.
    public let reason: String
  }

  /// Examples.
  public let n: Int
  /// Classes; nil without labels.
  public internal(set) var classes: Int?
  /// Every set.
  public internal(set) var sets: [Member] = []
  /// Every layer with every layer.
  public internal(set) var cka: CKAResult?
  /// Every pair of sets.
  public internal(set) var pairs: [Pair] = []
  /// Of the outputs of two or more sets.
  public internal(set) var agreement: AgreementResult?
  /// What was left out.
  public internal(set) var omitted: [Omission] = []

  /// Most examples for measures whose cost grows with their square: uniformity, retrieval, the likeness of two sets. Their own commands take
  /// more.
  public static let pairLimit = ClassSeparation.angleLimit

  private var hasManyPairs: Bool { n > Self.pairLimit }

  /// Measures sets of the same examples. A measure that the data do not allow is left out with its reason; `progress` is told what comes next, and
  /// the share that is done. Throws `MeasureError` for sets that hold different examples, or numbers that are not finite.
  public static func measure(
    _ inputs: [Input], labels: [Int]?, options: Options = Options(), progress: (String, Double) -> Void = { _, _ in }
  ) throws -> Survey {
    guard let n = inputs.first.flatMap({ $0.layers.first?.rows.count ?? $0.outputs?.count }), n > 0 else {
      throw MeasureError("sets", found: "no examples", expected: "features or outputs")
    }
    for input in inputs {
      for count in input.layers.map(\.rows.count) + (input.outputs.map { [$0.count] } ?? []) where count != n {
        throw MeasureError("set \(input.name)", found: "\(count) rows", expected: "\(n), as the first set")
      }
    }
    for outputs in inputs.compactMap(\.outputs) {
      for range in outputs.blocks() where try !outputs.rows(range).isAllFinite() {
        throw try outputs.errorOfNotFinite("outputs")
      }
    }
    var survey = Survey(n: n)
    survey.classes = labels.map { Classes($0).count }
    let steps = Double(inputs.reduce(0) { $0 + $1.layers.count + (labels == nil ? 1 : 2) } + 2)
    var done = 0.0
    func next(_ text: String) {
      progress(text, done / steps)
      done += 1
    }
    for input in inputs {
      var member = Member(name: input.name)
      for layer in input.layers {
        next("\(input.name), \(layer.name)")
        member.layers.append(try survey.measure(layer, of: input.name, labels, options))
      }
      if let last = input.layers.last, let labels, !survey.hasManyPairs {
        next("\(input.name), retrieval")
        member.retrieval = try survey.attempt("retrieval", input.name) {
          try Retrieval.measure(last.rows, labels: labels)
        }
      }
      next("\(input.name), outputs")
      member.calibration = try survey.calibration(input, labels, options)
      survey.sets.append(member)
    }
    next("similarity")
    try survey.compareLayers(inputs)
    next("agreement")
    try survey.compareAnswers(inputs, labels, options)
    if survey.hasManyPairs {
      survey.omit(
        "uniformity, retrieval, similarity", nil, "more than \(pairLimit) examples: their own commands measure them")
    }
    if labels == nil { survey.omit("separation, collapse, retrieval", nil, "needs labels") }
    return survey
  }

  private mutating func omit(_ measure: String, _ set: String?, _ reason: String) {
    omitted.append(Omission(measure: measure, set: set, reason: reason))
  }

  /// The result, or nil with the reason noted: what a measure cannot work on leaves it out, not all. Numbers that are not finite have been
  /// refused before.
  private mutating func attempt<Result>(_ measure: String, _ set: String?, _ body: () throws -> Result) throws
    -> Result?
  {
    do {
      return try body()
    } catch let error as MeasureError {
      omit(measure, set, error.description)
      return nil
    }
  }

  private mutating func measure(
    _ layer: CKA.Layer, of set: String, _ labels: [Int]?, _ options: Options
  ) throws -> Layer {
    var result = Layer(layer: layer.name, dimensions: layer.rows.dimensions)
    let place = "\(set), \(layer.name)"
    result.nonzeroFraction = try Sparsity.measure(layer.rows, name: layer.name).nonzeroFraction
    result.spectrum = try attempt("spectrum", place) { try Spectrum.measure(layer.rows) }
    if !hasManyPairs {
      result.uniformity = try attempt("uniformity", place) { try Uniformity.measure(layer.rows, labels: labels) }
    }
    guard let labels else { return result }
    var own = ClassSeparation.Options()
    (own.perClass, own.bootstrap, own.seed) = (true, options.bootstrap, options.seed)
    result.separation = try attempt("separation", place) {
      try ClassSeparation.measure(layer.rows, labels: labels, options: own)
    }
    result.collapse = try attempt("collapse", place) { try Collapse.measure(layer.rows, labels: labels) }
    return result
  }

  private mutating func calibration(
    _ input: Input, _ labels: [Int]?, _ options: Options
  ) throws -> CalibrationResult? {
    guard let outputs = input.outputs else {
      omit("calibration", input.name, "needs outputs [n, K]")
      return nil
    }
    guard let labels else {
      omit("calibration", input.name, "needs labels")
      return nil
    }
    var own = Calibration.Options()
    (own.bootstrap, own.seed) = (n >= 8 ? options.bootstrap : 0, options.seed)
    return try attempt("calibration", input.name) {
      let temperature = try input.fit.map(Calibration.fitTemperature)
      var result = try Calibration.measure(
        ClassifierOutputs(outputs, labels: labels, kind: options.kind), temperature: temperature?.value, options: own)
      result.reason = temperature == nil ? "temperature: needs outputs of other examples" : temperature?.reason
      return result
    }
  }

  private mutating func compareLayers(_ inputs: [Input]) throws {
    let layered = inputs.indices.filter { !inputs[$0].layers.isEmpty }
    guard !layered.isEmpty else { return omit("cka, similarity", nil, "needs features") }
    if layered.count == inputs.count {
      cka = try attempt("cka", nil) { try CKA.compare(inputs.map(\.layers)) }
    } else {
      omit("cka", nil, "needs features of every set")
    }
    for a in layered {
      for b in layered where b > a && !hasManyPairs {
        guard let first = inputs[a].layers.last, let second = inputs[b].layers.last else { continue }
        let result = try attempt("similarity", "\(inputs[a].name) and \(inputs[b].name)") {
          try Similarity.compare(first.rows, second.rows)
        }
        if let result {
          pairs.append(Pair(a: a, b: b, layerA: first.name, layerB: second.name, similarity: result))
        }
      }
    }
    if layered.count < 2 { omit("similarity", nil, "needs features of two sets") }
  }

  private mutating func compareAnswers(_ inputs: [Input], _ labels: [Int]?, _ options: Options) throws {
    let outputs = inputs.compactMap(\.outputs)
    guard outputs.count == inputs.count, outputs.count >= 2 else {
      return omit("agreement", nil, "needs outputs of two sets or more")
    }
    var own = Agreement.Options()
    (own.kind, own.seed) = (options.kind, options.seed)
    agreement = try attempt("agreement", nil) { try Agreement.compare(outputs, labels: labels, own) }
  }

  init(n: Int) { self.n = n }
}

extension Survey: Encodable {
  enum CodingKeys: String, CodingKey { case n, classes, sets, cka, pairs, agreement, omitted }
}
