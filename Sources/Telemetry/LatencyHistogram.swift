/// Counts values, usually nanoseconds, in buckets of a fixed relative width.
///
/// The layout is HdrHistogram's: within each power of two the values are divided linearly so finely
/// that `significantDigits` decimal digits survive. Three digits up to an hour take 184 KiB.
/// Recording allocates nothing. One thread writes a histogram; see `IntervalRecorder` for reading
/// beside it.
@frozen
public struct LatencyHistogram: ~Copyable, @unchecked Sendable {
    @usableFromInline let counts: UnsafeMutablePointer<UInt64>
    @usableFromInline let layout: HistogramLayout
    @usableFromInline var total: UInt64 = 0
    @usableFromInline var smallest: UInt64 = .max
    @usableFromInline var largest: UInt64 = 0
    @usableFromInline var saturated: UInt64 = 0

    /// One hour in nanoseconds, beyond which a latency is a broken measurement.
    public static var defaultHighest: UInt64 { 3_600_000_000_000 }

    /// Makes an empty histogram for values from 1 to `highest` and touches its pages.
    public init(
        highest: UInt64 = LatencyHistogram.defaultHighest, significantDigits: Int = 3
    ) {
        self.init(layout: HistogramLayout(highest: highest, significantDigits: significantDigits))
    }

    init(layout: HistogramLayout) {
        self.layout = layout
        counts = .allocate(capacity: layout.countsLength)
        counts.initialize(repeating: 0, count: layout.countsLength)
    }

    deinit { counts.deallocate() }
}

extension LatencyHistogram {
    /// Counts one value. A value above `highest` is counted as `highest`, and as saturated.
    @inlinable
    public mutating func record(_ value: UInt64) { record(value, count: 1) }

    /// Counts a value several times.
    @inlinable
    public mutating func record(_ value: UInt64, count: UInt64) {
        var value = value
        if value > layout.highest {
            saturated &+= count
            value = layout.highest
        }
        counts[layout.index(of: value)] &+= count
        total &+= count
        smallest = Swift.min(smallest, value)
        largest = Swift.max(largest, value)
    }

    /// Counts a value and, when it exceeds the interval at which values were expected, also those
    /// that a waiting measurer did not take meanwhile (coordinated omission).
    ///
    /// Not needed where latency counts from the planned time.
    public mutating func recordCorrected(_ value: UInt64, expectedInterval: UInt64) {
        record(value)
        guard expectedInterval > 0, value > expectedInterval else { return }
        var missing = Swift.min(value, layout.highest) - Swift.min(expectedInterval, layout.highest)
        while missing >= expectedInterval {
            record(missing)
            missing -= expectedInterval
        }
    }

    /// Adds everything that another histogram counted.
    public mutating func merge(_ other: borrowing LatencyHistogram) {
        if other.layout == layout {
            for index in 0..<layout.countsLength { counts[index] &+= other.counts[index] }
            total &+= other.total
            smallest = Swift.min(smallest, other.smallest)
            largest = Swift.max(largest, other.largest)
        } else {
            for index in 0..<other.layout.countsLength where other.counts[index] != 0 {
                record(other.layout.value(at: index), count: other.counts[index])
            }
            if other.total > 0 {
                smallest = Swift.min(smallest, other.smallest)
                largest = Swift.max(largest, Swift.min(other.largest, layout.highest))
            }
        }
        saturated &+= other.saturated
    }

    /// Forgets everything.
    public mutating func reset() {
        counts.update(repeating: 0, count: layout.countsLength)
        total = 0
        smallest = .max
        largest = 0
        saturated = 0
    }
}

extension LatencyHistogram {
    /// Values counted.
    public var count: UInt64 { total }

    /// Values that were above `highest`.
    public var saturatedCount: UInt64 { saturated }

    /// The largest value that is counted as itself.
    public var highest: UInt64 { layout.highest }

    public var significantDigits: Int { layout.significantDigits }

    /// The smallest value counted, exactly; 0 when there is none.
    public var min: UInt64 { total == 0 ? 0 : smallest }

    /// The largest value counted, exactly; 0 when there is none.
    public var max: UInt64 { largest }

    public var mean: Double {
        guard total > 0 else { return 0 }
        var sum = 0.0
        forEachBucket { sum += Double($0.midpoint) * Double($0.count) }
        return sum / Double(total)
    }

    public var standardDeviation: Double {
        guard total > 0 else { return 0 }
        let mean = mean
        var sum = 0.0
        forEachBucket {
            let distance = Double($0.midpoint) - mean
            sum += distance * distance * Double($0.count)
        }
        return (sum / Double(total)).squareRoot()
    }

    /// The value that so many percent of all values do not exceed, to the histogram's precision:
    /// the highest value of its bucket, as HdrHistogram reports it.
    public func value(atPercentile percentile: Double) -> UInt64 {
        guard total > 0 else { return 0 }
        let share = Swift.min(Swift.max(percentile, 0), 100) / 100
        let wanted = Swift.max(1, UInt64(share * Double(total) + 0.5))
        var seen: UInt64 = 0
        for index in 0..<layout.countsLength {
            seen += counts[index]
            if seen >= wanted {
                let lowest = layout.value(at: index)
                return percentile <= 0 ? lowest : layout.highestEquivalent(lowest)
            }
        }
        return largest
    }

    /// How many of the values counted are, to the histogram's precision, at most this one.
    public func count(upTo value: UInt64) -> UInt64 {
        let last = layout.index(of: Swift.min(value, layout.highest))
        var seen: UInt64 = 0
        for index in 0...last { seen += counts[index] }
        return seen
    }

    /// One bucket that counted something.
    public struct Bucket: Sendable {
        public let lowest: UInt64
        public let highest: UInt64
        public let count: UInt64

        /// The value that stands for the bucket in means.
        public var midpoint: UInt64 { lowest + (highest - lowest + 1) / 2 }
    }

    /// Hands over each bucket that counted something, from the lowest up.
    public func forEachBucket(_ body: (Bucket) -> Void) {
        for index in 0..<layout.countsLength where counts[index] != 0 {
            let lowest = layout.value(at: index)
            body(
                Bucket(
                    lowest: lowest, highest: layout.highestEquivalent(lowest),
                    count: counts[index]))
        }
    }
}
