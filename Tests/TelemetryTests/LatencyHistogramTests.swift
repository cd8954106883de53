import Telemetry
import Testing

@Suite struct LatencyHistogramTests {
    @Test func anEmptyHistogramSaysZero() {
        let histogram = LatencyHistogram()
        expect(histogram.count == 0 && histogram.min == 0 && histogram.max == 0)
        expect(histogram.mean == 0 && histogram.standardDeviation == 0)
        expect(histogram.value(atPercentile: 99) == 0)
    }

    @Test func smallValuesAreCountedExactly() {
        var histogram = LatencyHistogram()
        for value in UInt64(1)...1000 { histogram.record(value) }
        expect(histogram.count == 1000 && histogram.min == 1 && histogram.max == 1000)
        expect(histogram.value(atPercentile: 50) == 500)
        expect(histogram.value(atPercentile: 99.9) == 999)
        expect(histogram.value(atPercentile: 100) == 1000)
        expect(histogram.value(atPercentile: 0) == 1)
        expect(abs(histogram.mean - 500.5) < 0.01)
        expect(abs(histogram.standardDeviation - 288.675) < 0.01)
        expect(histogram.count(upTo: 250) == 250)
    }

    /// The figures that HdrHistogram's own tests use for this set of values.
    @Test func percentilesAgreeWithTheReferenceImplementation() {
        var histogram = LatencyHistogram(highest: 3_600_000_000)
        for _ in 0..<10_000 { histogram.record(1_000) }
        histogram.record(100_000_000)
        expect(histogram.value(atPercentile: 30) == 1_000)
        expect(histogram.value(atPercentile: 99.99) == 1_000)
        expect(histogram.value(atPercentile: 99.999) == 100_007_935)
        expect(histogram.value(atPercentile: 100) == 100_007_935)
        expect(histogram.max == 100_000_000)
    }

    @Test func correctionFillsInWhatAWaitingMeasurerMissed() {
        var histogram = LatencyHistogram(highest: 3_600_000_000)
        for _ in 0..<10_000 { histogram.recordCorrected(1_000, expectedInterval: 10_000) }
        histogram.recordCorrected(100_000_000, expectedInterval: 10_000)
        expect(histogram.count == 20_000)
        expect(histogram.value(atPercentile: 30) == 1_000)
        let median = histogram.value(atPercentile: 75)
        expect(abs(Double(median) - 50_000_000) < 50_000, "half of the stall is above its middle")
    }

    @Test(arguments: 1...5)
    func everyValueKeepsItsSignificantDigits(digits: Int) {
        var histogram = LatencyHistogram(significantDigits: digits)
        var random = Random(state: UInt64(digits))
        var tolerance = 1.0
        for _ in 0..<digits { tolerance /= 10 }
        // Five digits take millions of buckets to walk.
        for _ in 0..<(digits < 4 ? 100 : 2) {
            histogram.reset()
            let value = 1 + random.next() >> (23 + UInt64(random.next(below: 40)))
            histogram.record(value)
            let reported = histogram.value(atPercentile: 100)
            expect(reported >= value)
            expect(Double(reported - value) <= Double(value) * tolerance)
        }
    }

    /// A sorted array is the plain and slow way to percentiles.
    @Test func percentilesAgreeWithASortedArray() {
        var random = Random(state: 9)
        var histogram = LatencyHistogram()
        var values: [UInt64] = []
        for _ in 0..<20_000 {
            let value = random.next() >> (30 + UInt64(random.next(below: 30)))
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for percentile in [0.1, 10, 50, 75, 90, 99, 99.9, 99.99, 100] {
            let rank = max(1, Int(percentile / 100 * Double(values.count) + 0.5))
            let exact = values[rank - 1]
            let reported = histogram.value(atPercentile: percentile)
            expect(reported >= exact && Double(reported - exact) <= Double(exact) * 0.001 + 0.5)
        }
        expect(histogram.min == values[0] && histogram.max == values.last!)
    }

    @Test func valuesAboveTheHighestSaturateAndAreCounted() {
        var histogram = LatencyHistogram(highest: 1_000_000)
        histogram.record(5)
        histogram.record(2_000_000)
        histogram.record(.max)
        expect(histogram.saturatedCount == 2 && histogram.count == 3)
        expect(histogram.max == 1_000_000)
    }

    @Test func mergingEqualsRecordingEverythingInOne() {
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        var both = LatencyHistogram()
        var coarse = LatencyHistogram(significantDigits: 2)
        var random = Random(state: 4)
        for index in 0..<5_000 {
            let value = random.next() >> 40
            if index % 2 == 0 { first.record(value) } else { second.record(value) }
            both.record(value)
        }
        coarse.merge(first)
        first.merge(second)
        expect(first.count == both.count && first.min == both.min && first.max == both.max)
        for percentile in stride(from: 0.0, through: 100, by: 2.5) {
            expect(
                first.value(atPercentile: percentile) == both.value(atPercentile: percentile))
        }
        expect(coarse.count == 2_500)
        first.reset()
        expect(first.count == 0 && first.max == 0 && first.value(atPercentile: 50) == 0)
    }
}

@Suite struct IntervalRecorderTests {
    @Test func anIntervalHoldsWhatWasRecordedSinceTheLast() {
        var ends = IntervalRecorder.make()
        var writer = ends.takeWriter()
        var reader = ends.takeReader()
        writer.record(1)
        reader.request()
        expect(!reader.isReady, "the writer has not come by")
        writer.record(2)
        expect(reader.isReady)
        expect(reader.withInterval { $0.count == 1 && $0.max == 1 })
        reader.request()
        reader.request()
        writer.poll()
        expect(reader.withInterval { $0.count == 1 && $0.max == 2 })
    }

    @Test func noValueIsLostOrCountedTwiceBetweenThreads() {
        let count: UInt64 = 300_000
        var ends = IntervalRecorder.make(highest: 1_000_000, significantDigits: 2)
        let writer = Box(ends.takeWriter())
        let reader = Box(ends.takeReader())
        let total = Box(LatencyHistogram(highest: 1_000_000, significantDigits: 2))
        runTogether([
            {
                for value in 1...count { writer.value.record(value) }
                // An agent at rest still polls.
                for _ in 0..<2_000_000 { writer.value.poll() }
            },
            {
                for _ in 0..<20 {
                    reader.value.request()
                    for _ in 0..<10_000 where !reader.value.isReady { pauseBriefly() }
                    guard reader.value.isReady else { return }
                    reader.value.withInterval { total.value.merge($0) }
                }
            },
        ])
        if !reader.value.isReady {
            writer.value.poll()
            reader.value.withInterval { total.value.merge($0) }
        }
        reader.value.request()
        writer.value.poll()
        reader.value.withInterval { total.value.merge($0) }
        expect(total.value.count == count && total.value.max == count)
    }
}

@Suite struct DutyCycleTrackerTests {
    @Test func countsCyclesAndTheSlowOnes() {
        var tracker = DutyCycleTracker(thresholdNanos: 100)
        for nanos in [UInt64(50), 150, 0, 100] { tracker.record(nanos: nanos) }
        #expect(tracker.cycleCount == 4 && tracker.slowCycleCount == 1 && tracker.maxNanos == 150)
        let (first, second) = (tracker.takeRecentMax(), tracker.takeRecentMax())
        #expect(first == 150 && second == 0 && tracker.maxNanos == 150)
        tracker.record(nanos: 120)
        let third = tracker.takeRecentMax()
        #expect(third == 120 && tracker.maxNanos == 150 && tracker.slowCycleCount == 2)
    }
}
