import Foundation
import Testing

@testable import Study

@Suite struct BoardTests {
  func plan(_ overrides: [String] = []) throws -> StudyPlan {
    var expansion = PlanExpansion(
      document: try document(overrides: overrides), directory: "/out", threads: 1,
      data: DataCatalog(loader: pretendData))
    return try expansion.plan()
  }

  @Test func stagesComeWhenTheirNeedsAreDone() throws {
    let plan = try plan(["objectives=[softmax]", "seeds=1"])
    var board = Board(plan.stages)
    #expect(board.digests.count == 9)
    let train = board.ready(9)
    #expect(train.count == 1 && board[train[0]] == .pending)
    #expect(board.dependents(of: train[0]).count == 8)
    board[train[0]] = .running
    #expect(board.ready(9).isEmpty)
    board[train[0]] = .done
    #expect(board.ready(9).count == 4, "evaluate and three extractions")
    #expect(board.ready(2).count == 2)
    let extract = try #require(plan.stages.first { $0.record.kind == .extract && $0.record.target == "mnist" })
    #expect(board.dependents(of: extract.record.digest).count == 2)
    for digest in board.ready(9) { board[digest] = .done }
    for digest in board.ready(9) { board[digest] = .done }
    #expect(board.count(.done) == 9 && board.ready(9).isEmpty)
    // What was done can be taken back.
    board[extract.record.digest] = .pending
    #expect(board.ready(9) == [extract.record.digest])
    #expect(board["nobody"] == nil)
  }

  @Test func shardsAreTheStudy() throws {
    let plan = try plan(["seeds=3"])
    let parts = (1...4).compactMap { Shard($0, of: 4) }.map { plan.stages(of: $0).map(\.record) }
    #expect(parts.count == 4 && parts.allSatisfy { !$0.isEmpty })
    #expect(parts.reduce(0) { $0 + $1.count } == plan.stages.count)
    #expect(Set(parts.flatMap { $0.map(\.digest) }) == Set(plan.stages.map(\.record.digest)))
    let runs = parts.map { Set($0.map(\.runDigest)) }
    #expect(runs.reduce(0) { $0 + $1.count } == 9, "a run stays together")
    #expect(plan.stages(of: nil).count == plan.stages.count)
  }

  @Test func shardsAsWritten() {
    #expect(Shard("2/3")?.description == "2/3")
    #expect(Shard("1/1")?.contains(7) == true)
    #expect(Shard("2/3")?.contains(4) == true && Shard("2/3")?.contains(3) == false)
    for text in ["0/3", "4/3", "1/0", "/3", "1/", "1", "a/b", "-1/3", "1/3/5", "", "+1/2", "1/99999999999999999999"] {
      #expect(Shard(text) == nil, "\(text)")
    }
  }
}
