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
        configuration.runtime.profile = .latency
        #expect(configuration.idleStrategy == .spin)
    }
}
