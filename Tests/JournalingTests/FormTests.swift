import Domain
import Records
import SimulatedPlatform
import Testing

@testable import Journaling

@Suite("Form of records")
struct FormTests {
    @Test("The templates are what README says, and a command that says nothing")
    func templates() {
        #expect(CommandSlots.template == Slot(bytesOf: Command(kind: .newOrder)))
        #expect(CommandSlots.partiesTemplate == Slot(bytesOf: OrderParties()))
        #expect(CommandSlots.textsTemplate == Slot(bytesOf: OrderTexts()))
    }

    @Test("Details lie in memory as README says")
    func details() {
        typealias Parties = OrderParties
        let offsets: [(Int?, Int)] = [
            (MemoryLayout<Parties>.offset(of: \.clientID), 0),
            (MemoryLayout<Parties>.offset(of: \.investmentDecisionMaker), 8),
            (MemoryLayout<Parties>.offset(of: \.executingTrader), 16),
            (MemoryLayout<Parties>.offset(of: \.investmentDecisionMakerQualifier), 24),
            (MemoryLayout<Parties>.offset(of: \.executingTraderQualifier), 25),
            (MemoryLayout<Parties>.offset(of: \.orderOrigination), 26),
            (MemoryLayout<Parties>.offset(of: \.liquidityProvision), 27),
            (MemoryLayout<Parties>.offset(of: \.riskReduction), 28),
            (MemoryLayout<Parties>.offset(of: \.tradingSessionSubID), 29),
            (MemoryLayout<Parties>.offset(of: \.positionEffect), 30),
            (MemoryLayout<Parties>.offset(of: \.custOrderHandlingInst), 31),
            (MemoryLayout<Parties>.offset(of: \.account), 32),
            (MemoryLayout<Parties>.offset(of: \.positionAccount), 34),
            (MemoryLayout<Parties>.offset(of: \.takeUpTradingFirm), 66),
            (MemoryLayout<Parties>.offset(of: \.orderOriginationFirm), 71),
            (MemoryLayout<Parties>.offset(of: \.beneficiary), 78),
            (MemoryLayout<Parties>.offset(of: \.locationID), 87),
            (MemoryLayout<Parties>.offset(of: \.fixClOrdID), 89),
            (MemoryLayout<OrderTexts>.offset(of: \.complianceText), 0),
            (MemoryLayout<OrderTexts>.offset(of: \.freeText1), 20),
            (MemoryLayout<OrderTexts>.offset(of: \.freeText2), 32),
            (MemoryLayout<OrderTexts>.offset(of: \.freeText3), 44),
        ]
        for (found, expected) in offsets { #expect(found == expected) }
        #expect(MemoryLayout<Parties>.size == 109)
        #expect(MemoryLayout<OrderTexts>.size == 56)
    }

    private func pack(_ sent: Sent, after checksum: UInt32 = 5) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: RecordForm.byteCountMax)
        let slots = CommandSlots(sent.command, sent.details)
        let length = bytes.withUnsafeMutableBytes { slots.pack(into: $0, after: checksum).length }
        return Array(bytes[..<length])
    }

    @Test("What was packed comes out, within the bounds")
    func roundTrip() {
        var random = SeededRandom(seed: 3)
        for sequence in 1...2_000 {
            let sent = Sent.random(&random, sequence: UInt64(sequence))
            let bytes = pack(sent)
            #expect(bytes.count % 8 == 0)
            #expect((RecordForm.byteCountMin...RecordForm.byteCountMax).contains(bytes.count))
            #expect(bytes.count <= Int(sent.command.slotCount) * RecordForm.byteCountPerSlotMax)
            var slots = CommandSlots()
            var found = Sent(command: Command(kind: .newOrder))
            bytes.withUnsafeBytes { bytes in
                #expect(RecordForm.isPlausible(bytes))
                #expect(RecordForm.checksum(after: 5, bytes) == bytes.half(at: 4))
                #expect(RecordForm.checksum(after: 6, bytes) != bytes.half(at: 4))
                let isSound = slots.unpack(bytes)
                #expect(isSound)
            }
            slots.read(&found.command, &found.details)
            #expect(found == sent)
        }
    }

    @Test("The emptiest and the fullest record keep to the bounds")
    func bounds() {
        var empty = Command(kind: .newOrder)
        empty.sequence = 9
        #expect(pack(Sent(command: empty)).count == RecordForm.byteCountMin)
        var full = CommandSlots()
        for word in 0..<16 { full.head[word] = 0x5555_5555_5555_5555 }
        full.head[CommandWords.what] = 0x0000_0055_0055_0300
        full.head[CommandWords.scope] = 0x0355_5555_5555_5555
        full.head[CommandWords.rest] = 0x5555_0455_5555_5555
        for word in 0..<16 {
            full.first[word] = 1
            full.second[word] = 1
        }
        #expect(full.isSound && full.slotCount == 3)
        var bytes = [UInt8](repeating: 0, count: RecordForm.byteCountMax)
        let length = bytes.withUnsafeMutableBytes { full.pack(into: $0, after: 0).length }
        #expect(length == RecordForm.byteCountMax)
    }

    @Test("Bytes that are no command are refused, whatever they are")
    func hostile() {
        var random = SeededRandom(seed: 4)
        var command = Command(kind: .newOrder)
        command.sequence = 1
        for _ in 0..<3_000 {
            var bytes = pack(Sent.random(&random, sequence: 1))
            for _ in 0..<random.pick(1...4) {
                bytes[random.below(bytes.count)] = UInt8(random.below(256))
            }
            bytes = Array(bytes[..<random.pick(24...bytes.count)])
            var slots = CommandSlots()
            let isSound = bytes.withUnsafeBytes { slots.unpack($0) }
            if isSound { #expect(slots.isSound && slots.slotCount <= 3) }
        }
        var unsound = CommandSlots(command, OrderDetails())
        #expect(unsound.isSound)
        unsound.head[CommandWords.what] |= 0xFF
        #expect(!unsound.isSound, "no such kind")
        unsound = CommandSlots(command, OrderDetails())
        unsound.head[CommandWords.what] = 0x0000_0000_0000_0200
        #expect(!unsound.isSound, "more slots than the flags announce")
        unsound = CommandSlots(command, OrderDetails())
        unsound.head[CommandWords.rest] = 0x0000_05FF_FFFF_FFFF
        #expect(!unsound.isSound, "no such action")
    }

    @Test("A header's every bit counts")
    func header() {
        var header = SegmentHeader(
            identity: Rig.identity, number: 3, firstSequence: 9,
            previousTimeIn: .init(nanos: 5), previousChecksum: 6)
        let block = BlockMemory(byteCount: SegmentHeader.blockBytes)
        header.write(to: block.bytes)
        let bytes = UnsafeRawBufferPointer(block.bytes)
        guard case .header(let found) = SegmentHeader.read(bytes) else {
            return #expect(Bool(false), "a header is read")
        }
        #expect(found == header)
        for bit in (0..<512).map({ $0 }) + (0..<400).map({ 512 + $0 * 80 }) {
            block.bytes[bit / 8] ^= 1 << (bit % 8)
            guard case .damaged = SegmentHeader.read(bytes) else {
                return #expect(Bool(false), "bit \(bit) does not count")
            }
            block.bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }
}
