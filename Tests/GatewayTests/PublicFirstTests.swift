import Domain
import TestSupport
import Testing
import Wire

@testable import Gateway

extension GatewaySuites {
    @Suite("Answers that wait for the public") struct PublicFirstTests {
        @Test("An answer leaves when the public was told of its transaction, and not before")
        func waits() {
            let venue = Venue(isPublicFirst: true)
            // Nothing of a logon is public, yet it has its place in the order of things.
            venue.published.publish(1)
            let client = venue.trading()
            #expect(client.exchange(Frames.shortOrder(3)).isEmpty)
            #expect(client.exchange(Frames.shortOrder(4)).isEmpty)
            venue.published.publish(2)
            venue.settle()
            #expect(client.take().map(\.template) == [.newOrderNRResponse])
            venue.published.publish(3)
            venue.settle()
            #expect(client.take().map(\.template) == [.newOrderNRResponse])
            venue.gateway.publishCounters()
            #expect(venue.gateway.counters.publicFirstWaits == 2)
            #expect(venue.gateway.counters.publicFirstTimeouts == 0)
        }

        @Test("A feed that stands still holds nobody for long, and the next ones not at all")
        func givesUp() {
            let venue = Venue(isPublicFirst: true)
            venue.published.publish(1)
            let client = venue.trading()
            #expect(client.exchange(Frames.shortOrder(3)).isEmpty)
            let patience = venue.gateway.configuration.publicFirstWaitNanosMax
            #expect(venue.gateway.nextDeadline.nanos <= FakeClock.nanos + patience)
            FakeClock.nanos += patience
            venue.settle()
            #expect(client.take().count == 1)
            #expect(client.exchange(Frames.shortOrder(4)).count == 1)
            // It moves again, though it is behind: from now on it is waited for.
            venue.published.publish(2)
            #expect(client.exchange(Frames.shortOrder(5)).isEmpty)
            venue.published.publish(4)
            venue.settle()
            #expect(client.take().count == 1)
            venue.gateway.publishCounters()
            #expect(venue.gateway.counters.publicFirstTimeouts == 1)
        }

        @Test("A gateway that was not told to wait does not")
        func bestEffort() {
            let venue = Venue()
            let client = venue.trading()
            #expect(client.exchange(Frames.shortOrder(3)).count == 1)
        }
    }
}
