import BenchmarkKit
import Testing

@Suite struct LatencyCurveTests {
    /// Offered, achieved, p50, p99.
    static func curve(_ steps: [(Double, Double, UInt64, UInt64)]) -> LatencyCurve {
        var curve = LatencyCurve()
        for (offered, achieved, p50, p99) in steps {
            curve.add(LatencyCurve.Step(offered: offered, achieved: achieved, p50: p50, p99: p99))
        }
        return curve
    }

    @Test func kneeIsTheLastRateBeforeTheTailGrows() throws {
        let curve = Self.curve([
            (1_000, 1_000, 10, 20), (2_000, 2_000, 10, 60), (4_000, 4_000, 12, 61),
            (8_000, 8_000, 90, 500),
        ])
        #expect(try #require(curve.knee(by: \.p99)).offered == 2_000)
        #expect(try #require(curve.knee(by: \.p50)).offered == 4_000)
        #expect(!curve.isSaturated)
    }

    @Test func aSlowStartIsNoMeasure() throws {
        let curve = Self.curve([
            (1_000, 1_000, 900, 9_000), (2_000, 2_000, 10, 20), (4_000, 4_000, 30, 61),
        ])
        #expect(try #require(curve.knee(by: \.p99)).offered == 2_000)
        #expect(try #require(curve.knee(by: \.p50)).offered == 4_000)
    }

    @Test func aRateThatIsNotKeptUpWithIsNoKnee() throws {
        let curve = Self.curve([(1_000, 990, 10, 20), (2_000, 1_899, 10, 20)])
        #expect(try #require(curve.knee(by: \.p99)).offered == 1_000)
        #expect(curve.isSaturated)
    }

    @Test func aHundredfoldMedianIsSaturation() {
        #expect(!Self.curve([(1, 1, 10, 20), (2, 2, 1_000, 2_000)]).isSaturated)
        #expect(Self.curve([(1, 1, 10, 20), (2, 2, 1_001, 2_000)]).isSaturated)
    }

    @Test func nothingMeasuredHasNoKnee() {
        #expect(LatencyCurve().knee(by: \.p99) == nil)
        #expect(!LatencyCurve().isSaturated)
    }
}
