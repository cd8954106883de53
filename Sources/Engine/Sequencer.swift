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

    public mutating func stamp(_ command: inout Command, at now: Timestamp) {
        lastSequence += 1
        var time = max(now, lastTime)
        if !command.requestTime.isNone { time = max(time, command.requestTime) }
        lastTime = time
        command.sequence = lastSequence
        command.timeIn = time
    }
}
