import CBaselines
import Domain
import Rings
import Synchronization

/// A thread on another core that reads every word of every event, as the gateway does, until it is
/// stopped.
final class EventReader {
    private final class Stop: Sendable {
        let isAsked = Atomic<Bool>(false)
    }

    private let stopFlag = Stop()
    private let thread: Thread

    init(_ consumer: Box<BroadcastRing<Event>.GatingConsumer>) {
        let flag = stopFlag
        thread = Thread {
            Cores.pin(Cores.pair.1)
            return Self.read(&consumer.value) { flag.isAsked.load(ordering: .relaxed) }
        }
    }

    /// Comes back when all events are read.
    func stop() {
        stopFlag.isAsked.store(true, ordering: .relaxed)
        _ = thread.join()
    }

    private static func read(
        _ consumer: inout BroadcastRing<Event>.GatingConsumer, until isStopped: () -> Bool
    ) -> UInt64 {
        var sum: UInt64 = 0
        while true {
            let slots = consumer.available()
            if slots == 0 {
                if isStopped() { return sum }
                cbaselines_pause()
                continue
            }
            for offset in 0..<slots {
                let words = consumer[offset, as: InlineArray<16, UInt64>.self]
                for word in 0..<16 { sum &+= words[word] }
            }
            consumer.release(slots)
        }
    }
}
