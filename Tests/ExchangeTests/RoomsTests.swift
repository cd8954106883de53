import Engine
import Runtime
import Testing

@testable import Exchange

@Suite struct RoomsTests {
    @Test func everyLimitReachesItsRoom() {
        var configuration = Configuration.demonstration
        configuration.limits.orderCapacity = 11
        configuration.limits.orderDetailsCapacity = 12
        configuration.limits.pricePageCapacity = 13
        configuration.limits.massCancelSlice = 14
        configuration.limits.logonTimeoutSeconds = 15
        configuration.limits.slowConsumerSeconds = 16
        #expect(
            configuration.partition(orderIDKey: 17)
                == PartitionConfiguration(
                    referenceData: DemonstrationMarket.referenceData, orderCapacity: 11,
                    detailsCapacity: 12, pageCapacity: 13, massCancelSlice: 14, orderIDKey: 17))
        #expect(configuration.gateway.port.logonTimeoutNanos == 15_000_000_000)
        #expect(configuration.gateway.port.unsentAgeNanosMax == 16_000_000_000)
    }

    /// Whatever the file form lets through, the engine takes.
    @Test func extremesOfTheFileAreNoneOfTheEngine() {
        var configuration = Configuration.demonstration
        for (orders, slice) in [(1, 1), (1 << 24, 1024)] {
            configuration.limits.orderCapacity = orders
            configuration.limits.massCancelSlice = slice
            #expect(configuration.partition(orderIDKey: 1).orderCapacity == orders)
        }
    }

    @Test func threadsAndIdling() {
        var configuration = Configuration.demonstration
        #expect(configuration.threadPlan(usableCoreCount: 2) == .paired)
        #expect(configuration.threadPlan(usableCoreCount: 1) == .single)
        configuration.runtime.threads = .dedicated
        #expect(configuration.threadPlan(usableCoreCount: 1) == .dedicated)
        #expect(configuration.idleStrategy == .backoff)
        #expect(idling(configuration, [.gateway, .engine, .journal]) == .backoff)
        let millisecond = IdleStrategy.nap(nanos: 1_000_000, restAfterNanos: 20_000_000)
        #expect(idling(configuration, [.background]) == millisecond)
        #expect(idling(configuration, [.marketData, .background]) == .nap)
        configuration.runtime.profile = .latency
        #expect(configuration.idleStrategy == .spin)
        #expect(idling(configuration, [.gateway]) == .spin)
        // Who shares a core with others never spins, whatever waits for the disk.
        configuration.durability = .standard("market")
        #expect(idling(configuration, [.background]) == .backoff)
        for mode in [DurabilitySettings.Mode.async, .sync] {
            configuration.durability.mode = mode
            for role in [ThreadPlan.Role.journal, .follower] {
                guard case .nap = idling(configuration, [role]) else {
                    Issue.record("\(role) does not nap")
                    continue
                }
            }
        }
    }

    /// In `sync` answers wait for the journal: it sleeps until the engine rings, where that may.
    @Test func theAwaitedJournal() throws {
        var configuration = Configuration.demonstration
        configuration.durability = .standard("market")
        configuration.durability.mode = .sync
        for profile in [RuntimeSettings.Profile.laptop, .latency] {
            configuration.runtime.profile = profile
            let placement = try ThreadPlan.paired.placement(usableCores: [0, 1], keeps: true)
            let journal = try #require(placement.first { $0.roles == [.journal] })
            #expect(
                configuration.idleStrategy(of: journal, in: placement) == .backoff(spinNanos: 0))
        }
    }

    private func idling(
        _ configuration: Configuration, _ roles: [ThreadPlan.Role]
    ) -> IdleStrategy {
        let thread = ThreadPlan.Thread(name: "it", roles: roles, cores: [0])
        return configuration.idleStrategy(of: thread, in: [thread])
    }
}
