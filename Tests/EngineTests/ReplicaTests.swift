import Domain
import Rings
import Testing

@testable import Engine

@Suite("A replica repeats what was sequenced")
struct ReplicaTests {
    private struct Refusal: Error {}

    /// A day of random commands.
    private func day(_ profile: Profile, seed: UInt64, count: Int) -> [(Command, OrderDetails)] {
        let engine = EngineHarness(profile.shape)
        var reference = NaiveExchange(profile.shape)
        var generator = CommandGenerator(profile: profile, seed: seed)
        return (0..<count).map { _ in
            let (command, details) = generator.next(
                reference, massCancelPending: engine.hasMassCancelPending)
            let events = engine.apply(command, details)
            _ = reference.apply(command, details, choices: EngineChoices(observed: events))
            return (command, details)
        }
    }

    private func replica(_ profile: Profile) -> Replica {
        Replica(
            Partition(
                PartitionConfiguration(
                    referenceData: profile.shape.referenceData,
                    orderCapacity: profile.shape.orderCapacity,
                    detailsCapacity: profile.shape.orderCapacity,
                    pageCapacity: profile.shape.pageCapacity,
                    massCancelSlice: profile.shape.massCancelSlice,
                    orderIDKey: profile.shape.orderIDKey)))
    }

    @Test(
        "The same events come out, also where whoever takes them stops in between",
        arguments: [Profile.massCancelling, Profile.deepBooks])
    func sameEvents(profile: Profile) {
        let engine = EngineHarness(profile.shape)
        var patient = replica(profile)
        var refused = replica(profile)
        var dropping = replica(profile)
        var attempts = 0
        for (command, details) in day(profile, seed: 11, count: 1_500) {
            let expected = engine.apply(command, details)
            var heads: [Event] = []
            patient.apply(command, details)
            patient.take { (record) throws(Never) in
                heads.append(record.load(as: Event.self))
            }
            var isDrained = patient.isDrained
            #expect(isDrained)
            #expect(heads.count == expected.count)
            for (head, event) in zip(heads, expected) {
                #expect(haveSameBytes(head, event.head))
            }

            var taken: [OrderID] = []
            refused.apply(command, details)
            while !refused.isDrained {
                do throws(Refusal) {
                    try refused.take { (record) throws(Refusal) in
                        attempts += 1
                        if attempts % 3 == 0 { throw Refusal() }
                        taken.append(record.load(as: Event.self).orderID)
                    }
                } catch {}
            }
            #expect(taken == heads.map(\.orderID))

            dropping.apply(command, details)
            dropping.drop()
            isDrained = dropping.isDrained
            #expect(isDrained)
        }
        let hash = engine.stateHash()
        let hashes = [
            patient.inspect { $0.stateHash() }, refused.inspect { $0.stateHash() },
            dropping.inspect { $0.stateHash() },
        ]
        #expect(hashes == [hash, hash, hash])
        let taken = dropping.takePartition().stateHash()
        #expect(taken == hash)
    }
}
