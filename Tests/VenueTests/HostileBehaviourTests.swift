import Foundation
import LinuxPlatform
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Right bytes, wrong manners.
    @Suite("Hostile behaviour")
    struct HostileBehaviourTests {
        @Test("Who never reads is cut as a slow consumer, and nobody waits for it")
        func neverReads() throws {
            try besiege(
                .with {
                    $0.limits.unsentBytesMax = 64 << 10
                    $0.limits.slowConsumerSeconds = 2
                }
            ) { venue, witness in
                let client = try venue.member(.one)
                client.shrinkReceiveBuffer()
                _ = try client.order(.persistent, id: 1, side: 2, lots: 1, price: 900)
                _ = try client.order(.lean, id: 2, side: 2, lots: 1, price: 901)
                // Every request is refused, which makes the longest answers.
                var isCut = false
                let deadline = SystemClock.monotonicNanos() + 60_000_000_000
                while !isCut, SystemClock.monotonicNanos() < deadline {
                    var bytes: [UInt8] = []
                    for _ in 0..<100 {
                        bytes += client.deleteFrame(client.number(), id: 77)
                    }
                    do {
                        try client.sendRaw(bytes)
                    } catch {
                        isCut = true
                    }
                }
                #expect(isCut)
                witness.expectService()
                let again = try venue.member(.one)
                #expect(try again.delete(id: 1).map(\.template) == [.deleteOrderResponse])
                #expect(try again.delete(id: 2)[0].reject?.reason == 10000)
            }
        }

        @Test("Who pauses and then reads has lost nothing")
        func pauses() throws {
            try besiege { venue, witness in
                let (client, other) = (try venue.member(.one), try venue.member(.two))
                client.shrinkReceiveBuffer(to: 32 << 10)
                let first = client.next
                let count = 1500
                for round in 0..<count {
                    let id = UInt64(round) + 1
                    try client.sendRaw(
                        client.orderFrame(client.number(), id: id, side: 2, lots: 1, price: 100))
                    if round % 500 == 499 { pause(millis: 300) }
                }
                let answers = try (0..<count).map { _ in try client.read() }
                #expect(answers.compactMap(\.answers) == (0..<UInt32(count)).map { first + $0 })
                // Now notifications, which the other side causes.
                let sweep = try other.order(
                    id: 1, side: 1, lots: Int64(count), price: 100)
                #expect(sweep.last?.signed("CumQty") == .lots(Int64(count)))
                pause(millis: 500)
                witness.expectService()
                let notified = try (0..<count).map { _ in try client.read() }
                #expect(notified.map { $0.field("ClOrdID") } == (1...UInt64(count)).map { $0 })
            }
        }

        // Both ends live in this process, and the venue's table counts too.
        @Test(
            "Two thousand connections at once, most of them silent, keep nobody from trading",
            .enabled(
                if: DescriptorLimit.raise(to: 8192) >= 8192,
                "The system allows too few open files for a crowd."))
        func crowd() throws {
            try besiege { venue, witness in
                var crowd: [TestClient] = []
                for index in 0..<2000 {
                    let client = try venue.connect()
                    if index % 2 == 0 {
                        try client.sendRaw(Array(Frames.logon().prefix(1 + index % 279)))
                    }
                    crowd.append(client)
                }
                witness.expectService()
                try expectTrading(venue)
                for (index, client) in crowd.enumerated() where index % 4 == 0 { client.reset() }
                crowd.removeAll()
                witness.expectService()
            }
        }

        @Test("Connections over the capacity are closed on arrival, and the places come back")
        func fullTable() throws {
            try besiege(.with { $0.limits.connectionCapacity = 40 }) { venue, witness in
                for _ in 0..<3 {
                    let crowd = try (0..<80).map { _ in try venue.connect() }
                    // Those beyond the capacity see the end at once, the others silence.
                    var closed = 0
                    let deadline = SystemClock.monotonicNanos() + TestClient.patienceNanos
                    while closed < 41, SystemClock.monotonicNanos() < deadline {
                        closed = crowd.count { $0.isClosedByVenue(patienceNanos: 0) }
                        pause(millis: 5)
                    }
                    #expect(closed >= 41, "\(closed) of 80 closed, with 40 places and one witness")
                    witness.expectService()
                    for client in crowd { client.close() }
                    pause(millis: 50)
                }
                var isBack = false
                let deadline = SystemClock.monotonicNanos() + TestClient.patienceNanos
                while !isBack, SystemClock.monotonicNanos() < deadline {
                    if let client = try? venue.member(.one) {
                        isBack = true
                        try client.logOut()
                    }
                }
                #expect(isBack)
            }
        }

        @Test("Leaving in the middle of a frame or of an answer hurts nobody")
        func leaves() throws {
            try besiege { venue, _ in
                var random = SeededGenerator(seed: 7)
                for round in 0..<150 {
                    let client = try venue.member(.one)
                    var bytes: [UInt8] = []
                    for id in 1...40 as ClosedRange<UInt64> {
                        bytes += client.orderFrame(
                            client.number(), id: id, side: 2, lots: 1, price: 100)
                    }
                    bytes += Frames.deleteAll(client.number(), trader: client.trader)
                    let sent = 1 + random.below(bytes.count)
                    try client.sendRaw(Array(bytes.prefix(sent)))
                    if round % 3 > 0, sent > 200 { _ = try client.read() }
                    if round % 2 == 0 { client.reset() } else { client.close() }
                }
                // Whatever became orders went with its session.
                let other = try venue.member(.two)
                _ = try venue.member(.one)
                let taken = try other.order(id: 1, side: 1, lots: 1, price: 100, timeInForce: 3)
                #expect(taken.map(\.template) == [.newOrderNRResponse])
            }
        }

        @Test("Storms of wrong passwords, strangers and doubles are refused one by one")
        func logonStorm() throws {
            try besiege { venue, witness in
                for round in 0..<3 {
                    let clients = try (0..<100).map { _ in try venue.connect() }
                    for (index, client) in clients.enumerated() {
                        let isStranger = index % 2 == 0
                        try client.send(
                            Frames.logon(
                                1, session: isStranger ? UInt32(50_000 + index) : 20001,
                                password: "guess-\(round)-\(index)"))
                    }
                    for client in clients {
                        let answers = try client.readUntilClosed()
                        #expect(answers.count == 1)
                        let reject = answers.first?.reject
                        // 102: more wait than the queue of checks holds.
                        #expect(reject?.reason == 210 || reject?.reason == 102, "\(answers)")
                        #expect(reject?.status == 4)
                    }
                    witness.expectService()
                }
                // The right password on ever new connections: each replaces the one before.
                var previous = try venue.member(.one)
                for _ in 0..<200 {
                    let newcomer = try venue.member(.one)
                    let last = try previous.readUntilClosed()
                    #expect(last.map(\.template) == [.forcedLogoutNotification])
                    previous = newcomer
                }
                // On the same connection a second logon ends the session.
                let number = previous.number()
                try previous.send(Frames.logon(number))
                let last = try previous.readUntilClosed()
                #expect(last.map(\.reject?.status) == [4])
            }
        }

        @Test("Many logons of one session at once leave one of them, and one instance")
        func doubles() throws {
            try besiege { venue, witness in
                for _ in 0..<5 {
                    let clients = try (0..<30).map { _ in try venue.connect() }
                    for client in clients { try client.send(Frames.logon(1)) }
                    var instances: Set<UInt64> = []
                    var alive = 0
                    for client in clients {
                        let answer = try client.read()
                        guard answer.template == .logonResponse else {
                            #expect(answer.reject?.reason == 102 || answer.reject?.reason == 210)
                            continue
                        }
                        instances.insert(answer.field("SessionInstanceID"))
                        client.next = 2
                    }
                    for client in clients where client.next == 2 {
                        // The survivor answers, the others have been told.
                        try? client.send(Frames.userLogin(2, user: 11, password: "apus-11"))
                        let answer = try? client.read()
                        if answer?.template == .userLoginResponse {
                            alive += 1
                        } else {
                            #expect(answer == nil || answer?.template == .forcedLogoutNotification)
                        }
                    }
                    #expect(alive == 1)
                    #expect(instances.count == clients.count { $0.next == 2 })
                    witness.expectService()
                }
            }
        }

        @Test("All of it at once, on several threads", arguments: [11, 12] as [UInt64])
        func everythingAtOnce(seed: UInt64) throws {
            try besiege(.with { $0.limits.connectionCapacity = 256 }) { venue, witness in
                let port = venue.port
                let threads = (0..<4).map { index in
                    Attack(port: port, seed: seed * 100 + UInt64(index), isMember: index < 2)
                }
                for thread in threads { thread.join() }
                witness.expectService()
            }
        }
    }
}

