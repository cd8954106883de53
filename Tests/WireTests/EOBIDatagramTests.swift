import Testing
import Wire

/// What a walk over a datagram finds, as values that can be compared.
private enum Found: Equatable {
    case known(EOBITemplateID, offset: Int)
    case unknown(UInt16, length: Int)
    case malformed(offset: Int)
}

/// The walker over packets of the public feed: all that is good, and nothing beyond the bytes.
@Suite struct EOBIDatagramTests {
    /// Walks over a copy that ends where the bytes end, so that reading on would be noticed by an
    /// address sanitizer; nil when the bytes open no packet.
    private func walk(_ bytes: [UInt8]) -> [Found]? {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        let buffer = UnsafeRawBufferPointer(copy)
        guard var datagram = EOBIDatagram(buffer) else { return nil }
        var found: [Found] = []
        while let message = datagram.next() {
            switch message {
            case .known(let template, let base):
                let offset = base - buffer.baseAddress!
                #expect(offset + template.length <= bytes.count)
                // A view must find all its fields and entries inside the datagram.
                var reader = FieldReader(base)
                Template.eobi(template).read(&reader)
                found.append(.known(template, offset: offset))
            case .unknown(let templateID, let length):
                found.append(.unknown(templateID, length: length))
            case .malformed(let offset):
                found.append(.malformed(offset: offset))
            }
        }
        #expect(datagram.next() == nil, "a walk that has ended stays so")
        return found
    }

