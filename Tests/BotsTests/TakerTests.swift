import Domain
import Testing

@testable import Bots

@Suite("Taker")
struct TakerTests {
    @Test("Arrivals come at their rate, and as irregularly as chance has it")
    func arrivals() {
        var arrivals = PoissonArrivals(ratePerSecond: 50, seed: 3)
        var gaps: [Double] = []
        var last: UInt64 = 0
        for _ in 0..<20_000 {
            gaps.append(Double(arrivals.next - last) / 1e9)
            last = arrivals.next
            arrivals.advance()
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        let variance = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
        // Exponential: the standard deviation is the mean.
        #expect(abs(mean - 0.02) < 0.001)
        #expect(abs(variance.squareRoot() - mean) < 0.001)
        var again = PoissonArrivals(ratePerSecond: 50, seed: 3)
        for _ in 0..<20_000 { again.advance() }
        #expect(again.next == arrivals.next)
    }

    @Test("In no second are there more than the bound")
    func bound() {
        var bound = RateBound(perSecond: 5)
        var taken: [UInt64] = []
        for moment in stride(from: UInt64(0), to: 10_000_000_000, by: 30_000_000)
        where bound.take(at: moment) {
            taken.append(moment)
        }
        for index in taken.indices.dropFirst(5) {
            #expect(taken[index] - taken[index - 5] >= 1_000_000_000)
        }
        #expect(taken.count > 45)
    }
}
