import CommandLineTool
import Domain
import Platform
import PublicBooks

/// Follows a feed until it is time, enough was seen, or somebody asks.
public final class FeedListener {
    /// When a run ends; nil: not for that reason.
    public struct Bounds: Sendable {
        public var durationNanos: UInt64?
        public var count: Int?

        public init(durationNanos: UInt64? = nil, count: Int? = nil) {
            self.durationNanos = durationNanos
            self.count = count
        }
    }

    private let feed: any DatagramFeed
    private let clock: Clock
    private let shouldStop: () -> Bool
    public var builder: PublicBookBuilder
    public let start: Timestamp
    /// Things counted against the bound: lines, messages.
    public private(set) var count = 0
    private var isEnough = false
    private var bounds: Bounds

    private static var lookNanos: UInt64 { 20_000_000 }

    public init(
        _ feed: any DatagramFeed, clock: Clock, bounds: Bounds = Bounds(),
        limits: PublicBookLimits = PublicBookLimits(), shouldStop: @escaping () -> Bool
    ) {
        self.feed = feed
        self.clock = clock
        self.bounds = bounds
        self.shouldStop = shouldStop
        builder = PublicBookBuilder(limits: limits)
        start = clock.now()
    }

    /// One more of what the bound counts. False when that was the last.
    public func counted() -> Bool {
        count += 1
        if let most = bounds.count, count >= most { isEnough = true }
        return !isEnough
    }

    /// Ends the run after this event.
    public func end() { isEnough = true }

    public var now: Timestamp { clock.now() }

    /// Runs. `onDatagram` sees the bytes before the builder, `onEvent` every event with the builder as it
    /// is after the datagram, `onLook` the time after every look at the sockets.
    public func run(
        onDatagram: (FeedChannel, UnsafeRawBufferPointer) -> Void = { _, _ in },
        onEvent: (PublicEvent) -> Void = { _ in }, onLook: (Timestamp) -> Void = { _ in }
    ) {
        let deadline = bounds.durationNanos.map { start.adding(nanos: $0) } ?? .none
        while !isEnough, !shouldStop(), clock.now() < deadline {
            let taken = feed.receive { channel, datagram in
                guard !isEnough else { return }
                onDatagram(channel, datagram)
                builder.take(datagram, from: channel)
                for index in 0..<builder.eventCount where !isEnough {
                    onEvent(builder.event(at: index))
                }
            }
            onLook(clock.now())
            if taken == 0 {
                let left = deadline.nanos(since: clock.now())
                feed.wait(nanos: min(Self.lookNanos, max(left, 1)))
            }
        }
    }

    /// What a person wants to know at the end: how much came, and whether any of it was lost.
    public var summary: String {
        let counters = builder.counters
        var words =
            "\(formatGrouped(counters.datagrams)) datagrams, \(formatGrouped(counters.messages)) "
            + "messages, \(builder.instrumentCount) instruments in "
            + formatDecimal(Double(clock.now().nanos(since: start)) / 1e9, decimals: 1) + " s"
        let troubles: [(Int, String)] = [
            (counters.gaps, "gaps"), (counters.restarts, "restarts of the venue"),
            (counters.brokenSnapshots, "broken snapshots"),
            (counters.contradictions, "contradictions"),
            (counters.malformed, "datagrams that are none of a feed"),
        ]
        for (number, what) in troubles where number > 0 {
            words += ", \(formatGrouped(number)) \(what)"
        }
        if let limit = counters.lastLimit { words += "; there are \(limit)" }
        return words
    }

    public func write(_ json: inout JSONWriter) {
        let counters = builder.counters
        json.field("datagrams", counters.datagrams)
        json.field("messages", counters.messages)
        json.field("gaps", counters.gaps)
        json.field("joins", counters.joins)
        json.field("restarts", counters.restarts)
        json.field("malformed", counters.malformed)
        json.field("seconds", Double(clock.now().nanos(since: start)) / 1e9, decimals: 3)
    }
}
