import Domain
import LinuxPlatform
import OrderFlow
import Platform
import Rings
import Streams
import Telemetry

/// Watches a venue while it works: empties the stamps' ring every few milliseconds and lets a pipeline
/// count.
///
/// The venue does not know of it. Between two looks the thread sleeps; a look costs no system call for
/// each record and no memory that grows.
final class LiveMeasurement {
    /// Why a measurement ended.
    enum End: Equatable {
        case asked, timeIsUp, venueEnded
    }

    let pipeline: LatencyPipeline
    private let clock: Clock
    private let hiccups: HiccupMeter
    private let listener: DropCopyListener?
    @exclusivity(unchecked) private var stamps: BroadcastRing<RequestStamps>.LossyReader
    /// When the public was told, by ExecID.
    private let publicOut: EngineOutLog.Reader?
    /// Stamps of the last look: the public is told at about the time of the answer, so they are asked
    /// about at the next.
    private var unasked: [RequestStamps] = []
    private let saved: MeasurementWriter?
    private let log: AppendingFile?
    private var listenerHasEnded = false
    private(set) var notes: [String] = []

    static let intervalNanos: UInt64 = 1_000_000_000
    /// The ring of stamps holds some tens of milliseconds at the highest rates there are.
    private static let lookNanos: UInt64 = 5_000_000
    private static let hastyLookNanos: UInt64 = 1_000_000
    /// How often the outside is asked whether the venue lives.
    private static let outlookNanos: UInt64 = 200_000_000

    /// `stamps` is a reader at the newest position: what was answered before the start is not counted.
    init(
        start: Timestamp, stamps: consuming BroadcastRing<RequestStamps>.LossyReader,
        publicOut: EngineOutLog.Reader? = nil, clock: Clock, hiccups: HiccupMeter,
        listener: DropCopyListener? = nil,
        saved: MeasurementWriter? = nil, log: AppendingFile? = nil
    ) {
        if publicOut != nil { unasked.reserveCapacity(stamps.capacity) }
        self.stamps = stamps
        self.publicOut = publicOut
        self.clock = clock
        self.hiccups = hiccups
        self.listener = listener
        self.saved = saved
        self.log = log
        pipeline = LatencyPipeline(start: start, joinsListeners: listener != nil)
    }

    /// Measures until it is time, somebody asks, or the venue is gone. `onInterval` sees the pipeline
    /// after every interval.
    func run(
        durationNanos: UInt64?, isLive: () -> Bool, shouldStop: () -> Bool,
        onInterval: (LatencyPipeline) -> Void
    ) throws(ToolError) -> End {
        let start = pipeline.start
        let deadline = durationNanos.map { start.adding(nanos: $0) } ?? .none
        var nextInterval = start.adding(nanos: Self.intervalNanos)
        var nextOutlook = start
        var end: End?
        while true {
            let count = try look()
            let now = clock.now()
            if shouldStop() {
                end = .asked
            } else if now >= deadline {
                end = .timeIsUp
            } else if now >= nextOutlook {
                nextOutlook = now.adding(nanos: Self.outlookNanos)
                if !isLive() { end = .venueEnded }
            }
            if let end {
                try finish()
                return end
            }
            if now >= nextInterval {
                closeInterval()
                onInterval(pipeline)
                // A pause of seconds makes one long interval, not many empty ones.
                while nextInterval <= now {
                    nextInterval = nextInterval.adding(nanos: Self.intervalNanos)
                }
            }
            Nap.nanos(count > stamps.capacity / 8 ? Self.hastyLookNanos : Self.lookNanos)
        }
    }

    /// What came during the last nap, and the last interval.
    private func finish() throws(ToolError) {
        _ = try look()
        if !unasked.isEmpty { Nap.nanos(Self.lookNanos) }
        askPublic()
        pipeline.giveUpWaiting()
        closeInterval()
    }

    /// Takes over what there is; returns how many stamps.
    private func look() throws(ToolError) -> Int {
        askPublic()
        let count = try drainStamps()
        if let listener {
            _ = listener.drain { arrival in
                pipeline.note(arrival)
                saved?.note(arrival)
            }
            noteListener(listener)
            pipeline.joinWaiting(now: clock.now())
        }
        return count
    }

    private func drainStamps() throws(ToolError) -> Int {
        var count = 0
        while count < stamps.capacity {
            switch stamps.next() {
            case .empty: return count
            case .record:
                pipeline.note(stamps.record)
                saved?.note(stamps.record)
                if publicOut != nil, !stamps.record.execID.isNone { unasked.append(stamps.record) }
                count += 1
            case .overrun(let lostFrom, let resumeAt):
                pipeline.noteOverrun(lost: resumeAt - lostFrom)
                saved?.noteOverrun(lost: resumeAt - lostFrom)
            case .damaged(let position):
                throw ToolError(.run, "the venue's stamps make no sense at position \(position)")
            }
        }
        return count
    }

    private func askPublic() {
        guard let publicOut else { return }
        for stamps in unasked {
            let time = publicOut.time(of: stamps.execID.nanos)
            if !time.isNone { pipeline.notePublic(stamps, at: time) }
        }
        unasked.removeAll(keepingCapacity: true)
    }

    private func noteListener(_ listener: DropCopyListener) {
        let dropped = listener.takeDropped()
        if dropped > 0 {
            pipeline.noteDroppedMessages(dropped)
            saved?.noteDropped(dropped)
        }
        if !listenerHasEnded, let reason = listener.reasonOfEnd {
            listenerHasEnded = true
            let offset = clock.now().nanos(since: pipeline.start)
            notes.append("the drop copy was heard until \(CompactText.duration(offset)): \(reason)")
        }
    }

    private func closeInterval() {
        let end = clock.now()
        hiccups.withInterval { interval in
            saved?.closeInterval(at: end, hiccups: interval)
            pipeline.closeInterval(at: end, hiccups: interval) { tag, histogram, place in
                log?.append(HDRLog.line(tag, histogram, place))
            }
            log?.flush()
        }
    }

    /// Keeps conditions with the measurement and closes the files.
    func close(conditions: [RunCondition]) throws(ToolError) {
        for condition in conditions { saved?.noteCondition(condition) }
        try saved?.close()
        try log?.close()
    }
}
