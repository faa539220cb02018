import Features
import Foundation
import Torch

/// Minimises the summed losses + lambda/2 |W|^2 for every lambda of a list to the protocol's gradient norm, soon: the lambdas one after
/// the other, largest first, each from where the last few point; Newton's method with directions by conjugate gradients,
/// preconditioned by the Hessian's diagonal or, where that takes long, by its blocks of one class. Passes over the features
/// are in f32 with sums in double; what is left is to be worked out anew from the weights returned.
struct SequentialPath {
  let coordinates: ProbeCoordinates
  let classes: Int
  /// What was computed so far, by this process.
  private(set) var work = ProbeWork()
  private let team: ProbeTeam
  /// This process's examples in a row; one part where all are in memory.
  private let parts: [LogisticRows]
  private let examples: Likelihood.Examples
  private let penalized: Tensor  // [padded size]
  private let count: Int
  /// Of this process's examples the first among all.
  private let first: Int
  private let memory: Int
  private let progress: ((Int) -> Void)?
  /// Gradient norm at zero weights, in the original coordinates.
  let gradientNormAtZero: Double

  /// Of the gradient norm against that at zero weights; a little less than the 1e-5 that is promised.
  static let target = 9e-6
  /// Most Newton steps, and most conjugate-gradient steps for one.
  private static let limits = (newton: 60, directions: 500)
  /// Steps for one direction from which on class blocks are worth their cost.
  private static let manySteps = 32
  /// Steps for one direction up to which the diagonal at hand will do.
  private static let fewSteps = 4

  /// `features` [n, d0]. Where they take more than `memory` bytes in f32 they go through a file.
  init(
    features: any RowSource, examples: Likelihood.Examples, classes: Int, penalizesBias: Bool, memory: Int,
    team: ProbeTeam = ProbeTeam(), progress: ((Int) -> Void)? = nil
  ) throws {
    let coordinates = try ProbeCoordinates(
      features, penalizesBias: penalizesBias, team: team, isRough: true, work: &work)
    self.team = team
    self.coordinates = coordinates
    self.classes = classes
    self.examples = examples
    self.progress = progress
    self.memory = max(memory, 1 << 28)
    count = features.count
    let own = try team.share(of: count)
    first = own.lowerBound
    func among(_ range: Range<Int>) -> Range<Int> {
      own.lowerBound + range.lowerBound..<own.lowerBound + range.upperBound
    }
    let size = (coordinates.size + 15) / 16 * 16
    let made: [LogisticRows]
    if own.count * size * 4 <= memory {
      let whole = try coordinates.narrowRows(features, own)
      made = [try Self.part(examples, own, rows: whole, source: nil)]
    } else {
      let file = try ScratchRows(count: own.count, size: size) { try coordinates.narrowRows(features, among($0)) }
      made = try ScratchRows.ranges(count: own.count, size: size).map { range in
        try Self.part(examples, among(range), rows: nil) { () throws(TorchError) in try file.rows(range) }
      }
    }
    work.double += 2 * Double(own.count * features.dimensions * coordinates.size)
    penalized = try Tensor.concat([coordinates.penalized(), .ones([size - coordinates.size], type: .f64)])
    parts = made
    let zero = try made.map { part in try part.state(logits: .zeros([part.count, classes])) }
    let sums = try zip(made, zero).map { try $0.sums($1.residual) }
    let gradient = try team.sum(Self.total(sums))
    gradientNormAtZero = try coordinates.originalNorms(Self.cut(gradient, coordinates.size).unsqueeze(0))[0]
  }

  private static func part(
    _ all: Likelihood.Examples, _ range: Range<Int>, rows: Tensor?, source: (() throws(TorchError) -> Tensor)?
  ) throws -> LogisticRows {
    let own = try all.narrowed(range.lowerBound, range.count)
    switch own.answers {
    case .one(let places, _, _):
      let labels = try places.reshape([range.count]).ints()
      let weights = try own.weights?.reshape([range.count]).doubles()
      if let rows { return try LogisticRows(rows: rows, labels: labels, weights: weights) }
      guard let source else { break }
      return try LogisticRows(labels: labels, weights: weights, source: source)
    case .any(let sign):
      let signs = try sign.squeeze(0).t()
      let weights = try own.weights?.squeeze(0).t() ?? .ones(signs.shape, type: .f64)
      if let rows { return try LogisticRows(rows: rows, signs: signs, weights: weights) }
      guard let source else { break }
      return try LogisticRows(signs: signs, weights: weights, source: source)
    }
    throw TransferError("features", found: "none", expected: "rows in memory or in a file")
  }