    private func bytes(_ template: EOBITemplateID, entries: Int = 2) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(template.rawValue))
        return Sample.random(
            .eobi(template), fill: .full, turn: 0, entries: { _ in entries }, using: &generator
        ).written().bytes
    }

    private var header: [UInt8] { bytes(.packetHeader) }

    private static let messages = EOBITemplateID.allCases.filter { $0 != .packetHeader }

    @Test func `Every message is found where it lies`() throws {
        var packet = header
        var wanted: [Found] = []
        for template in Self.messages {
            wanted.append(.known(template, offset: packet.count))
            packet += bytes(template)
        }
        #expect(walk(packet) == wanted)
        #expect(walk(header) == [], "a packet may hold nothing")
    }

    @Test(arguments: messages)
    func `A truncated message is malformed, wherever it is cut`(_ template: EOBITemplateID) {
        let header = header
        let packet = header + bytes(.heartbeat) + bytes(template)
        let start = packet.count - template.length
        for count in 0..<packet.count {
            let found = walk([UInt8](packet[..<count]))
            if count < header.count {
                #expect(found == nil)
            } else if count == header.count {
                #expect(found == [])
            } else if count < start {
                #expect(found == [.malformed(offset: header.count)])
            } else if count == start {
                #expect(found == [.known(.heartbeat, offset: header.count)])
            } else {
                #expect(
                    found
                        == [.known(.heartbeat, offset: header.count), .malformed(offset: start)])
            }
        }
    }

    @Test(arguments: EOBITemplateID.allCases)
    func `Only the one length of its template makes a message`(_ template: EOBITemplateID) {
        for length in [0, 4, 8, template.length - 8, template.length + 8, 0xFFF8, 0xFFFF] {
            var message = bytes(template) + [UInt8](repeating: 0, count: 64)
            message.replaceSubrange(0..<2, with: littleEndian(length, size: 2))
            if template == .packetHeader {
                #expect(walk(message) == nil)
            } else {
                #expect(walk(header + message) == [.malformed(offset: header.count)])
            }
        }
    }

    @Test func `An unknown template of a sane length is skipped`() {
        for length in [8, 16, 1024] {
            var stranger = [UInt8](repeating: 0xEE, count: length)
            stranger.replaceSubrange(0..<2, with: littleEndian(length, size: 2))
            stranger.replaceSubrange(2..<4, with: littleEndian(13999, size: 2))
            #expect(
                walk(header + stranger + bytes(.heartbeat))
                    == [
                        .unknown(13999, length: length),
                        .known(.heartbeat, offset: header.count + length),
                    ])
            for insane in [0, 7, length - 1, length + 8] {
                stranger.replaceSubrange(0..<2, with: littleEndian(insane, size: 2))
                #expect(walk(header + stranger) == [.malformed(offset: header.count)])
            }
        }
    }

    @Test func `A second packet header ends the walk`() {
        #expect(
            walk(header + bytes(.heartbeat) + header + bytes(.heartbeat))
                == [
                    .known(.heartbeat, offset: header.count),
                    .malformed(offset: header.count + EOBIHeartbeatView.length),
                ])
    }

    @Test func `A datagram that opens with something else is no packet`() {
        #expect(walk([]) == nil)
        #expect(walk(bytes(.heartbeat) + header) == nil)
        #expect(EOBIDatagram(UnsafeRawBufferPointer(start: nil, count: 0)) == nil)
    }

    @Test(arguments: [
        (EOBITemplateID.tradeReversal, EOBITradeReversalView.noMDEntriesOffset, 15),
        (.massInstrumentStateChange, EOBIMassInstrumentStateChangeView.noRelatedSymOffset, 24),
        (.addComplexInstrument, EOBIAddComplexInstrumentView.noLegsOffset, 20),
        (.instrumentSummary, EOBIInstrumentSummaryView.noMDEntriesOffset, 15),
    ])
    func `A counter beyond the room of its group is malformed`(
        _ template: EOBITemplateID, _ counter: Int, _ max: Int
    ) {
        let header = header
        var message = bytes(template, entries: 0)
        for count in 0...255 {
            message[counter] = UInt8(count)
            let fits = count <= max || count == 255  // 255 is no value, which counts as none.
            #expect(
                walk(header + message)
                    == [
                        fits
                            ? .known(template, offset: header.count)
                            : .malformed(offset: header.count)
                    ])
        }
    }

    @Test func `Random bytes are walked over without a crash`() {
        var generator = SeededGenerator(seed: 20_261_121)
        let (header, messages) = (header, Self.messages.map { bytes($0) })
        var knownCount = 0
        for round in 0..<4_000 {
            var packet = header
            if round % 8 == 0 { packet[Int.random(in: 0..<32, using: &generator)] ^= 1 }
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                var message =
                    Bool.random(using: &generator)
                    ? messages.randomElement(using: &generator)!
                    : (0..<Int.random(in: 0...900, using: &generator))
                        .map { _ in UInt8.random(in: 0...255, using: &generator) }
                if round % 2 == 0, let place = message.indices.randomElement(using: &generator) {
                    message[place] = UInt8.random(in: 0...255, using: &generator)
                }
                packet += message
            }
            for case .known in walk(packet) ?? [] { knownCount += 1 }
            packet.dropFirst(Int.random(in: 0...40, using: &generator)).withUnsafeBytes {
                _ = MessageText.line($0, in: .eobi)
            }
        }
        #expect(knownCount > 2_000, "the walk must not have run empty")
    }

    @Test(arguments: Self.messages)
    func `The header every message opens with`(_ template: EOBITemplateID) {
        bytes(template).withUnsafeBytes { buffer in
            let header = EOBIMessageHeader(buffer.baseAddress!)
            #expect(header.bodyLen == UInt16(template.length))
            #expect(header.templateID == template.rawValue)
            let number = describe([UInt8](buffer), .eobi)[2]
            #expect(number.path == "MsgSeqNum")
            #expect(littleEndian(Int(header.msgSeqNum), size: 4) == number.raw)
        }
    }

    @Test func `An order has the same five fields in every message about it`() {
        func check(_ details: EOBIOrderDetailsView, _ template: EOBITemplateID, _ raw: [UInt8]) {
            let fields = Dictionary(
                describe(raw, .eobi).map { ($0.path, $0.raw) }, uniquingKeysWith: { $1 })
            #expect(fields["Price"] == littleEndian(Int(details.price), size: 8))
            #expect(fields["DisplayQty"] == littleEndian(Int(details.displayQty), size: 8))
            #expect(fields["Side"] == [details.side])
            #expect(fields["OrdType"] == [details.ordType])
            #expect(
                fields["TrdRegTSTimePriority"]
                    == littleEndian(Int(details.trdRegTSTimePriority), size: 8))
        }
        let templates: [(EOBITemplateID, (UnsafeRawPointer) -> EOBIOrderDetailsView)] = [
            (.orderAdd, { EOBIOrderAddView($0).orderDetails }),
            (.orderModify, { EOBIOrderModifyView($0).orderDetails }),
            (.orderModifySamePrio, { EOBIOrderModifySamePrioView($0).orderDetails }),
            (.orderDelete, { EOBIOrderDeleteView($0).orderDetails }),
            (.snapshotOrder, { EOBISnapshotOrderView($0).orderDetails }),
        ]
        for (template, details) in templates {
            let raw = bytes(template)
            raw.withUnsafeBytes { check(details($0.baseAddress!), template, raw) }
        }
        let room = UnsafeMutableRawPointer.allocate(byteCount: 80, alignment: 8)
        defer { room.deallocate() }
        EOBIOrderModifyWriter(room).initialize()
        let details = EOBIOrderModifyWriter(room).orderDetails
        details.price = 1
        details.displayQty = 2
        details.side = EOBI.Side.sell.rawValue
        details.trdRegTSTimePriority = 3
        let view = EOBIOrderModifyView(room)
        #expect(view.price == 1 && view.displayQty == 2 && view.side == 2)
        #expect(view.trdRegTSTimePriority == 3 && view.ordType == Null.u8)
        #expect(view.prevPrice == Null.i64 && view.securityID == Null.i64)
    }
}
