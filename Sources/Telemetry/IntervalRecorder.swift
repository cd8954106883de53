import Synchronization

/// Records on one thread while another takes the histogram of each interval.
///
/// There are two histograms: the writer's and the one in the mailbox. The reader asks for an
/// exchange; the writer, when it next records or polls, swaps the two and says so. Nobody waits and
/// no fence is paid per value. A writer that neither records nor polls, because its thread sleeps,
/// delays the exchange until it wakes; its interval is empty anyway.
public enum IntervalRecorder {
    /// Makes both sides. Each reading is of the interval since the one before.
    public static func make(
        highest: UInt64 = LatencyHistogram.defaultHighest, significantDigits: Int = 3
    ) -> Ends {
        let layout = HistogramLayout(highest: highest, significantDigits: significantDigits)
        return Ends(mailbox: HistogramMailbox(layout), layout: layout)
    }

    public struct Ends: ~Copyable {
        let mailbox: HistogramMailbox
        let layout: HistogramLayout
        var writerTaken = false
        var readerTaken = false

        init(mailbox: HistogramMailbox, layout: HistogramLayout) {
            self.mailbox = mailbox
            self.layout = layout
        }

        public mutating func takeWriter() -> Writer {
            precondition(!writerTaken, "a recorder has one writer")
            writerTaken = true
            return Writer(mailbox: mailbox, layout: layout)
        }

        public mutating func takeReader() -> Reader {
            precondition(!readerTaken, "a recorder has one reader")
            readerTaken = true
            return Reader(mailbox: mailbox)
        }
    }

    /// Sole writer of the current interval's histogram.
    @frozen
    public struct Writer: ~Copyable, @unchecked Sendable {
        @usableFromInline var histogram: LatencyHistogram
        @usableFromInline let mailbox: HistogramMailbox
        @usableFromInline var exchanges: UInt64 = 0

        init(mailbox: HistogramMailbox, layout: HistogramLayout) {
            self.mailbox = mailbox
            histogram = LatencyHistogram(layout: layout)
        }

        @inlinable
        public mutating func record(_ value: UInt64) {
            poll()
            histogram.record(value)
        }

        /// Exchanges the histograms if the reader asked for it; call it once per duty cycle.
        @inlinable
        public mutating func poll() {
            // Acquire: pairs with the release store in `Reader.request`, after which the reader
            // does not touch the mailbox.
            if mailbox.requests.load(ordering: .acquiring) != exchanges { exchange() }
        }

        @usableFromInline
        mutating func exchange() {
            mailbox.exchange(with: &histogram)
            exchanges += 1
            // Release: pairs with the acquire load in `Reader.isReady`.
            mailbox.exchanges.store(exchanges, ordering: .releasing)
        }
    }

    /// Asks for intervals and reads them.
    public struct Reader: ~Copyable, @unchecked Sendable {
        let mailbox: HistogramMailbox
        var requests: UInt64 = 0

        init(mailbox: HistogramMailbox) { self.mailbox = mailbox }

        /// Asks for the values recorded since the last exchange. Does nothing while an earlier
        /// request is unanswered.
        public mutating func request() {
            guard isReady else { return }
            mailbox.histogram.reset()
            requests += 1
            mailbox.requests.store(requests, ordering: .releasing)
        }

        /// True when the interval asked for can be read, and before the first request.
        public var isReady: Bool { mailbox.exchanges.load(ordering: .acquiring) == requests }

        /// The interval asked for last, while `isReady`; it does not change until the next request.
        public func withInterval<Result>(_ body: (borrowing LatencyHistogram) -> Result) -> Result {
            precondition(isReady, "the writer has not handed the interval over yet")
            return body(mailbox.histogram)
        }
    }
}

/// Holds the histogram that is not being written.
@usableFromInline
final class HistogramMailbox: @unchecked Sendable {
    /// The writer's while a request is unanswered, the reader's otherwise.
    var histogram: LatencyHistogram
    /// Exchanges asked for; written by the reader.
    @usableFromInline let requests = Atomic<UInt64>(0)
    /// Exchanges made; written by the writer.
    let exchanges = Atomic<UInt64>(0)

    init(_ layout: HistogramLayout) { histogram = LatencyHistogram(layout: layout) }

    func exchange(with other: inout LatencyHistogram) { swap(&histogram, &other) }
}
