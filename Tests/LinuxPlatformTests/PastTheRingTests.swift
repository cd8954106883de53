import Glibc
import Platform
import Testing

@testable import LinuxPlatform

/// The two calls that go past the ring: `recv` for the likely reader, and `send`.
@Suite(.serialized) struct PastTheRingTests {
    @Test func aReaderIsLikelyAfterFiveArrivalsInARow() {
        var reader = LikelyReader()
        reader.note(7)
        for _ in 0..<3 { reader.note(7) }
        #expect(!reader.isLikely)
        reader.note(7)
        #expect(reader.isLikely && reader.index == 7)
        reader.note(8)
        #expect(!reader.isLikely)
        for _ in 0..<4 { reader.note(8) }
        #expect(reader.isLikely && reader.index == 8)
        reader.forget()
        #expect(!reader.isLikely)
    }

    /// One peer sends most of the time, others and floods come between, and what one reads by the ring and
    /// past it is one stream, over many turns of the buffers.
    @Test(arguments: Kernel.allCases) func readsTheSameStreamEitherWay(kernel: Kernel) throws {
        let gateway = try EchoGateway {
            kernel.apply(&$0)
            $0.unreadBytesMax = 32 << 10
        }
        let canReadAhead = kernel == .complete && gateway.network.report.isEmpty
        var random = Random(state: 11)
        let clients = try (0..<3).map {
            PatternClient(
                try gateway.connect(), pattern: Pattern(seed: UInt64($0)).bytes(0..<1_000_000))
        }
        var favourite = 0
        let isDone = try gateway.run(seconds: 60) {
            if random.below(40) == 0 { favourite = random.below(clients.count) }
            let client = clients[random.below(30) == 0 ? random.below(clients.count) : favourite]
            let isFlood = random.below(50) == 0
            if client.receivedCount == client.sentCount || isFlood {
                try client.send(isFlood ? 40_000 : 1 + random.below(4_000))
            }
            for client in clients { try client.receive() }
            return clients.allSatisfy { $0.isDone || $0.isWrong }
        }
        #expect(isDone && clients.allSatisfy { !$0.isWrong })
        #expect(gateway.faults == [])
        let reads = gateway.network.counters.reads
        #expect(canReadAhead ? reads > 200 : reads == 0)
        #expect(gateway.network.counters.sends > 500)
    }

    /// A read past the ring keeps nobody waiting: the ring is entered between two of them.
    @Test func aBusyReaderDoesNotShutOutTheOthers() throws {
        let gateway = try EchoGateway()
        let busy = PatternClient(
            try gateway.connect(), pattern: Pattern(seed: 1).bytes(0..<4_000_000))
        let other = PatternClient(try gateway.connect(), pattern: Pattern(seed: 2).bytes(0..<100))
        #expect(gateway.run { gateway.open.count == 2 })
        for _ in 0..<20 {
            try busy.send(1_000)
            gateway.step()
            gateway.step()
            gateway.step()
            try busy.receive()
        }
        let readsBefore = gateway.network.counters.reads
        // From here on input for the busy one is there in each step.
        try other.send(100)
        for _ in 0..<3 {
            try busy.send(1_000)
            gateway.step()
        }
        try other.receive()
        #expect(other.isDone && !other.isWrong)
        if gateway.network.report.isEmpty {
            #expect(gateway.network.counters.reads > readsBefore)
        }
    }

    /// A peer that goes away while it is the likely reader has closed once, with its last bytes delivered.
    @Test(arguments: [false, true]) func theLikelyReaderMayGo(isReset: Bool) throws {
        for round in 0..<20 {
            let gateway = try EchoGateway()
            var arrived = 0
            gateway.onReceived = { [unowned gateway] in
                arrived = gateway.consumedCount + gateway.network.unread($0, atLeast: 1).count
            }
            var client: PatternClient? = PatternClient(
                try gateway.connect(), pattern: Pattern(seed: 1).bytes(0..<5_000))
            #expect(gateway.run { gateway.open.count == 1 })
            for _ in 0..<40 {
                try client?.send(100)
                gateway.step()
                gateway.step()
                try client?.receive()
            }
            try client?.send(round)
            if isReset { client?.connection.resetOnClose() }
            client = nil
            #expect(gateway.run { gateway.closedCount == 1 })
            if !isReset { #expect(arrived == 4_000 + round) }
            for _ in 0..<10 { gateway.step() }
            #expect(gateway.faults == [] && gateway.network.counters.stale == 0)
            #expect(gateway.closedCount == 1)
        }
    }

    /// Who was refused room hears when there is some, also when the socket took all at once; nobody else does.
    @Test func tellsOfRoomWhereItWasLacking() throws {
        let gateway = try EchoGateway { $0.unsentBytesMax = 16 << 10 }
        gateway.echoes = false
        let client = try gateway.connect()
        #expect(gateway.run { gateway.open.count == 1 })
        let network = gateway.network
        func fill(_ count: Int) {
            for _ in 0..<count {
                guard let space = network.outputSpace(gateway.last, 1024) else { break }
                memset(space, 7, 1024)
                network.commitOutput(gateway.last, 1024)
            }
        }
        fill(16)
        gateway.step()
        #expect(gateway.sentCount == 0 && network.unsentBytes(gateway.last) == 0)
        fill(17)
        gateway.step()
        #expect(gateway.sentCount == 1 && network.unsentBytes(gateway.last) == 0)
        _ = client.descriptor
    }

    /// Output has waited since it was committed or, where the socket was tried first, since then.
    @Test func waitingOutputHasAnAge() throws {
        let gateway = try EchoGateway()
        gateway.echoes = false
        let client = try gateway.connect()
        #expect(gateway.run { gateway.open.count == 1 })
        let network = gateway.network
        let clock = SystemClock.utc
        #expect(network.oldestUnsent(gateway.last).isNone)
        // Until the socket takes no more.
        var tries = 0
        while network.unsentBytes(gateway.last) == 0 && tries < 100_000 {
            tries += 1
            let space = try #require(network.outputSpace(gateway.last, 16 << 10))
            memset(space, 7, 16 << 10)
            let start = clock.now()
            network.commitOutput(gateway.last, 16 << 10)
            #expect(network.oldestUnsent(gateway.last) >= start)
            gateway.step()
        }
        let first = network.oldestUnsent(gateway.last)
        #expect(!first.isNone && first <= clock.now())
        usleep(2_000)
        _ = try #require(network.outputSpace(gateway.last, 100))
        network.commitOutput(gateway.last, 100)
        gateway.step()
        #expect(network.oldestUnsent(gateway.last) == first, "the oldest byte is the first one")
        _ = client.descriptor
    }
}
