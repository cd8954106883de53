import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Bytes that no honest client sends, against a live venue.
    @Suite("Hostile input")
    struct HostileInputTests {
        @Test("Random bytes end a connection or are waited on, before and after the logon")
        func randomBytes() throws {
            try besiege { venue, _ in
                var random = SeededGenerator(seed: 42)
                for _ in 0..<100 {
                    let client = try venue.connect()
                    _ = try? client.sendRaw(random.bytes(1 + random.below(3000)))
                    if random.below(2) == 0 { client.reset() } else { client.close() }
                }
                for _ in 0..<50 {
                    let client = try venue.member(.one)
                    try client.sendRaw(random.bytes(4 + random.below(3000)))
                    client.shutdownSending()
                    let last = try client.readUntilClosed()
                    #expect(last.count <= 1, "\(last)")
                    #expect(last.allSatisfy { $0.reject?.status == 4 }, "\(last)")
                }
            }
        }

        @Test("Every request cut short anywhere and closed leaves no trace")
        func truncations() throws {
            try besiege { venue, _ in
                let keeper = try venue.member(.two)
                _ = try keeper.order(.persistent, id: 1, side: 2, lots: 1, price: 100)
                for sample in RequestSamples.all(from: 3) + [Frames.logon(), Frames.logout(3)] {
                    for length in stride(from: 1, to: sample.count, by: sample.count > 150 ? 7 : 3)
                    {
                        let client = try venue.member(.one)
                        try client.sendRaw(Array(sample[..<length]))
                        if length % 2 == 0 { client.close() } else { client.reset() }
                    }
                    let stranger = try venue.connect()
                    try stranger.sendRaw(Array(sample[..<(sample.count - 1)]))
                    stranger.close()
                }
                // None of them became an order that would trade.
                let taken = try keeper.order(
                    id: 2, side: 2, lots: 1, price: 0.5, timeInForce: 3)[0]
                #expect(taken.template == .newOrderNRResponse)
                #expect(try keeper.delete(id: 1).map(\.template) == [.deleteOrderResponse])
            }
        }

        @Test("An impossible BodyLen is refused before anything is kept for it")
        func bodyLengths() throws {
            var frames: [[UInt8]] = []
            for length in [
                0, 1, 7, 8, 12, 15, 17, 20, 23, 81_921, 81_928, 1 << 20, 1 << 31, 0xFFFF_FFF8,
                0xFFFF_FFFF,
            ] as [UInt32] {
                frames.append(lengthened(Frames.shortOrder(3), to: length))
            }
            for sample in RequestSamples.all(from: 3) {
                for length in [16, 24, sample.count - 8, sample.count + 8, 4096, 81_920]
                where length != sample.count {
                    frames.append(lengthened(sample, to: UInt32(length)))
                }
            }
            try besiege { venue, _ in
                for frame in frames {
                    let client = try venue.member(.one)
                    try client.sendRaw(frame + Frames.shortOrder(4))
                    let last = try client.readUntilClosed()
                    #expect(last.map(\.reject) == [Refused(5, status: 4, msgSeqNum: 0)])
                    let stranger = try venue.connect()
                    try stranger.sendRaw(Array(frame.prefix(16)))
                    // Long enough for somebody, but not for a stranger.
                    let answers = try stranger.readUntilClosed()
                    #expect(answers.count == 1)
                    #expect(answers.allSatisfy { $0.reject?.status == 4 })
                }
            }
        }

        private func lengthened(_ frame: [UInt8], to length: UInt32) -> [UInt8] {
            var frame = frame
            frame.withUnsafeMutableBytes { $0.storeBytes(of: length, as: UInt32.self) }
            return frame
        }

        @Test("Fields without value or out of range get the right reject, and the session lives")
        func fields() throws {
            try besiege { venue, _ in
                let client = try venue.member(.one)
                var expected: [(Refused, String)] = []
                for sample in RequestSamples.all(from: 0) {
                    let id = FrameHeader.templateID(of: sample)
                    let message = MessageCatalogue.shared.message(templateID: id)!
                    for slot in message.slots where slot.offset >= 24 {
                        for (raw, reason) in Self.faults(of: slot) {
                            var frame = sample
                            let number = client.number()
                            setMsgSeqNum(&frame, number)
                            frame.replaceSubrange(slot.offset..<slot.offset + raw.count, with: raw)
                            expected.append(
                                (
                                    Refused(reason, msgSeqNum: number),
                                    "\(slot.field.name) of \(message.name)"
                                ))
                            try client.sendRaw(frame)
                        }
                    }
                }
                #expect(expected.count > 500, "the test must not have run empty")
                for (refused, words) in expected {
                    let answer = try client.read()
                    #expect(answer.reject == refused)
                    #expect(answer.text.hasPrefix(words), "\(answer.text)")
                }
                #expect(
                    try client.order(id: 1, side: 1, lots: 1, price: 1).map(\.template)
                        == [.newOrderNRResponse])
            }
        }

        /// Wrong values of a field, each with the reason of its reject.
        private static func faults(of slot: MessageCatalogue.Slot) -> [([UInt8], UInt32)] {
            var faults: [([UInt8], UInt32)] = []
            if slot.presence == .mandatory { faults.append((slot.field.nullBytes, 1)) }
            if let enumeration = slot.field.enumeration, slot.presence != .unused,
                slot.field.size == 1
            {
                for code in 1...254 as ClosedRange<UInt8>
                where enumeration.valueName(UInt64(code)) == nil && code % 8 < 4 {
                    faults.append(([code], 5))
                }
            }
            return faults
        }

        @Test("One byte at a time is as good as all at once")
        func trickle() throws {
            try besiege { venue, _ in
                let client = try venue.connect()
                let frames = [
                    Frames.logon(1), Frames.userLogin(2, user: 11, password: "apus-11"),
                    client.orderFrame(3, id: 1, side: 1, lots: 1, price: 1),
                    client.orderFrame(4, .persistent, id: 2, side: 1, lots: 1, price: 1),
                    Frames.raw(template: 999, length: 400, msgSeqNum: 5), Frames.deleteAll(6),
                ]
                for byte in frames.joined() {
                    try client.sendRaw([byte])
                    pause(millis: 1)
                }
                var answers: [Message] = []
                while answers.count < 6 { answers.append(try client.read()) }
                #expect(
                    answers.map(\.template) == [
                        .logonResponse, .userLoginResponse, .newOrderNRResponse, .newOrderResponse,
                        .reject, .deleteAllOrderResponse,
                    ])
                #expect(answers.compactMap(\.answers) == [1, 2, 3, 4, 5, 6])
            }
        }

        @Test("Requests mutated at random never break the venue", arguments: [1, 24] as [UInt64])
        func mutations(seed: UInt64) throws {
            try besiege { venue, _ in
                var random = SeededGenerator(seed: seed)
                let samples = RequestSamples.all(from: 0) + [Frames.logout(0), Frames.logon(0)]
                var client = try venue.member(.one)
                var answered = client.next - 1
                for _ in 0..<2000 {
                    var frame = samples[random.below(samples.count)]
                    setMsgSeqNum(&frame, client.number())
                    for _ in 0..<random.below(4) {
                        // Length and number apart, which only end the session.
                        let place = random.below(20) == 0 ? random.below(24) : 24
                        let position = min(
                            frame.count - 1, place + random.below(max(1, frame.count - 24)))
                        frame[position] =
                            random.below(3) == 0
                            ? [0, 0x7F, 0x80, 0xFF][random.below(4)] : UInt8(random.below(256))
                    }
                    let isAlive = (try? client.sendRaw(frame)) != nil
                    for message in client.readAll() {
                        guard let number = message.answers else { continue }
                        // What ends the session may repeat a wrong number, or none.
                        guard message.reject?.status != 4 else { continue }
                        #expect(number == answered + 1, "\(message)")
                        answered = number
                    }
                    client.forgetConversation()
                    if !isAlive {
                        client = try patientMember(.one, venue)
                        answered = client.next - 1
                    }
                }
            }
        }
    }
}
