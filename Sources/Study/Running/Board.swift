/// The stages that a scheduler may do, in the order of work, with how far each is as last known.
struct Board {
  /// Digests in the order of work.
  let digests: [String]
  private let needs: [[Int]]
  /// Whether a stage does without those of its needs that failed.
  private let doesWithout: [Bool]
  private let places: [String: Int]
  private(set) var states: [StageState]
  /// Everything before it is done or failed.
  private var front = 0

  /// - Parameter stages: whole runs, so that a stage's needs are among them.
  init(_ stages: [StudyPlan.Stage]) {
    let sorted = stages.sorted { ($0.priority, $0.record.digest) < ($1.priority, $1.record.digest) }
    digests = sorted.map(\.record.digest)
    let places = Dictionary(digests.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    self.places = places
    needs = sorted.map { $0.needs.compactMap { places[$0] } }
    doesWithout = sorted.map(\.record.kind.isOfAllRuns)
    states = digests.map { _ in .pending }
  }

  /// How far a stage is; nil for one that is not on the board.
  subscript(digest: String) -> StageState? {
    get { places[digest].map { states[$0] } }
    set {
      guard let place = places[digest], let newValue else { return }
      states[place] = newValue
      if place < front { front = 0 }
    }
  }

  /// The first stages that are pending and whose needs are done, at most so many.
  mutating func ready(_ most: Int) -> [String] {
    while front < states.count, states[front] == .done || states[front] == .failed { front += 1 }
    var found: [String] = []
    for place in states.indices[front...] where states[place] == .pending {
      if found.count >= most { break }
      let isReady = needs[place].allSatisfy {
        states[$0] == .done || (doesWithout[place] && states[$0] == .failed)
      }
      if isReady { found.append(digests[place]) }
    }
    return found
  }

  /// Pending stages that cannot be done without this one, directly or not.
  func dependents(of digest: String) -> [String] {
    guard let place = places[digest] else { return [] }
    var lost: Set<Int> = [place]
    var order: [String] = []
    // A run's stages come in the order of their dependencies.
    for later in states.indices where later > place && states[later] == .pending {
      guard !doesWithout[later], needs[later].contains(where: lost.contains) else { continue }
      lost.insert(later)
      order.append(digests[later])
    }
    return order
  }

  /// How many are in a state.
  func count(_ state: StageState) -> Int { states.count { $0 == state } }

  /// Digests of those in a state.
  func all(_ state: StageState) -> [String] { states.indices.filter { states[$0] == state }.map { digests[$0] } }
}
