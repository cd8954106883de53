import BenchmarkKit
import Testing

@Suite struct FairnessTallyTests {
    @Test func spreadIsFromFirstToLast() {
        var tally = FairnessTally(participants: 3)
        #expect(tally.note([500, 100, 350]) == 400)
        #expect(tally.note([7, 7, 7]) == 0)
        #expect(tally.rounds == 2)
    }

    @Test func whoIsAlwaysLastIsFound() {
        var tally = FairnessTally(participants: 4)
        for round in 0..<50 { _ = tally.note([UInt64(round % 3), 1, 9, 2]) }
        #expect(tally.alwaysLast == 2)
        #expect(tally.mostOftenLast.participant == 2)
        #expect(tally.mostOftenLast.share == 1)
    }

    @Test func onceNotLastIsEnough() {
        var tally = FairnessTally(participants: 2)
        for round in 0..<50 { _ = tally.note([1, round == 25 ? 0 : 2]) }
        #expect(tally.alwaysLast == nil)
        #expect(tally.mostOftenLast.participant == 1)
        #expect(tally.mostOftenLast.share == 0.98)
    }

    @Test func aFewRoundsProveNothing() {
        var tally = FairnessTally(participants: 2)
        for _ in 0..<3 { _ = tally.note([1, 2]) }
        #expect(tally.alwaysLast == nil)
    }
}
