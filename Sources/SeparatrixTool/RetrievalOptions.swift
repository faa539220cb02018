import ArgumentParser
import Measures

/// What commands that look at neighbours ask, the same for each.
struct RetrievalOptions: ParsableArguments {
  @Option(help: "Numbers of neighbours of recall@k, parted by commas.") var ks = "1,5,10"
  @Option(help: "Examples that are queries, at random; all are to be found. Default: all, at most 20000.")
  var queries: Int?
  @Option(help: "Decides halves, queries and folds.") var seed: UInt64 = 0

  func options() throws -> Retrieval.Options {
    var options = Retrieval.Options()
    options.ks = try ks.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let value = Int(part), value > 0 else {
        throw Outcome.usage("--ks '\(ks)': expected whole numbers of at least 1, as 1,5,10")
      }
      return value
    }
    guard queries ?? 1 > 0 else { throw Outcome.usage("--queries \(queries ?? 0): expected at least 1") }
    options.queries = queries
    options.seed = seed
    return options
  }
}
