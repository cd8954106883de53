import Domain
import Engine
import Testing

@Suite("A saved and restored partition goes on as the saved one")
struct SnapshotTests {
    /// Commands between two snapshots: often few, so that mass cancels are cut at every slice.
    private static func pause(_ random: inout SplitMix64) -> Int {
        random.happens(perMille: 800) ? random.below(8) : random.below(400)
    }

    @Test(
        "Random days, cut at many points: the same state, then the same events",
        arguments: Profile.all)
    func randomDays(profile: Profile) throws {
        let commandCount = min(DifferentialTests.commandCount / 10, 25_000)
        var random = SplitMix64(seed: 99)
        var day = RandomDay(profile: profile, seed: 3)
        var restored: EngineHarness?
        var untilSnapshot = 0
        var snapshots = 0
        for _ in 0..<commandCount {
            if untilSnapshot == 0 {
                let copy = try EngineHarness(profile.shape, restoring: day.engine.snapshot())
                #expect(copy.stateHash() == day.engine.stateHash())
                copy.checkInvariants()
                if let restored { #expect(restored.stateHash() == day.engine.stateHash()) }
                restored = copy
                snapshots += 1
                untilSnapshot = SnapshotTests.pause(&random) + 1
            }
            untilSnapshot -= 1
            let (command, details, events) = day.next()
            let again = restored?.apply(command, details) ?? []
            guard again.count == events.count, zip(again, events).allSatisfy(areSame) else {
                Issue.record("\(sentence(command)): \(events) and, restored, \(again)")
                return
            }
        }
        #expect(snapshots > 10)
    }

    @Test("What is restored goes on alike for thousands of commands", arguments: Profile.all)
    func longAfter(profile: Profile) throws {
        for cut in [0, 1, 137, 2_000] {
            var day = RandomDay(profile: profile, seed: UInt64(cut))
            for _ in 0..<cut { _ = day.next() }
            let restored = try EngineHarness(profile.shape, restoring: day.engine.snapshot())
            for _ in 0..<4_000 {
                let (command, details, events) = day.next()
                let again = restored.apply(command, details)
                guard again.count == events.count, zip(again, events).allSatisfy(areSame) else {
                    Issue.record("\(sentence(command)): \(events) and, restored, \(again)")
                    return
                }
            }
            #expect(restored.stateHash() == day.engine.stateHash())
            #expect(try restored.snapshot() == day.engine.snapshot())
            restored.checkInvariants()
        }
    }

    @Test("An empty partition's snapshot is an empty partition")
    func empty() throws {
        let shape = EngineHarness.Shape()
        let engine = EngineHarness(shape)
        let restored = try EngineHarness(shape, restoring: engine.snapshot())
        #expect(restored.stateHash() == engine.stateHash())
        #expect(try engine.snapshot().count < 400)
    }

    @Test("Only what is live is saved, whatever the capacity")
    func onlyWhatIsLive() throws {
        var shape = EngineHarness.Shape()
        shape.orderCapacity = 1 << 16
        let engine = EngineHarness(shape)
        var sequence: UInt64 = 0
        for name in 1...100 {
            sequence += 1
            var command = Request.buy(1, at: 100 - Double(name % 7), as: UInt64(name)).command
            command.sequence = sequence
            command.timeIn = Timestamp(nanos: sequence)
            _ = engine.apply(command)
        }
        let empty = try EngineHarness(shape).snapshot().count
        #expect(try engine.snapshot().count == empty + 100 * (82 + 4))
    }

    @Test("A snapshot of other reference data, limits or keys is refused with a sentence")
    func otherConfiguration() throws {
        let shape = EngineHarness.Shape()
        let snapshot = try EngineHarness(shape).snapshot()
        var others = Array(repeating: shape, count: 3)
        others[0].orderIDKey += 1
        others[1].pageCapacity += 1
        others[2].referenceData.products[0].lot.raw *= 2
        for other in others {
            let error = #expect(throws: PartitionSnapshotError.self) {
                try EngineHarness(other, restoring: snapshot)
            }
            #expect("\(error!)".contains("other reference data"))
        }
    }

    @Test("Another layout is refused by its number, a state of other rules is taken")
    func otherVersions() throws {
        let shape = EngineHarness.Shape()
        var snapshot = try EngineHarness(shape).snapshot()
        snapshot[12] += 1
        _ = try EngineHarness(shape, restoring: snapshot)
        snapshot[8] = 9
        let error = #expect(throws: PartitionSnapshotError.self) {
            try EngineHarness(shape, restoring: snapshot)
        }
        #expect("\(error!)".contains("layout 9"))
    }

    @Test("What the reader of the bytes throws comes through")
    func readError() throws {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            _ = try Partition(EngineHarness.Shape().configuration) { _ in throw Broken() }
        }
        let partition = Partition(EngineHarness.Shape().configuration)
        #expect(throws: Broken.self) { try partition.save { _ in throw Broken() } }
    }
}

/// A day that goes on for as long as it is asked to.
struct RandomDay {
    let engine: EngineHarness
    private var reference: NaiveExchange
    private var generator: CommandGenerator

    init(profile: Profile, seed: UInt64) {
        engine = EngineHarness(profile.shape)
        reference = NaiveExchange(profile.shape)
        generator = CommandGenerator(profile: profile, seed: seed)
    }

    /// A command that fits the day so far and has no effect on it.
    mutating func nextRequest() -> (command: Command, details: OrderDetails) {
        generator.next(reference, massCancelPending: false)
    }

    mutating func next() -> (command: Command, details: OrderDetails, events: [RecordedEvent]) {
        let (command, details) = generator.next(
            reference, massCancelPending: engine.hasMassCancelPending)
        let events = engine.apply(command, details)
        _ = reference.apply(command, details, choices: EngineChoices(observed: events))
        return (command, details, events)
    }
}
