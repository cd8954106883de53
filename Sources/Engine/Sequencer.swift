import Domain

/// Puts commands in their one order: gives each its number and the time at which it was taken.
///
/// Time never falls and is never before the request reached the gateway, whatever the clock does.
@frozen public struct Sequencer: BitwiseCopyable, Sendable {
    public private(set) var lastSequence: UInt64
    public private(set) var lastTime: Timestamp

    public init(lastSequence: UInt64 = 0, lastTime: Timestamp = .zero) {
        self.lastSequence = lastSequence
        self.lastTime = lastTime
    }

    /// The place of a command in the one order.
    public struct Place {
        public let sequence: UInt64
        public let timeIn: Timestamp
    }

    /// The next place, for what came in at `requestTime` and was taken `now`.
    public mutating func place(requestTime: Timestamp, now: Timestamp) -> Place {
        lastSequence += 1
        var time = max(now, lastTime)
        if !requestTime.isNone { time = max(time, requestTime) }
        lastTime = time
        return Place(sequence: lastSequence, timeIn: time)
    }

    public mutating func stamp(_ command: inout Command, at now: Timestamp) {
        command = command.stamped(place(requestTime: command.requestTime, now: now))
    }
}

extension Command {
    @inline(__always)
    func stamped(_ place: Sequencer.Place) -> Command {
        var command = self
        command.sequence = place.sequence
        command.timeIn = place.timeIn
        return command
    }
}