/// A thread that does random damage: a bounded number of things, from a seed.
private final class Attack: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(port: UInt16, seed: UInt64, isMember: Bool) {
        let thread = Thread { [done] in
            var random = SeededGenerator(seed: seed)
            for _ in 0..<120 {
                // Refusals and cuts are what an attacker gets.
                if let client = try? TestClient(port: port) {
                    try? Self.annoy(client, isMember: isMember, &random)
                }
            }
            done.signal()
        }
        thread.start()
    }

    func join() { done.wait() }

    private static func annoy(
        _ client: TestClient, isMember: Bool, _ random: inout SeededGenerator
    ) throws {
        if isMember {
            // Both member threads use one session, so that each keeps replacing the other.
            try client.sendRaw(
                Frames.logon(1) + Frames.userLogin(2, user: 11, password: "apus-11"))
            client.next = 3
        } else if random.below(3) == 0 {
            try client.sendRaw(Frames.logon(1, session: 20001, password: "\(random.next())"))
        }
        var bytes: [UInt8] = []
        for id in 1...UInt64(1 + random.below(60)) {
            switch random.below(8) {
            case 0: bytes += Frames.deleteAll(client.number())
            case 1: bytes += client.deleteFrame(client.number(), id: id)
            case 2: bytes += Frames.raw(template: 5000, length: 4096, msgSeqNum: client.number())
            case 3:
                bytes += client.orderFrame(
                    client.number(), .persistent, id: id, side: 1, lots: 3, price: 99)
            default:
                bytes += client.orderFrame(
                    client.number(), id: id, side: UInt8(1 + random.below(2)), lots: 2,
                    price: Double(98 + random.below(4)))
            }
        }
        if random.below(4) == 0 { bytes += random.bytes(500) }
        _ = try client.sendSome(bytes)
        switch random.below(4) {
        case 0: _ = client.readAll()
        case 1: _ = try client.read(patienceNanos: 50_000_000)
        default: break
        }
        if random.below(2) == 0 { client.reset() } else { client.close() }
    }
}
