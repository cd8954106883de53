import Domain
import Records

/// The form of a record: a header of 16 bytes, what it is, packed slots, zeros up to a multiple of 8.
///
/// ```
///   0  length u32      of the whole record; 0: nothing follows
///   4  checksum u32    over: checksum of the record before, length, bytes 8 to the end
///   8  sequence u64    of the command; in a mark: all up to here was on stable storage
///  16  slotCount u16   0: a mark; 1 to 3: a command's slots
///  18  packed slots
/// ```
enum RecordForm {
    static let bodyOffset = 18
    static let slotCountMax = 3
    static let markBytes = 24
    /// A command of one slot without anything in it, and one of three slots full of everything.
    static let byteCountMin = 24
    static let byteCountMax = 400
    /// What a command takes at most for each of its slots in the ring.
    static let byteCountPerSlotMax = 144

    /// Finishes a record whose slots are written: zeros behind them, and the header. Returns its checksum.
    static func seal(
        _ bytes: UnsafeMutableRawBufferPointer, bodyEnd: Int, sequence: UInt64, slotCount: Int,
        after previous: UInt32
    ) -> (checksum: UInt32, length: Int) {
        let length = (bodyEnd + 7) & ~7
        for place in bodyEnd..<length { bytes[place] = 0 }
        bytes.store(UInt32(length), at: 0)
        bytes.store(sequence, at: 8)
        bytes.store(UInt16(slotCount), at: 16)
        let checksum = checksum(
            after: previous, UnsafeRawBufferPointer(rebasing: bytes[..<length]))
        bytes.store(checksum, at: 4)
        return (checksum, length)
    }

    /// The checksum that this record has behind one with the checksum `previous`.
    static func checksum(after previous: UInt32, _ record: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UInt64(previous) | UInt64(record.half(at: 0)) << 32)
        checksum.update(UnsafeRawBufferPointer(rebasing: record[8...]))
        return checksum.value
    }

    /// Whether bytes that came from anywhere begin like a record; at least 24 of them.
    static func isPlausible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let length = Int(bytes.half(at: 0))
        let slotCount = bytes.half(at: 16) & 0xFFFF
        return length & 7 == 0
            && (slotCount == 0
                ? length == markBytes
                : slotCount <= slotCountMax && (byteCountMin...byteCountMax).contains(length))
    }
}

/// A command and its details as slots, in the form in which they are packed.
struct CommandSlots {
    var head = Slot()
    /// Behind the head: parties, texts, or both; as many as the head announces.
    var first = Slot()
    var second = Slot()

    /// What a head looks like that says nothing: of these words only those that differ are kept. The
    /// record's own sequence stands for that word.
    static let template: Slot = {
        var slot = Slot()
        slot[CommandWords.what] = 0xFFFF_FFFF_0000_0100
        slot[CommandWords.request] = 0xFFFF_FFFF_0000_0000
        slot[CommandWords.requestTime] = .max
        slot[CommandWords.timeIn] = .max
        slot[CommandWords.subject] = .max
        slot[CommandWords.orderID] = .max
        slot[CommandWords.clOrdID] = .max
        slot[CommandWords.origClOrdID] = .max
        slot[CommandWords.price] = 1 << 63
        slot[CommandWords.quantity] = 1 << 63
        slot[CommandWords.stopPrice] = 1 << 63
        slot[CommandWords.attributes] = 0x0000_0500_0200_0200
        slot[CommandWords.target] = .max
        slot[CommandWords.scope] = 0x0000_FFFF_FFFF_FFFF
        slot[CommandWords.rest] = 0x0000_00FF_FFFF_FFFF
        return slot
    }()

    /// What `OrderParties` looks like that says nothing.
    static let partiesTemplate: Slot = {
        var slot = Slot()
        for word in 0..<3 { slot[word] = .max }
        slot[3] = 0x0000_FFFF_FFFF_FFFF
        return slot
    }()

    static let textsTemplate = Slot()

    var sequence: UInt64 { head[CommandWords.sequence] }
    var timeIn: UInt64 { head[CommandWords.timeIn] }
    var slotCount: Int { CommandWords.slotCount(what: head[CommandWords.what]) }
    var carried: Command.Flags { CommandWords.carriedDetails(scope: head[CommandWords.scope]) }

    var isSound: Bool {
        CommandWords.areSound(
            what: head[CommandWords.what], scope: head[CommandWords.scope],
            rest: head[CommandWords.rest])
    }

    init() {}

    init(_ command: Command, _ details: OrderDetails) {
        head = Slot(bytesOf: command)
        switch (carried.contains(.hasParties), carried.contains(.hasTexts)) {
        case (true, true):
            first = Slot(bytesOf: details.parties)
            second = Slot(bytesOf: details.texts)
        case (true, false): first = Slot(bytesOf: details.parties)
        case (false, true): first = Slot(bytesOf: details.texts)
        case (false, false): break
        }
    }

    /// The command, whose slots are sound. Details that it does not carry keep their content.
    /// (It changes nothing; borrowed, the slots would be copied first.)
    mutating func read(_ command: inout Command, _ details: inout OrderDetails) {
        command = head.read(as: Command.self)
        var isFirst = true
        if carried.contains(.hasParties) {
            details.parties = first.read(as: OrderParties.self)
            isFirst = false
        }
        if carried.contains(.hasTexts) {
            details.texts = (isFirst ? first : second).read(as: OrderTexts.self)
        }
    }

    /// The template of the first slot behind the head.
    private var firstTemplate: Slot {
        carried.contains(.hasParties) ? Self.partiesTemplate : Self.textsTemplate
    }

    /// Writes a record behind one with the checksum `previous`; there are 400 bytes of room.
    func pack(
        into bytes: UnsafeMutableRawBufferPointer, after previous: UInt32
    ) -> (checksum: UInt32, length: Int) {
        var template = Self.template
        template[CommandWords.sequence] = sequence
        var end = RecordForm.bodyOffset
        SlotPacking.pack(head, against: template, into: bytes, at: &end)
        if slotCount > 1 { SlotPacking.pack(first, against: firstTemplate, into: bytes, at: &end) }
        if slotCount > 2 {
            SlotPacking.pack(second, against: Self.textsTemplate, into: bytes, at: &end)
        }
        return RecordForm.seal(
            bytes, bodyEnd: end, sequence: sequence, slotCount: slotCount, after: previous)
    }

    /// Reads a command's record. False when its bytes are no command, whatever they are.
    mutating func unpack(_ record: UnsafeRawBufferPointer) -> Bool {
        let sequence = record.word(at: 8)
        var template = Self.template
        template[CommandWords.sequence] = sequence
        var end = RecordForm.bodyOffset
        guard SlotPacking.unpack(&head, against: template, from: record, at: &end), isSound,
            self.sequence == sequence, slotCount == Int(record.half(at: 16) & 0xFFFF)
        else { return false }
        if slotCount > 1,
            !SlotPacking.unpack(&first, against: firstTemplate, from: record, at: &end)
        {
            return false
        }
        if slotCount > 2,
            !SlotPacking.unpack(&second, against: Self.textsTemplate, from: record, at: &end)
        {
            return false
        }
        return record.count - end < 8
    }
}
