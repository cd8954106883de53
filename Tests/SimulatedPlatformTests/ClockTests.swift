import Domain
import SimulatedPlatform
import Testing

@Suite struct ClockTests {
    @Test func aThreadReadsTheClockThatItUses() {
        let one = SimulatedClock(startNanos: 100)
        let other = SimulatedClock(startNanos: 900)
        one.use {
            #expect(SimulatedClock.clock.now().nanos == 100)
            one.advance(nanos: 5)
            other.use { #expect(SimulatedClock.clock.now().nanos == 900) }
            #expect(SimulatedClock.clock.now().nanos == 105)
            one.setBack(nanos: 50)
            #expect(SimulatedClock.clock.now().nanos == 55)
            one.nanosPerReading = 3
            #expect(SimulatedClock.clock.now().nanos == 58)
            #expect(SimulatedClock.clock.now().nanos == 61)
        }
    }

    @Test func theSameSeedGivesTheSameNumbers() {
        var one = SeededRandom(seed: 7)
        var same = SeededRandom(seed: 7)
        var other = SeededRandom(seed: 8)
        let numbers = (0..<100).map { _ in one.next() }
        #expect(numbers == (0..<100).map { _ in same.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect((0..<1000).allSatisfy { _ in (0..<6).contains(one.below(6)) })
        #expect(Set((0..<1000).map { _ in one.pick(3...5) }) == [3, 4, 5])
        let hits = (0..<10_000).count { _ in one.chance(perMillion: 250_000) }
        #expect((2_200...2_800).contains(hits))
    }
}
