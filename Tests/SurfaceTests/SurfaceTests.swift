import Domain
import Glibc
import LinuxPlatform
import Rings
import Streams
import Synchronization
import Telemetry
import Testing

@testable import Surface

private let nameCount = Atomic<Int>(0)

private struct OneCounter: CounterRecord {
    var count: UInt64
    static let definitions: [CounterDefinition] = [.total("test.count", "Counts.")]
}

/// A small venue without agents: the parts alone, under a name nobody else has.
private final class ShownVenue {
    let name: String
    let surface: SurfaceWriter
    let genesis: UInt64
    var events: BroadcastRing<Event>.Producer
    let engineOut: EngineOutLog.Writer
    private let publicOut: EngineOutLog.Writer
    private let stamps: PartMemory
    private let counters: CounterBlock

    static func uniqueName() -> String {
        "surface-\(getpid())-\(nameCount.add(1, ordering: .relaxed).newValue)"
    }

    init(name: String, genesis: UInt64 = 7, eventsGenesis: UInt64? = nil) throws {
        self.name = name
        self.genesis = genesis
        surface = try SurfaceWriter(
            name: name, configuration: "{\"is\": \"\(name)\"}", processID: getpid())
        let part = try surface.make(.events, byteCount: EventsPart.byteCount(capacity: 64))
        var ends = try BroadcastRing<Event>.create(
            in: part.bytes, capacity: 64, gatingConsumers: 0, genesis: eventsGenesis ?? genesis,
            owner: part)
        events = ends.takeProducer()
        engineOut = EngineOutLog.create(
            in: part, offset: EventsPart.engineOutOffset(capacity: 64), capacity: 64)
        publicOut = EngineOutLog.create(
            in: part, offset: EventsPart.publicOutOffset(capacity: 64), capacity: 64)
        stamps = try surface.make(
            .stamps, byteCount: BroadcastRing<RequestStamps>.byteCount(capacity: 64))
        _ = try BroadcastRing<RequestStamps>.create(
            in: stamps.bytes, capacity: 64, gatingConsumers: 0, genesis: genesis)
        var plan = CounterPlan()
        let place = plan.add(OneCounter.self)
        let memory = try surface.make(.counters, byteCount: plan.byteCount)
        counters = try CounterBlock.create(in: memory.bytes, plan, owner: memory)
        counters.group(place).publish(OneCounter(count: 5))
    }

    func show() { surface.show(genesis: genesis) }

    func publish(sequence: UInt64) {
        var event = Event(kind: .commandApplied)
        event.sequence = sequence
        engineOut.note(Timestamp(nanos: sequence * 10), of: sequence)
        publicOut.note(Timestamp(nanos: sequence * 20), of: sequence)
        let isPushed = events.tryPush(event)
        #expect(isPushed)
    }
}

private func isNoVenue(_ error: any Error) -> Bool {
    if case .some(.noVenue) = error as? SurfaceError { true } else { false }
}

@Suite struct SurfaceTests {
    private let name = ShownVenue.uniqueName()

    @Test func aReaderSeesEverythingThatIsShown() throws {
        let venue = try ShownVenue(name: name)
        venue.show()
        let reader = try SurfaceReader.attach(name: name)
        #expect(reader.configuration == "{\"is\": \"\(name)\"}")
        #expect(reader.genesis == 7)
        #expect(reader.processID == getpid())
        #expect(reader.eventCapacity == 64)
        #expect(reader.isLive)
        #expect(try reader.counters().value(of: "test.count") == 5)

        var events = try reader.events(from: .newest)
        for sequence: UInt64 in 1...3 { venue.publish(sequence: sequence) }
        for sequence: UInt64 in 1...3 {
            let result = events.next()
            let found = events.record.sequence
            #expect(result == .record(slots: 1))
            #expect(found == sequence)
            #expect(reader.engineOut.time(of: found).nanos == sequence * 10)
            #expect(reader.publicOut.time(of: found).nanos == sequence * 20)
        }
        var stamps = try reader.stamps()
        let result = stamps.next()
        #expect(result == .empty)
    }

    @Test func aVenueThatIsNotCompleteIsNotThere() throws {
        #expect(performing: { try SurfaceReader.attach(name: name) }, throws: isNoVenue)
        let venue = try ShownVenue(name: name)
        #expect(performing: { try SurfaceReader.attach(name: name) }, throws: isNoVenue)
        venue.show()
        #expect(throws: Never.self) { _ = try SurfaceReader.attach(name: name) }
    }

