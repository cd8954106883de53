import Domain
import Engine
import Testing

@Suite("The sequencer puts commands in their one order")
struct SequencerTests {
    private func stamp(
        _ sequencer: inout Sequencer, at now: UInt64, requestedAt requestTime: UInt64? = nil
    ) -> Command {
        var command = Command(kind: .newOrder)
        if let requestTime { command.requestTime = Timestamp(nanos: requestTime) }
        sequencer.stamp(&command, at: Timestamp(nanos: now))
        return command
    }

    @Test("Numbers count from one, or on from where they were")
    func numbers() {
        var first = Sequencer()
        #expect(stamp(&first, at: 5).sequence == 1)
        #expect(stamp(&first, at: 5).sequence == 2)
        var resumed = Sequencer(lastSequence: 41, lastTime: Timestamp(nanos: 100))
        let next = stamp(&resumed, at: 5)
        #expect(next.sequence == 42)
        #expect(next.timeIn == Timestamp(nanos: 100))
    }

    @Test("Time never falls, though the clock be set back")
    func timeNeverFalls() {
        var sequencer = Sequencer()
        #expect(stamp(&sequencer, at: 500).timeIn == Timestamp(nanos: 500))
        #expect(stamp(&sequencer, at: 400).timeIn == Timestamp(nanos: 500))
        #expect(stamp(&sequencer, at: 501).timeIn == Timestamp(nanos: 501))
    }

    @Test("No command was taken before it was requested")
    func neverBeforeRequest() {
        var sequencer = Sequencer()
        #expect(stamp(&sequencer, at: 500, requestedAt: 520).timeIn == Timestamp(nanos: 520))
        #expect(stamp(&sequencer, at: 510).timeIn == Timestamp(nanos: 520))
        #expect(stamp(&sequencer, at: 600, requestedAt: 530).timeIn == Timestamp(nanos: 600))
    }
}