  // MARK: Passes over all parts

  /// Loss and what follows from it, part by part.
  private struct State {
    var loss: Double
    var parts: [LogisticRows.State]
  }

  private static func total(_ sums: [Tensor]) throws -> Tensor {
    sums.count == 1 ? sums[0] : try Tensor.stack(sums).sum([0])
  }

  /// Operations of one product of this process's examples with the weights of all classes.
  private var passCost: Double { parts.reduce(0) { $0 + 2 * Double($1.count * classes * penalized.shape[0]) } }

  private func state(_ logits: [Tensor]) throws -> State {
    let states = try zip(parts, logits).map { try $0.state(logits: $1) }
    return State(loss: try team.sum(states.reduce(0) { $0 + $1.loss }), parts: states)
  }

  private mutating func sums(_ values: [Tensor], squared: Bool = false) throws -> Tensor {
    work.single += passCost
    return try team.sum(Self.total(zip(parts, values).map { try $0.sums($1, squared: squared) }))
  }

  private mutating func logits(_ weights: Tensor) throws -> [Tensor] {
    work.single += passCost
    return try parts.map { try $0.logits(weights) }
  }

  /// And the direction's logits, part by part, where they came with it.
  private mutating func hessian(
    _ state: State, times direction: Tensor, isRough: Bool
  ) throws -> (product: Tensor, logits: [Tensor]?) {
    work.single += 2 * passCost
    let all = try zip(parts, state.parts).map { try $0.hessian($1, times: direction, isRough: isRough) }
    let logits = all.compactMap(\.logits)
    return (try team.sum(Self.total(all.map(\.product))), logits.count == all.count ? logits : nil)
  }

  private static func cut(_ weights: Tensor, _ size: Int) throws -> Tensor { try weights.narrow(1, 0, size) }

  /// A solution.
  private struct Known {
    /// The logarithm of its lambda.
    var place: Double
    var weights: Tensor
    var logits: [Tensor]
  }

  private struct Point {
    var weights: Tensor  // [K, padded size]
    var logits: [Tensor]
    var state: State
    var objective: Double
  }

  /// Solutions [L, K, size] in the order of `lambdas`, and the Newton steps each took. `start` [K, size]: where to begin with
  /// the first.
  ///
  /// `patience`: how many products with the Hessian one lambda may take; where one takes more, it and all smaller ones are left
  /// where they are, for a solver that factors the Hessian.
  mutating func solve(
    _ lambdas: [Double], start: Tensor? = nil, patience: Int? = nil
  ) throws -> (weights: Tensor, steps: [Int]) {
    let order = lambdas.indices.sorted { lambdas[$0] > lambdas[$1] }
    var results = [Tensor?](repeating: nil, count: lambdas.count)
    var steps = [Int](repeating: 0, count: lambdas.count)
    var known: [Known] = []
    var memory = Memory()
    memory.patience = patience
    for (done, index) in order.enumerated() {
      let lambda = lambdas[index]
      if memory.hasGivenUp, let last = known.last {
        results[index] = try Self.cut(last.weights, coordinates.size)
        continue
      }
      let begin = try beginning(lambda, known, start)
      memory.products = 0
      let (point, taken) = try solve(lambda, from: begin, &memory)
      steps[index] = taken
      results[index] = try Self.cut(point.weights, coordinates.size)
      known = known.suffix(2) + [Known(place: log(lambda), weights: point.weights, logits: point.logits)]
      progress?(done + 1)
    }
    return (try .stack(results.compactMap { $0 }), steps)
  }