    @Test func aReaderNoticesTheEndAndTheSuccessor() throws {
        var first: ShownVenue? = try ShownVenue(name: name, genesis: 1)
        first?.show()
        let reader = try SurfaceReader.attach(name: name)
        var events = try reader.events(from: .oldest)
        first?.publish(sequence: 1)
        first?.surface.end()
        #expect(!reader.isLive)
        first = nil
        #expect(performing: { try SurfaceReader.attach(name: name) }, throws: isNoVenue)
        for part in SurfacePart.allCases {
            #expect(access(SharedMemory.path(name: name, part: part.rawValue), F_OK) != 0)
        }

        let second = try ShownVenue(name: name, genesis: 2)
        second.show()
        #expect(!reader.isLive)
        // What was mapped stays readable.
        let result = events.next()
        #expect(result == .record(slots: 1))
        #expect(try SurfaceReader.attach(name: name).genesis == 2)
    }

    @Test func waitingEndsWithTheVenueOrThePatience() throws {
        var asked = 0
        let nobody = try SurfaceReader.wait(name: name, intervalMillis: 1) {
            asked += 1
            return asked < 4
        }
        #expect(nobody == nil)
        #expect(asked == 4)
        var venue: ShownVenue?
        let reader = try SurfaceReader.wait(name: name, intervalMillis: 1) {
            if venue == nil {
                venue = try? ShownVenue(name: name)
            } else {
                venue?.show()
            }
            return true
        }
        #expect(reader?.genesis == 7)
    }

    @Test func aNameThatLivesIsNotTakenAway() throws {
        let venue = try ShownVenue(name: name)
        venue.show()
        #expect {
            _ = try ShownVenue(name: name)
        } throws: {
            "\($0)" == "a venue named \(name) runs already (process \(getpid()))"
        }
        #expect(try SurfaceReader.attach(name: name).isLive)
    }

    /// A child that is killed gives nothing back, as a crashed venue.
    @Test func whatAKilledVenueLeftIsReplaced() throws {
        // The lock goes with the process; a file that nobody has locked is what is left then.
        _ = leftover(.config, bytes: 4096)
        _ = leftover(.events, bytes: 4096)
        #expect(performing: { try SurfaceReader.attach(name: name) }, throws: isNoVenue)
        let venue = try ShownVenue(name: name)
        venue.show()
        #expect(try SurfaceReader.attach(name: name).isLive)
    }

    @Test func partsOfTwoLivesAreNotOneVenue() throws {
        let venue = try ShownVenue(name: name, genesis: 1, eventsGenesis: 2)
        venue.show()
        #expect(performing: { try SurfaceReader.attach(name: name) }, throws: isNoVenue)
    }

    @Test func whatIsNoPartIsRefusedWithASentence() throws {
        let venue = try ShownVenue(name: name)
        venue.show()
        _ = leftover(.stamps, bytes: 64)
        #expect {
            _ = try SurfaceReader.attach(name: name)
        } throws: {
            "\($0)" == "the part stamps: The ring needs 2176 bytes and the mapping has 64."
        }
        _ = leftover(.stamps, bytes: 8192)
        #expect {
            _ = try SurfaceReader.attach(name: name)
        } throws: {
            "\($0)".contains("the part stamps: The mapping does not hold this kind of ring")
        }
        unlink(SharedMemory.path(name: name, part: "stamps"))
    }

    @Test func aCompanionShowsItsCountersWhileItLives() throws {
        #expect(try SurfaceReader.counters(.dropCopyCounters, name: name) == nil)
        var plan = CounterPlan()
        let place = plan.add(OneCounter.self)
        do {
            let memory = try SurfaceWriter.makeCompanion(
                .dropCopyCounters, name: name, byteCount: plan.byteCount)
            let block = try CounterBlock.create(in: memory.bytes, plan, owner: memory)
            block.group(place).publish(OneCounter(count: 3))
            let reader = try #require(
                try SurfaceReader.counters(.dropCopyCounters, name: name))
            #expect(reader.value(of: "test.count") == 3)
            #expect {
                _ = try SurfaceWriter.makeCompanion(
                    .dropCopyCounters, name: name, byteCount: plan.byteCount)
            } throws: {
                "\($0)".contains("another program shows the part dropcopy-counters")
            }
        }
        #expect(try SurfaceReader.counters(.dropCopyCounters, name: name) == nil)
    }

    /// Puts a file of zeroes where a part belongs, which nobody has locked.
    private func leftover(_ part: SurfacePart, bytes: Int) -> String {
        let path = SharedMemory.path(name: name, part: part.rawValue)
        unlink(path)
        let fd = open(path, O_CREAT | O_RDWR, 0o600)
        ftruncate(fd, bytes)
        close(fd)
        return path
    }
}
