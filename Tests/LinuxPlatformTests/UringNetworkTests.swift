import Domain
import Foundation
import Glibc
import Platform
import Testing

@testable import LinuxPlatform

/// What the kernel is taken to have.
enum Kernel: String, CaseIterable, Sendable {
    case complete, withoutIncrementalBuffers, withoutDeferredWork, plain

    func apply(_ configuration: inout UringNetwork.Configuration) {
        switch self {
        case .complete: break
        case .withoutIncrementalBuffers: configuration.withoutIncrementalBuffers = true
        case .withoutDeferredWork: configuration.withoutDeferredWork = true
        case .plain:
            configuration.withoutIncrementalBuffers = true
            configuration.withoutCooperativeWork = true
        }
    }
}

@Suite(.serialized) struct UringNetworkTests {
    /// What a killed venue held in its ring is closed after the process is gone.
    @Test func aPortIsWaitedForThatIsAboutToBeFree() throws {
        let held = try Listener(address: "127.0.0.1", port: 0)
        Thread.detachNewThread {
            usleep(150_000)
            _ = Glibc.close(held.descriptor)
        }
        let start = SystemClock.monotonicNanos()
        let next = try Listener(address: "127.0.0.1", port: held.port)
        #expect(next.port == held.port && SystemClock.monotonicNanos() - start > 100_000_000)
        #expect(
            throws: SystemError("127.0.0.1:\(held.port) cannot be listened on", code: EADDRINUSE)
        ) {
            try Listener(address: "127.0.0.1", port: held.port, patienceMillis: 50)
        }
        _ = Glibc.close(next.descriptor)
    }

    /// However regularly turns come round: 65 connections served in one turn, one by one in the next 64,
    /// would otherwise begin with the same each time.
    @Test(arguments: [2, 3, 5, 64, 65]) func nobodyIsServedFirstTooOften(count: Int) {
        for stride in 1...130 {
            var begins = [Int](repeating: 0, count: count)
            for round in 0..<UInt64(200 * count) {
                begins[UringCore.firstServed(in: round * UInt64(stride), of: count)] += 1
            }
            #expect(begins.min()! > 100 && begins.max()! < 300, "stride \(stride)")
        }
    }

    @Test(arguments: Kernel.allCases)
    func echoesAMessageSplitAnywhere(kernel: Kernel) throws {
        for promotesAfter in [nil, 0] {
            let gateway = try EchoGateway { kernel.apply(&$0) }
            gateway.promotesAfter = promotesAfter
            let message = Pattern(seed: 1).bytes(0..<96)
            for split in 1..<96 {
                let client = PatternClient(try gateway.connect(), pattern: message)
                while client.sentCount < split { try client.send(split - client.sentCount) }
                gateway.step()
                gateway.step()
                while client.sentCount < 96 { try client.send(96) }
                let isDone = try gateway.run {
                    try client.receive()
                    return client.isDone
                }
                #expect(isDone && !client.isWrong)
            }
            #expect(gateway.run { gateway.open.isEmpty })
            #expect(gateway.acceptedCount == 95 && gateway.closedCount == 95)
            #expect(gateway.faults == [])
            #expect(gateway.network.counters.stale == 0)
        }
    }

    @Test func saysWhatIsMissing() throws {
        for kernel in Kernel.allCases {
            let gateway = try EchoGateway { kernel.apply(&$0) }
            switch kernel {
            case .complete: break
            case .withoutIncrementalBuffers, .withoutDeferredWork:
                #expect(gateway.network.report.count >= 1)
            case .plain: #expect(gateway.network.report.count >= 2)
            }
        }
    }

    @Test(arguments: Kernel.allCases)
    func keepsItsBoundsWithASlowReader(kernel: Kernel) throws {
        let gateway = try EchoGateway { kernel.apply(&$0) }
        let total = kernel == .complete ? 16 << 20 : 5 << 20
        let bytes = Pattern(seed: 2).bytes(0..<65_521)
        var pattern: [UInt8] = []
        pattern.reserveCapacity(total + bytes.count)
        while pattern.count < total { pattern += bytes }
        let client = PatternClient(try gateway.connect(), pattern: pattern)
        var rounds = 0
        let isDone = try gateway.run(seconds: 60) {
            rounds += 1
            try client.send(256 << 10)
            // Nothing is read until everything on the way is full.
            if rounds > 2000 || gateway.blockedCount > 200 { try client.receive() }
            return client.isDone
        }
        #expect(isDone && !client.isWrong)
        #expect(gateway.blockedCount > 0)
        #expect(gateway.unsentMax <= 1 << 20)
        #expect(gateway.unsentMax > 900 << 10)
        #expect(gateway.unreadMax <= 256 << 10)
        #expect(gateway.network.unsentBytes(gateway.last) == 0)
        #expect(gateway.network.oldestUnsent(gateway.last).isNone)
        #expect(gateway.faults == [])
        if kernel == .complete { #expect(gateway.network.counters.starved > 0) }
    }

    @Test func cutsAClientThatNeverReads() throws {
        let gateway = try EchoGateway()
        gateway.echoes = false
        let client = try gateway.connect()
        #expect(gateway.run { gateway.open.count == 1 })
        let connection = gateway.last
        let network = gateway.network
        let start = SystemClock.utc.now()
        while let space = network.outputSpace(connection, 8192) {
            memset(space, 7, 8192)
            network.commitOutput(connection, 8192)
        }
        #expect(network.unsentBytes(connection) == 1 << 20)
        // The system takes some, then no more.
        for _ in 0..<100 { gateway.step() }
        while let space = network.outputSpace(connection, 8192) {
            memset(space, 7, 8192)
            network.commitOutput(connection, 8192)
            gateway.step()
        }
        #expect(!network.oldestUnsent(connection).isNone)
        #expect(network.oldestUnsent(connection) >= start)
        #expect(network.oldestUnsent(connection) <= SystemClock.utc.now())
        network.abort(connection)
        #expect(network.unsentBytes(connection) == 0)
        #expect(network.outputSpace(connection, 1) == nil)
        #expect(gateway.run { gateway.closedCount == 1 })
        // The descriptor is given back before the client reads: who has read all that the system had taken
        // by then finds an end and no reset.
        let closedAt = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - closedAt < 200_000_000 { gateway.step() }
        // The client gets what the system had taken, then the reset.
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var hasEnded = false
        let isReset = gateway.run {
            do {
                let result = try buffer.withUnsafeMutableBytes { try client.receive(into: $0) }
                hasEnded = hasEnded || result == .end
                return false
            } catch { return true }
        }
        #expect(!hasEnded)
        #expect(isReset)
        #expect(gateway.faults == [])
    }

    @Test func survivesResetsInMidTransfer() throws {
        let gateway = try EchoGateway()
        let pattern = Pattern(seed: 3).bytes(0..<200_000)
        var random = Random(state: 3)
        for round in 0..<60 {
            let client = PatternClient(try gateway.connect(), pattern: pattern)
            for _ in 0..<random.below(12) {
                try client.send(1 + random.below(40_000))
                if random.below(2) == 0 { try client.receive(1 + random.below(30_000)) }
                gateway.step()
            }
            if round % 3 != 0 { client.connection.resetOnClose() }
            #expect(!client.isWrong)
        }
        #expect(gateway.run { gateway.acceptedCount == 60 && gateway.open.isEmpty })
        #expect(gateway.closedCount == 60)
        #expect(gateway.faults == [])
        #expect(gateway.network.counters.stale == 0)
    }

    /// In a process of its own, whose limit is its own.
    @Test func theLimitOfOpenFilesIsRaisedForAllNetworksTogether() async {
        await #expect(processExitsWith: .success) {
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            var limit = rlimit()
            func allowed() -> Int {
                getrlimit(resource, &limit)
                return Int(limit.rlim_cur)
            }
            func network(_ connections: Int) throws -> UringNetwork {
                var configuration = UringNetwork.Configuration()
                configuration.connectionCapacity = connections
                return try UringNetwork(configuration: configuration, clock: SystemClock.utc)
            }
            _ = allowed()
            limit.rlim_cur = 64
            try #require(setrlimit(resource, &limit) == 0)
            let first = try network(100)
            #expect(allowed() == 100 + 256)
            try withExtendedLifetime(first) {
                var second: UringNetwork? = try network(300)
                #expect(allowed() == 400 + 2 * 256 && second?.connectionCapacity == 300)
                // What one that has ended needed is the next one's.
                second = nil
                let third = try network(200)
                #expect(allowed() == 400 + 2 * 256)
                let fourth = try network(200)
                #expect(allowed() == 500 + 3 * 256)
                withExtendedLifetime((third, fourth)) {}
            }
        }
    }

    @Test func servesTwoThousandConnectionsAtOnce() throws {
        DescriptorLimit.raise(to: 8192)
        let gateway = try EchoGateway {
            $0.connectionCapacity = 2000
            $0.promotedCapacity = 2000
        }
        var descriptors: [PatternClient] = []
        for number in 0..<2000 {
            let message = Pattern(seed: UInt64(number)).bytes(0..<120)
            descriptors.append(PatternClient(try gateway.connect(), pattern: message))
            if number % 50 == 0 { gateway.step() }
        }
        #expect(gateway.run { gateway.open.count == 2000 })
        for client in descriptors { try client.send(120) }
        let isDone = try gateway.run(seconds: 30) {
            var doneCount = 0
            for client in descriptors {
                if !client.isDone { try client.receive() }
                if client.isDone { doneCount += 1 }
            }
            return doneCount == 2000
        }
        #expect(isDone)
        #expect(descriptors.allSatisfy { !$0.isWrong })
        descriptors = []
        #expect(gateway.run { gateway.closedCount == 2000 })
        #expect(gateway.network.counters.promotionsRefused == 0)
        #expect(gateway.faults == [])
    }

    @Test func closesOnArrivalWhenFull() throws {
        let gateway = try EchoGateway { $0.connectionCapacity = 4 }
        var clients: [PatternClient] = []
        for _ in 0..<4 { clients.append(PatternClient(try gateway.connect(), pattern: [1])) }
        #expect(gateway.run { gateway.open.count == 4 })
        for round in 1...3 {
            let refused = PatternClient(try gateway.connect(), pattern: [1])
            let isRefused = gateway.run {
                do { try refused.receive() } catch { return true }
                return refused.hasEnded
            }
            #expect(isRefused)
            #expect(gateway.network.counters.refused == UInt64(round))
        }
        clients.removeLast()
        #expect(gateway.run { gateway.closedCount == 1 })
        for _ in 0..<10 { gateway.step() }
        let client = PatternClient(try gateway.connect(), pattern: [9])
        try client.send(1)
        let isServed = try gateway.run {
            try client.receive()
            return client.isDone
        }
        #expect(isServed)
        #expect(gateway.acceptedCount == 5)
    }

    @Test(arguments: Kernel.allCases)
    func keepsTheOrderOfBytesWhenPromotedInMidStream(kernel: Kernel) throws {
        var random = Random(state: 5)
        for round in 0..<12 {
            let gateway = try EchoGateway { kernel.apply(&$0) }
            gateway.promotesAfter = random.below(20_000)
            gateway.pieceMax = 1 + random.below(5000)
            let pattern = Pattern(seed: UInt64(round)).bytes(0..<(100_000 + random.below(200_000)))
            let client = PatternClient(try gateway.connect(), pattern: pattern)
            let isDone = try gateway.run {
                if random.below(3) != 0 { try client.send(1 + random.below(9000)) }
                if random.below(3) != 0 { try client.receive(1 + random.below(20_000)) }
                return client.isDone
            }
            #expect(isDone && !client.isWrong)
            #expect(gateway.faults == [])
            #expect(gateway.network.counters.promotionsRefused == 0)
        }
    }

    @Test func neverDeliversOldBytesOnAReusedPlace() throws {
        let gateway = try EchoGateway {
            $0.connectionCapacity = 24
            $0.promotedCapacity = 16
        }
        var random = Random(state: 7)
        var clients: [PatternClient] = []
        var number: UInt64 = 0
        var doneCount = 0
        let end = SystemClock.monotonicNanos() + 3_000_000_000
        while SystemClock.monotonicNanos() < end {
            if clients.count < 20 {
                number += 1
                gateway.promotesAfter = random.below(3) == 0 ? nil : random.below(3000)
                let pattern = Pattern(seed: number).bytes(0..<(1 + random.below(60_000)))
                clients.append(PatternClient(try gateway.connect(), pattern: pattern))
            }
            gateway.step()
            if random.below(40) == 0, let connection = gateway.open.randomElement() {
                switch random.below(2) {
                case 0: gateway.network.abort(connection)
                default: gateway.network.closeAfterSending(connection)
                }
            }
            var index = 0
            while index < clients.count {
                let client = clients[index]
                do {
                    try client.send(1 + random.below(20_000))
                    try client.receive(1 + random.below(20_000))
                } catch {
                    clients.remove(at: index)
                    continue
                }
                #expect(!client.isWrong)
                if client.isDone { doneCount += 1 }
                if client.isDone || client.hasEnded || random.below(200) == 0 {
                    if random.below(2) == 0 { client.connection.resetOnClose() }
                    clients.remove(at: index)
                    continue
                }
                index += 1
            }
        }
        clients = []
        #expect(gateway.run { gateway.open.isEmpty })
        #expect(gateway.acceptedCount == gateway.closedCount)
        #expect(doneCount > 5)
        #expect(gateway.faults == [])
        #expect(gateway.network.counters.stale == 0)
    }

    @Test(arguments: [false, true])
    func sendsTheLastByteThoughInputIsUnread(isPromoted: Bool) throws {
        for _ in 0..<20 {
            let gateway = try EchoGateway()
            gateway.echoes = false
            gateway.promotesAfter = isPromoted ? 0 : nil
            let client = try gateway.connect()
            #expect(gateway.run { gateway.open.count == 1 })
            let junk = [UInt8](repeating: 1, count: 300_000)
            _ = try junk.withUnsafeBytes { try client.send($0) }
            gateway.step()
            let network = gateway.network
            let answer = Pattern(seed: 11).bytes(0..<100_000)
            for start in stride(from: 0, to: answer.count, by: 10_000) {
                let space = try #require(network.outputSpace(gateway.last, 10_000))
                _ = answer.withUnsafeBytes { memcpy(space, $0.baseAddress! + start, 10_000) }
                network.commitOutput(gateway.last, 10_000)
            }
            network.closeAfterSending(gateway.last)
            #expect(network.unread(gateway.last, atLeast: 1).isEmpty)
            var received: [UInt8] = []
            var hasEnded = false
            var buffer = [UInt8](repeating: 0, count: 4096)
            let isDone = try gateway.run {
                // The client goes on sending, as if it had not heard.
                if received.count < answer.count {
                    _ = try junk.withUnsafeBytes {
                        try client.send(UnsafeRawBufferPointer(rebasing: $0[..<1000]))
                    }
                }
                switch try buffer.withUnsafeMutableBytes({ try client.receive(into: $0) }) {
                case .bytes(let count): received += buffer[..<count]
                case .end: hasEnded = true
                case .nothing: break
                }
                return hasEnded
            }
            #expect(isDone && received == answer)
            client.shutdownSending()
            #expect(gateway.run { gateway.closedCount == 1 })
        }
    }

    @Test func givesUpAPeerThatStaysAfterTheEnd() throws {
        let gateway = try EchoGateway()
        let client = try gateway.connect()
        #expect(gateway.run { gateway.open.count == 1 })
        let start = SystemClock.monotonicNanos()
        gateway.network.closeAfterSending(gateway.last)
        while gateway.closedCount == 0 && SystemClock.monotonicNanos() < start + 5_000_000_000 {
            _ = gateway.network.pollOrSleep(nanos: 5_000_000_000)
            gateway.drain()
        }
        let nanos = SystemClock.monotonicNanos() - start
        #expect(gateway.closedCount == 1)
        #expect(nanos > 900_000_000 && nanos < 2_500_000_000)
        _ = client.descriptor
    }

    @Test func deliversInputThatCameBeforeTheEnd() throws {
        for isPromoted in [false, true] {
            let gateway = try EchoGateway()
            gateway.echoes = false
            gateway.promotesAfter = isPromoted ? 0 : nil
            var kinds: [NetworkEvent.Kind] = []
            do {
                let client = try gateway.connect()
                #expect(gateway.run { gateway.open.count == 1 })
                for _ in 0..<5 { gateway.step() }
                _ = try [UInt8](repeating: 5, count: 1000).withUnsafeBytes { try client.send($0) }
            }
            usleep(20_000)
            for _ in 0..<20 where kinds.last != .closed {
                _ = gateway.network.poll()
                while let event = gateway.network.nextEvent() { kinds.append(event.kind) }
            }
            #expect(kinds == [.received, .closed])
            let unread = gateway.network.unread(gateway.last, atLeast: 1)
            #expect(unread.count == 1000 && unread.allSatisfy { $0 == 5 })
            gateway.network.consume(gateway.last, 1000)
            _ = gateway.network.poll()
            #expect(gateway.network.unread(gateway.last, atLeast: 1).isEmpty)
        }
    }

    @Test func takesNobodyAfterStopAccepting() throws {
        let gateway = try EchoGateway()
        let client = PatternClient(try gateway.connect(), pattern: [1, 2])
        #expect(gateway.run { gateway.open.count == 1 })
        gateway.network.stopAccepting()
        for _ in 0..<10 { gateway.step() }
        #expect(throws: SystemError.self) { _ = try gateway.connect() }
        try client.send(2)
        let isServed = try gateway.run {
            try client.receive()
            return client.isDone
        }
        #expect(isServed)
        #expect(gateway.acceptedCount == 1)
    }

    @Test func isWokenFromAnotherThread() throws {
        let gateway = try EchoGateway()
        // A wake that came before the sleep ends it.
        gateway.network.wake()
        let start = SystemClock.monotonicNanos()
        _ = gateway.network.pollOrSleep(nanos: 5_000_000_000)
        _ = gateway.network.poll()
        // And it is used up by then.
        _ = gateway.network.pollOrSleep(nanos: 100_000_000)
        let first = SystemClock.monotonicNanos() - start
        #expect(first >= 90_000_000 && first < 1_000_000_000)

        let sleeper = NetworkSleeper(gateway.network)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(sleeper).toOpaque()
        pthread_create(&thread, nil, wakeLater, context)
        let before = SystemClock.monotonicNanos()
        sleeper.sleep(nanos: 5_000_000_000)
        let nanos = SystemClock.monotonicNanos() - before
        #expect(nanos > 30_000_000 && nanos < 1_000_000_000)
        pthread_join(thread, nil)
    }

    @Test func isWokenByInput() throws {
        let gateway = try EchoGateway()
        let client = PatternClient(try gateway.connect(), pattern: [1])
        #expect(gateway.run { gateway.open.count == 1 })
        for _ in 0..<10 { gateway.step() }
        try client.send(1)
        let start = SystemClock.monotonicNanos()
        while gateway.consumedCount == 0 {
            _ = gateway.network.pollOrSleep(nanos: 5_000_000_000)
            gateway.drain()
        }
        #expect(SystemClock.monotonicNanos() - start < 1_000_000_000)
    }

    @Test func restsAtNoCost() throws {
        let gateway = try EchoGateway()
        let client = try gateway.connect()
        #expect(gateway.run { gateway.open.count == 1 })
        for _ in 0..<10 { gateway.step() }
        let entersBefore = gateway.network.counters.enters
        for _ in 0..<1000 { gateway.step() }
        #expect(gateway.network.counters.enters == entersBefore, "nothing to do enters no kernel")
        var before = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
        let start = SystemClock.monotonicNanos()
        while SystemClock.monotonicNanos() - start < 1_000_000_000 {
            _ = gateway.network.pollOrSleep(nanos: 1_000_000_000)
            gateway.drain()
        }
        var after = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
        let nanos =
            (after.tv_sec - before.tv_sec) * 1_000_000_000 + after.tv_nsec - before.tv_nsec
        #expect(nanos < 20_000_000)
        _ = client.descriptor
    }

    @Test func refusesAnAddressInUse() throws {
        let gateway = try EchoGateway()
        #expect(throws: SystemError.self) {
            _ = try EchoGateway { $0.port = gateway.network.port }
        }
        #expect(throws: SystemError.self) { _ = try EchoGateway { $0.address = "nowhere" } }
    }
}

private func wakeLater(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    usleep(50_000)
    Unmanaged<NetworkSleeper>.fromOpaque(context!).takeRetainedValue().wake()
    return nil
}
