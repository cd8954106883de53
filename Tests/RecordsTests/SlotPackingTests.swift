import Records
import Testing

@Suite("Packing of slots")
struct SlotPackingTests {
    private func slot(_ words: [Int: UInt64]) -> Slot {
        var slot = Slot()
        for (word, value) in words { slot[word] = value }
        return slot
    }

    /// Packs slots into fresh memory that is full of other bytes.
    private func packed(_ slots: [Slot], against templates: [Slot]) -> [UInt8] {
        var bytes = [UInt8](
            repeating: 0xEE, count: SlotPacking.byteCountMax(slotCount: slots.count))
        var offset = 0
        bytes.withUnsafeMutableBytes { bytes in
            for (slot, template) in zip(slots, templates) {
                SlotPacking.pack(slot, against: template, into: bytes, at: &offset)
            }
        }
        return Array(bytes[..<offset])
    }

    @Test("A mask of the words that differ, then these words, little-endian")
    func form() {
        let template = slot([0: 7, 15: 9])
        #expect(packed([template], against: [template]) == [0, 0])
        #expect(
            packed([slot([0: 7, 3: 0x0102_0304_0506_0708])], against: [template]) == [
                0b0000_1000, 0b1000_0000, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0,
            ])
    }

    @Test("What was packed is what comes out, for any slots and templates")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let templates = (0..<3).map { _ in
                slot([Int.random(in: 0..<16, using: &generator): .random(in: 0...3)])
            }
            let slots = templates.map { template in
                var slot = template
                for _ in 0..<Int.random(in: 0...20, using: &generator) {
                    slot[.random(in: 0..<16)] =
                        Bool.random() ? .random(in: 0...3) : .random(in: 0 ... .max)
                }
                return slot
            }
            let bytes = packed(slots, against: templates)
            var offset = 0
            for (expected, template) in zip(slots, templates) {
                // What was in the slot before does not shine through.
                var found = slot([5: .max, 6: 1])
                let isSound = bytes.withUnsafeBytes {
                    SlotPacking.unpack(&found, against: template, from: $0, at: &offset)
                }
                #expect(isSound && found == expected)
            }
            #expect(offset == bytes.count)
        }
    }

    @Test("Bytes that end too early are told, at every length")
    func tooShort() {
        let full = slot([0: 1, 7: 2, 8: 3, 15: 4])
        let bytes = packed([full], against: [Slot()])
        for count in 0...bytes.count {
            var (found, offset) = (Slot(), 0)
            // Memory of its own, so that a sanitizer sees what lies outside.
            let isSound = Array(bytes[..<count]).withUnsafeBytes {
                SlotPacking.unpack(&found, against: Slot(), from: $0, at: &offset)
            }
            #expect(isSound == (count == bytes.count))
            #expect(offset == (isSound ? count : 0))
        }
    }

    @Test("Any bytes may be given, at any offset")
    func hostile() {
        for seed in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: 0...255) }
            var found = Slot()
            var offset = seed % 3 == 0 ? Int.random(in: -5...300) : 0
            let before = offset
            let isSound = bytes.withUnsafeBytes {
                SlotPacking.unpack(&found, against: Slot(), from: $0, at: &offset)
            }
            #expect(isSound ? offset <= bytes.count : offset == before)
        }
    }

    @Test("A value's bytes and nothing behind them")
    func values() {
        let slot = Slot(bytesOf: UInt32(0x0403_0201))
        #expect(slot[0] == 0x0403_0201)
        for word in 1..<16 { #expect(slot[word] == 0) }
        #expect(slot.read(as: UInt16.self) == 0x0201)
    }
}
