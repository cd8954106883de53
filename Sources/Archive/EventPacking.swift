import Containers
import Domain
import Records
import Reports

/// An event's slots without their empty fields.
///
/// The template of a head is an empty event with the record's sequence and engine time, those of a
/// context, of fills and of parties are empty ones, that of anything else is zeros.
struct EventPacking: ~Copyable {
    static let slotsMax = 255
    /// Bytes that any packed event takes at most.
    static let byteCountMax = (SlotPacking.byteCountMax(slotCount: slotsMax) + 7) & ~7

    private var head = Slot(bytesOf: Event(kind: .commandApplied))
    private let context = Slot(bytesOf: EventContext())
    private let fills = Slot(bytesOf: FillSlot())
    private let parties = Slot(bytesOf: OrderParties())
    private let zeros = Slot()
    /// Unpacked slots.
    private let slots = FixedTable(count: slotsMax) { _ in Slot() }

    /// Where fills end and where parties stand, as far as the slots before say.
    private struct Plan {
        var hasContext = false
        var fillsEnd = 1
        var partiesAt = -1

        init(_ flags: Event.Flags) {
            hasContext = flags.contains(.hasContext)
            if flags.contains(.hasParties) { partiesAt = 1 }
        }

        mutating func note(_ context: EventContext) {
            fillsEnd = 2 + (Int(context.fillCount) + Fill.perSlot - 1) / Fill.perSlot
            if partiesAt >= 0 { partiesAt = fillsEnd }
        }
    }

    /// Packs an event. Returns how many bytes that are, a multiple of 8; there is room for
    /// `byteCountMax`.
    mutating func pack(_ record: EventRecord, into bytes: UnsafeMutableRawBufferPointer) -> Int {
        let event = record.event
        head[EventWords.sequence] = event.sequence
        head[EventWords.execID] = event.execID.nanos
        let source = record.base.assumingMemoryBound(to: Slot.self)
        var plan = Plan(event.flags)
        var end = 0
        SlotPacking.pack(source[0], against: head, into: bytes, at: &end)
        var slot = 1
        if plan.hasContext {
            plan.note(record.context)
            SlotPacking.pack(source[1], against: context, into: bytes, at: &end)
            slot = 2
        }
        while slot < Int(event.slotCount) {
            if slot < plan.fillsEnd {
                SlotPacking.pack(source[slot], against: fills, into: bytes, at: &end)
            } else if slot == plan.partiesAt {
                SlotPacking.pack(source[slot], against: parties, into: bytes, at: &end)
            } else {
                SlotPacking.pack(source[slot], against: zeros, into: bytes, at: &end)
            }
            slot += 1
        }
        while end % 8 != 0 {
            bytes[end] = 0
            end += 1
        }
        return end
    }

    /// Unpacks an event; valid until the next call. Nil when the bytes are none: somebody else may
    /// have written them.
    mutating func unpack(
        _ bytes: UnsafeRawBufferPointer, slotCount: Int, sequence: UInt64, execID: UInt64
    ) -> UnsafeRawBufferPointer? {
        guard slotCount > 0, slotCount <= Self.slotsMax else { return nil }
        head[EventWords.sequence] = sequence
        head[EventWords.execID] = execID
        var end = 0
        guard SlotPacking.unpack(&slots[0], against: head, from: bytes, at: &end) else {
            return nil
        }
        let event = UnsafeRawPointer(slots.address(of: 0)).assumingMemoryBound(to: Event.self)
        var plan = Plan(event.pointee.flags)
        var slot = 1
        if plan.hasContext, slotCount > 1 {
            guard SlotPacking.unpack(&slots[1], against: context, from: bytes, at: &end) else {
                return nil
            }
            plan.note(slots[1].read(as: EventContext.self))
            slot = 2
        }
        while slot < slotCount {
            let isWhole =
                if slot < plan.fillsEnd {
                    SlotPacking.unpack(&slots[slot], against: fills, from: bytes, at: &end)
                } else if slot == plan.partiesAt {
                    SlotPacking.unpack(&slots[slot], against: parties, from: bytes, at: &end)
                } else {
                    SlotPacking.unpack(&slots[slot], against: zeros, from: bytes, at: &end)
                }
            guard isWhole else { return nil }
            slot += 1
        }
        let unpacked = UnsafeRawBufferPointer(
            start: slots.address(of: 0), count: slotCount * EventRecord.slotBytes)
        guard (end + 7) & ~7 == bytes.count, EventRecord.isSound(unpacked) else { return nil }
        return unpacked
    }
}