  /// The last solution, or the point on the parabola through the last three by the logarithm of lambda, whichever has the lower
  /// objective.
  private mutating func beginning(_ lambda: Double, _ known: [Known], _ start: Tensor?) throws -> Point {
    guard let last = known.last else {
      let size = penalized.shape[0]
      guard let start else { return try point(.zeros([classes, size], type: .f64), lambda) }
      let padding = size - coordinates.size
      return try point(Tensor.concat([start, .zeros([classes, padding], type: .f64)], 1), lambda)
    }
    // Judged by logits that were added up; these drift, so that each lambda begins with its own.
    let latest = try point(last.weights, lambda, logits: last.logits).objective
    if known.count > 2, Set(known.map(\.place)).count == known.count {
      let guess = try extrapolated(known, lambda)
      let isBetter = try point(guess.weights, lambda, logits: guess.logits).objective < latest
      if try team.agreed(isBetter) { return try point(guess.weights, lambda) }
    }
    return try point(last.weights, lambda)
  }

  /// The point at `lambda` of the polynomial through known solutions by the logarithm of lambda.
  private func extrapolated(_ known: [Known], _ lambda: Double) throws -> (weights: Tensor, logits: [Tensor]) {
    var terms: [(weights: Tensor, logits: [Tensor])] = []
    for each in known {
      let share = known.reduce(1.0) { product, other in
        other.place == each.place ? product : product * (log(lambda) - other.place) / (each.place - other.place)
      }
      terms.append((try each.weights * share, try each.logits.map { try $0 * share }))
    }
    return try terms.dropFirst().reduce(terms[0]) { sum, term in
      (try sum.weights + term.weights, try zip(sum.logits, term.logits).map { try $0 + $1 })
    }
  }

  private mutating func point(_ weights: Tensor, _ lambda: Double, logits known: [Tensor]? = nil) throws -> Point {
    let logits = try known ?? self.logits(weights)
    let state = try state(logits)
    let square = try (weights.square() * penalized).sum().item()
    return Point(weights: weights, logits: logits, state: state, objective: state.loss + lambda / 2 * square)
  }

  private mutating func solve(_ lambda: Double, from start: Point, _ memory: inout Memory) throws -> (
    point: Point, steps: Int
  ) {
    var point = start
    let penalty = try penalized * lambda
    var before = Double.infinity
    var isRough = try team.agreed(parts.allSatisfy(\.hasNarrow))
    for step in 0..<Self.limits.newton {
      let gradient = try team.agreed(balanced(sums(point.state.parts.map(\.residual)) + penalty * point.weights))
      let norm = try coordinates.originalNorms(Self.cut(gradient, coordinates.size).unsqueeze(0))[0]
      let ratio = norm / max(gradientNormAtZero, .leastNormalMagnitude)
      if ratio <= Self.target { return (point, step) }
      if let patience = memory.patience, memory.products > patience {
        memory.hasGivenUp = true
        return (point, step)
      }
      // Directions by bf16 do not lead everywhere.
      if ratio > 0.3 * before { isRough = false }
      before = ratio
      // Tighter as the gradient falls, for quadratic convergence, but no tighter than what is asked for.
      let tolerance = min(0.1, max(1e-3, ratio.squareRoot(), 0.1 * Self.target / ratio))
      let divisor = try preconditioner(point.state, lambda, penalty, &memory)
      let (direction, change) = try self.direction(
        gradient, point.state, penalty, divisor, tolerance, isRough, &memory)
      guard let next = try moved(point, along: direction, change ?? logits(direction), gradient, lambda) else {
        return (point, step)
      }
      point = next
    }
    return (point, Self.limits.newton)
  }

  /// The point after the longest of the steps 1, 1/2, 1/4, ... that lowers the objective by enough (Armijo), give or take what f32
  /// leaves uncertain; nil if none does.
  private mutating func moved(
    _ point: Point, along direction: Tensor, _ change: [Tensor], _ gradient: Tensor, _ lambda: Double
  ) throws -> Point? {
    let slope = try (gradient * direction).sum().item()
    guard try team.agreed(slope < 0) else { return nil }
    var length = 1.0
    for _ in 0..<30 {
      let tried = try self.point(
        point.weights + direction * length, lambda,
        logits: zip(point.logits, change).map { try $0 + $1 * length })
      let allowed = point.objective + 1e-4 * length * slope + 1e-7 * abs(point.objective)
      if try team.agreed(tried.objective <= allowed) { return tried }
      length /= 2
    }
    return nil
  }

  /// What sums to 0 over classes where they are alternatives.
  private func balanced(_ gradient: Tensor) throws -> Tensor {
    examples.isCoupled ? try gradient - gradient.mean([0], keep: true) : gradient
  }

