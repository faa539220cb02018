import Testing

@testable import Datasets

@Suite struct HoldoutTests {
  @Test func everyClassGivesItsShare() {
    let labels = (0..<1000).map { $0 % 7 == 0 ? 2 : $0 % 2 }
    let parts = Holdout.split(labels: labels, groups: nil, fraction: 0.1, seed: 4)
    #expect((parts.kept + parts.held).sorted() == Array(0..<1000))
    #expect(parts.kept == parts.kept.sorted() && parts.held == parts.held.sorted())
    #expect(parts.held.count == 100)
    for label in 0..<3 {
      let all = labels.count { $0 == label }
      let held = parts.held.count { labels[$0] == label }
      #expect(abs(Double(held) - 0.1 * Double(all)) < 1)
    }
    #expect(Holdout.split(labels: labels, groups: nil, fraction: 0.1, seed: 4) == parts)
    #expect(Holdout.split(labels: labels, groups: nil, fraction: 0.1, seed: 5).held != parts.held)
  }

  @Test func extremes() {
    let labels = [0, 0, 1, 1, 1, 5]
    #expect(Holdout.split(labels: labels, groups: nil, fraction: 0, seed: 0).held.isEmpty)
    #expect(Holdout.split(labels: labels, groups: nil, fraction: .nan, seed: 0).held.isEmpty)
    #expect(Holdout.split(labels: labels, groups: nil, fraction: -3, seed: 0).held.isEmpty)
    #expect(Holdout.split(labels: [], groups: nil, fraction: 0.5, seed: 0).kept.isEmpty)
    // Even of everything, a sample of each class is kept.
    let all = Holdout.split(labels: labels, groups: nil, fraction: 7, seed: 0)
    #expect(Set(all.kept.map { labels[$0] }) == [0, 1, 5] && all.kept.count == 3)
  }

  @Test func groupsStayWhole() {
    // 5 classes of 20 groups of 6, one class of one group.
    let groups = (0..<600).map { $0 / 6 } + [Int](repeating: 1000, count: 9)
    let labels = groups.map { $0 == 1000 ? 5 : $0 % 5 }
    let parts = Holdout.split(labels: labels, groups: groups, fraction: 0.25, seed: 9)
    #expect(Set(parts.kept.map { groups[$0] }).isDisjoint(with: Set(parts.held.map { groups[$0] })))
    for label in 0..<5 { #expect(parts.held.count { labels[$0] == label } == 30) }
    #expect(!parts.held.contains { labels[$0] == 5 })
    #expect(parts.kept.count + parts.held.count == labels.count)
  }
}
