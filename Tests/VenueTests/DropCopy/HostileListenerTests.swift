import Exchange
import LocalDropCopy
import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Bytes that no honest listener sends, on the drop-copy port.
    @Suite("Drop copy: hostile input")
    struct HostileListenerTests {
        /// One of each request, as a listener makes them and as it may not.
        private static let samples =
            RequestSamples.all(from: 0) + [
                Frames.retransmit(0), Frames.retransmit(0, from: 1, through: 5),
                Frames.retransmitListenerData(0), Frames.subscribe(0, stream: 5, scope: 10001),
                Frames.subscribe(0, stream: 1), Frames.logout(0), Frames.logon(0),
            ]

        /// Attacks, while an honest listener has to hear everything, once and in order.
        private func besiege(_ body: (LocalDropCopy) throws -> Void) throws {
            try withDropCopy { venue, publisher in
                let member = try venue.member(.three)
                let witness = try publisher.listener(90003, [5])
                let before = Machine.residentBytes()
                for id in 1...3 as ClosedRange<UInt64> {
                    _ = try member.order(.short, id: id, side: 1, lots: 1, price: 50)
                    if id == 2 { try body(publisher) }
                }
                let told = try witness.read(3)
                #expect(told.map { $0.field("ClOrdID") } == [1, 2, 3])
                #expect(Machine.residentBytes() - before < 192 << 20)
                let late = try patientListener(publisher, 90001)
                var none = Told()
                #expect(try late.resendAll(live: &none).data.isEmpty)
                try late.logOut()
            }
        }

        /// Logs on, again while earlier failures still block the session.
        private func patientListener(
            _ publisher: LocalDropCopy, _ session: UInt32
        ) throws -> TestClient {
            for _ in 0..<60 {
                if let client = try? publisher.listener(session, [5, 1]) { return client }
                pause(millis: 250)
            }
            return try publisher.listener(session, [5, 1])
        }

        @Test("Random bytes, before and after the logon")
        func randomBytes() throws {
            try besiege { publisher in
                var random = SeededGenerator(seed: 19006)
                for _ in 0..<60 {
                    let client = try TestClient(port: publisher.port)
                    _ = try? client.sendRaw(random.bytes(1 + random.below(3000)))
                    if random.below(2) == 0 { client.reset() } else { client.close() }
                }
                for _ in 0..<40 {
                    let client = try patientListener(publisher, 90001)
                    _ = try? client.sendRaw(random.bytes(1 + random.below(3000)))
                    client.shutdownSending()
                    let last = try client.readUntilClosed()
                    #expect(last.count <= 1 && last.allSatisfy { $0.reject?.status == 4 })
                }
            }
        }

        @Test("Every request cut short anywhere")
        func truncations() throws {
            try besiege { publisher in
                for sample in Self.samples {
                    for length in stride(from: 1, to: sample.count, by: 37) {
                        let client = try publisher.listener(90001)
                        try client.sendRaw(Array(sample[..<length]))
                        if length % 2 == 0 { client.close() } else { client.reset() }
                    }
                }
            }
        }

        @Test("Impossible lengths")
        func bodyLengths() throws {
            try besiege { publisher in
                for length in [0, 7, 8, 15, 17, 81_928, 1 << 31, 0xFFFF_FFFF] as [UInt32] {
                    let client = try publisher.listener(90001)
                    var frame = Frames.retransmit(2)
                    frame.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
                    try client.sendRaw(frame)
                    let last = try client.readUntilClosed()
                    #expect(last.map(\.reject) == [Refused(5, status: 4, msgSeqNum: 0)])
                }
            }
        }

        @Test("Requests mutated at random", arguments: [1, 2] as [UInt64])
        func mutations(seed: UInt64) throws {
            try besiege { publisher in
                var random = SeededGenerator(seed: seed)
                var client = try publisher.listener(90001, [5, 1])
                for _ in 0..<1500 {
                    var frame = Self.samples[random.below(Self.samples.count)]
                    setMsgSeqNum(&frame, client.number())
                    for _ in 0..<random.below(4) {
                        let place = random.below(20) == 0 ? random.below(24) : 24
                        let position = min(
                            frame.count - 1, place + random.below(max(1, frame.count - 24)))
                        frame[position] = UInt8(random.below(256))
                    }
                    let isAlive = (try? client.sendRaw(frame)) != nil
                    let said = client.readAll()
                    if !isAlive || said.contains(where: { $0.reject?.status == 4 })
                        || said.contains(where: { $0.template == .logoutResponse })
                    {
                        client.close()
                        client = try patientListener(publisher, 90001)
                    }
                }
                client.close()
            }
        }

        @Test("Orders are refused here, and traders of the market cannot log on")
        func orders() throws {
            try besiege { publisher in
                let client = try publisher.listener(90001)
                let answer = try client.ask { Frames.shortOrder($0) }
                #expect(answer.reject?.reason == 11)
                let trader = try TestClient(port: publisher.port)
                let refused = try trader.ask {
                    Frames.logon($0, session: 10001, password: "apus-1")
                }
                #expect(refused.reject?.reason == 210 && refused.reject?.status == 4)
                #expect(trader.isClosedByVenue())
            }
        }
    }
}