  // MARK: Directions

  /// What one direction leaves for the next.
  private struct Memory {
    /// Class blocks' inverses [K, size, size] and, where classes are alternatives, that of their sum [1, size, size], f32.
    var blocks: Blocks?
    /// The Hessian's diagonal without penalty [K, size].
    var diagonal: Tensor?
    var lastSteps = 0
    /// Products with the Hessian that one lambda may take, and has taken; whether one took more.
    var patience: Int?
    var products = 0
    var hasGivenUp = false
  }

  private struct Blocks {
    var inverse: Tensor
    var share: Tensor?
    /// The blocks' diagonal without penalty, a mean over classes [size] f64, and the penalty that they were made with.
    var diagonal, penalty: Tensor
  }

  private enum Divisor {
    case diagonal(inverse: Tensor, sum: Tensor?)
    /// `scale` [size]: how another penalty changes the root of the diagonal, alike for all classes so that sums over them stay 0.
    case blocks(Blocks, scale: Tensor)

    func callAsFunction(_ residual: Tensor) throws -> Tensor {
      switch self {
      case .diagonal(let inverse, let sum):
        let scaled = try residual * inverse
        guard let sum else { return scaled }
        return try scaled - inverse * (scaled.sum([0], keep: true) / sum)
      case .blocks(let blocks, let scale):
        let scaled = try blocks.inverse.blockProducts(residual * scale)
        guard let share = blocks.share else { return try scaled.to(.f64) * scale }
        let common = try share.blockProducts(scaled.sum([0], keep: true)).expand(scaled.shape)
        let result = try (scaled - blocks.inverse.blockProducts(common)).to(.f64)
        return try (result - result.mean([0], keep: true)) * scale
      }
    }
  }

  /// p (1 - p), by the examples' weights, of each part [n, K] f32.
  private func curvature(_ state: State) throws -> [Tensor] {
    try zip(parts, state.parts).map { try $0.curvature($1) }
  }

  private mutating func preconditioner(
    _ state: State, _ lambda: Double, _ penalty: Tensor, _ memory: inout Memory
  ) throws -> Divisor {
    if memory.lastSteps > Self.manySteps, try team.agreed(allowsBlocks) {
      memory.blocks = try blocks(curvature(state), penalty)
    }
    if let blocks = memory.blocks {
      let scale = try ((blocks.diagonal + blocks.penalty) / (blocks.diagonal + penalty).clamp(1e-100, .infinity)).sqrt()
      return .blocks(blocks, scale: scale)
    }
    // It changes little from step to step; made anew where directions begin to take long.
    if memory.diagonal == nil || memory.lastSteps > Self.fewSteps {
      memory.diagonal = try sums(curvature(state), squared: true)
    }
    let diagonal = try (memory.diagonal ?? penalty) + penalty
    let inverse = try diagonal.clamp(1e-100, .infinity).reciprocal()
    return .diagonal(inverse: inverse, sum: examples.isCoupled ? try inverse.sum([0], keep: true) : nil)
  }

  /// Examples that the blocks are made of: enough for their directions.
  private var sampled: Int { min(count, 8 * penalized.shape[0]) }

  /// Whether making blocks costs no more than some hundred products with the Hessian, and they fit into memory.
  private var allowsBlocks: Bool {
    let size = penalized.shape[0]
    return size * (2 * sampled + 8 * size) <= 400 * count * 4 && classes * size * size * 4 <= memory / 2
  }

