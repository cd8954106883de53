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
        #expect(configuration.idleStrategy(of: [.gateway, .engine, .journal]) == .backoff)
        let millisecond = IdleStrategy.nap(nanos: 1_000_000, restAfterNanos: 20_000_000)
        #expect(configuration.idleStrategy(of: [.background]) == millisecond)
        #expect(configuration.idleStrategy(of: [.marketData, .background]) == .nap)
        configuration.runtime.profile = .latency
        #expect(configuration.idleStrategy == .spin)
        #expect(configuration.idleStrategy(of: [.gateway]) == .spin)
        // Who shares a core with others never spins, whatever waits for the disk.
        configuration.durability = .standard("market")
        #expect(configuration.idleStrategy(of: [.background]) == .backoff)
        for mode in [DurabilitySettings.Mode.async, .sync] {
            configuration.durability.mode = mode
            for role in [ThreadPlan.Role.journal, .follower] {
                guard case .nap = configuration.idleStrategy(of: [role]) else {
                    Issue.record("\(role) does not nap")
                    continue
                }
            }
        }
    }
}
