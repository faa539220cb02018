extension ClaimEvidence {
  /// Pairs of runs from the rows of a store: their agreement, the accuracy of both together, CKA of each layer with the
  /// same layer. Rows without a value, or of one run with itself, or of different layers, are no part of a pair.
  public static func pairs(of records: [PairRecord]) -> [Pair] {
    struct Key: Hashable {
      var first, second: String
    }
    var places: [Key: Int] = [:]
    var pairs: [Pair] = []
    for record in records where record.firstRun != record.secondRun && record.firstLayer == record.secondLayer {
      guard let value = record.value else { continue }
      let key = Key(first: record.firstRun, second: record.secondRun)
      let place = places[key] ?? pairs.count
      if place == pairs.count {
        places[key] = place
        pairs.append(Pair(record.firstRun, record.secondRun))
      }
      switch record.name {
      case "agreement": pairs[place].agreement = value
      case "ensemble_top1": pairs[place].ensembleTop1 = value
      case "cka": pairs[place].cka[record.firstLayer] = value
      default: break
      }
    }
    return pairs
  }
}