  /// The blocks of one class each, of some of the examples; nil where they cannot be factored.
  private mutating func blocks(_ curvature: [Tensor], _ penalty: Tensor) throws -> Blocks? {
    let size = penalized.shape[0]
    // Evenly spread over the examples.
    var (rows, weightRows): ([Tensor], [Tensor]) = ([], [])
    var first = self.first
    for (part, values) in zip(parts, curvature) {
      let own = (0..<sampled).map { $0 * count / sampled - first }.filter { (0..<part.count).contains($0) }
      first += part.count
      guard !own.isEmpty else { continue }
      let places = try Tensor(own)
      rows.append(try part.rows().indexSelect(0, places))
      weightRows.append(try values.indexSelect(0, places))
    }
    let columns = try Tensor.concat(rows).t().contiguous()  // [e, m]
    let weights = try Tensor.concat(weightRows).sqrt().t().contiguous()  // [K, m]
    let zero = try Tensor.zeros([columns.shape[1]], type: .f64)
    let d = Double(size)
    work.single += Double(classes * columns.shape[1]) * d * d
    work.double += Double(classes + 1) * d * d * d
    let scale = Double(count) / Double(sampled)
    let unit = try Tensor.eye(size, type: .f64)
    var sum = try Tensor.zeros([size, size], type: .f64)
    var inverses: [Tensor] = []
    var diagonal = try Tensor.zeros([size], type: .f64)
    for k in 0..<classes {
      let (panels, partSquares) = try (columns * weights.narrow(0, k, 1)).panels(minus: zero)
      let (upper, squares) = (try team.sum(panels.upperGram()), try team.sum(partSquares))
      diagonal = try diagonal + squares * (scale / Double(classes))
      let whole = try (upper + upper.t()).to(.f64) * scale + unit * (squares * scale + penalty)
      guard let inverse = try inverse(whole) else { return nil }
      inverses.append(try inverse.to(.f32))
      sum = try sum + inverse
    }
    var made = Blocks(
      inverse: try .stack(inverses), share: nil, diagonal: diagonal, penalty: penalty)
    guard examples.isCoupled else { return made }
    guard let share = try inverse(sum) else { return nil }
    made.share = try share.to(.f32).unsqueeze(0)
    return made
  }

  /// The inverse of a positive definite matrix (f64) that is known to f32's digits; nil where it has no such inverse.
  private func inverse(_ matrix: Tensor) throws -> Tensor? {
    // Scaled to a unit diagonal, where a small ridge is above the rounding.
    let root = try matrix.diagonal(0, 1).clamp(1e-300, .infinity).rsqrt()
    let scaling = try root.unsqueeze(0) * root.unsqueeze(1)
    let ridge = try Tensor.eye(matrix.shape[0], type: .f64) * 1e-7
    let factor = try? (matrix * scaling + ridge).cholesky()
    guard try team.agreed(factor != nil), let factor else { return nil }
    let inverse = try Tensor.call("aten::cholesky_inverse", [.tensor(factor), .bool(false)])[0] * scaling
    return try team.agreed(inverse.isAllFinite()) ? inverse.contiguous() : nil
  }

  /// Solves H s = -gradient until the residual's preconditioned norm is `tolerance` times the gradient's; with the logits of s where
  /// those of the steps add up to them.
  private mutating func direction(
    _ gradient: Tensor, _ state: State, _ penalty: Tensor, _ divisor: Divisor, _ tolerance: Double,
    _ isRough: Bool, _ memory: inout Memory
  ) throws -> (direction: Tensor, logits: [Tensor]?) {
    var residual = try gradient.neg()
    var ahead = try divisor(residual)
    var solution = try Tensor.zeros(gradient.shape, type: .f64)
    var logits: [Tensor]?
    var energy = try (residual * ahead).sum().item()
    let target = energy * tolerance * tolerance
    memory.lastSteps = 0
    guard try team.agreed(energy > 0) else { return (residual, nil) }
    for step in 0..<min(Self.limits.directions, memory.patience ?? .max) {
      memory.lastSteps = step + 1
      memory.products += 1
      let along = try hessian(state, times: ahead, isRough: isRough)
      let product = try balanced(along.product) + penalty * ahead
      let curvature = try (ahead * product).sum().item()
      let isConvex = curvature > 0 && curvature.isFinite
      guard try team.agreed(isConvex) else { return step == 0 ? (ahead, nil) : (solution, logits) }
      let length = energy / curvature
      solution = try solution + ahead * length
      residual = try residual - product * length
      let scaled = try along.logits?.map { try $0 * length }
      logits =
        try step == 0 ? scaled : logits.flatMap { sum in try scaled.map { try zip(sum, $0).map { try $0 + $1 } } }
      let next = try divisor(residual)
      let left = try (residual * next).sum().item()
      if try !team.agreed(left > target) { break }
      ahead = try next + ahead * (left / energy)
      energy = left
    }
    // Many sums would drift.
    return (try team.agreed(solution), memory.lastSteps <= Self.manySteps ? logits : nil)
  }
}
