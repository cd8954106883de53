import Testing

@testable import Matching

@Suite("Division by a tick without dividing")
struct TickScaleTests {
    static let steps: [Int64] = [
        1, 2, 3, 5, 64, 625, 10_000, 1_000_000, 50_000_000, 12_345_678_901, 1 << 40, .max / 2,
    ]

    @Test(
        "Agrees with division about multiples, neighbours and the ends of the range",
        arguments: steps)
    func agreesWithDivision(step: Int64) {
        let scale = TickScale(step: step)
        let largest = Int64.max / step
        for quotient in [0, 1, 2, 7, 1000, largest - 1, largest] where quotient <= largest {
            for value in [quotient * step, -quotient * step] {
                #expect(scale.steps(in: value) == value / step)
                for neighbour in [value &+ 1, value &- 1] where neighbour % step != 0 {
                    #expect(scale.steps(in: neighbour) == nil)
                }
            }
        }
        if Int64.min % step != 0 { #expect(scale.steps(in: .min) == nil) }
        if Int64.max % step != 0 { #expect(scale.steps(in: .max) == nil) }
    }

    @Test("No more steps than allowed")
    func stepsMax() {
        let scale = TickScale(step: 50, stepsMax: 10)
        #expect(scale.steps(in: 500) == 10)
        #expect(scale.steps(in: -500) == -10)
        #expect(scale.steps(in: 550) == nil)
        #expect(scale.steps(in: -550) == nil)
    }
}
