import Domain
import Records
import Reports

/// A record's header in a segment; the packed slots follow it.
///
/// ```
///    0  length         u32, with this header; a multiple of 8
///    4  check          u32, CRC32C that goes on from the record's before, of all else here
///    8  sequence       u64, of the transaction
///   16  execID         u64; of a hole that of the last event before it
///   24  session        u32, whose data it is part of; all ones nobody's, one less everybody's
///   28  message index  u32, second half of the ApplMsgID
///   32  index          u32, of the event in its transaction, from 1; 0 when there is none
///   36  kind           u8
///   37  flags          u8
///   38  slot count     u8, of the event
///   39  zero           u8
/// ```
struct RecordHeader {
    enum Kind: UInt8 {
        /// An event.
        case event = 1
        /// A transaction whose events are not kept, or the end of one.
        case nothing = 2
        /// Transactions that are lost: from the one named in the body up to `sequence`.
        case hole = 3
    }

    static let byteCount = 40
    /// Body of a hole: first transaction lost, engine time of the first event behind.
    static let holeBytes = 16
    static let nobody = UInt32.max
    static let everybody = UInt32.max - 1
    static let endFlag: UInt8 = 1
    static let newDayFlag: UInt8 = 2

    var sequence: UInt64
    var execID: UInt64
    var session = Self.nobody
    var messageIndex: UInt32 = 0
    var index: UInt32
    var kind: Kind
    var flags: UInt8 = 0
    var slotCount: UInt8 = 0

    var endsTransaction: Bool { flags & Self.endFlag != 0 }
    var beginsDay: Bool { flags & Self.newDayFlag != 0 }
    var id: ApplMsgID { ApplMsgID(execID: execID, index: UInt64(messageIndex)) }

    init(sequence: UInt64, execID: UInt64, index: UInt32, kind: Kind) {
        self.sequence = sequence
        self.execID = execID
        self.index = index
        self.kind = kind
    }

    /// Reads what lies there; nil when that is none.
    init?(_ base: UnsafeRawPointer) {
        guard let kind = Kind(rawValue: base.load(fromByteOffset: 36, as: UInt8.self)) else {
            return nil
        }
        self.kind = kind
        sequence = base.load(fromByteOffset: 8, as: UInt64.self)
        execID = base.load(fromByteOffset: 16, as: UInt64.self)
        session = base.load(fromByteOffset: 24, as: UInt32.self)
        messageIndex = base.load(fromByteOffset: 28, as: UInt32.self)
        index = base.load(fromByteOffset: 32, as: UInt32.self)
        flags = base.load(fromByteOffset: 37, as: UInt8.self)
        slotCount = base.load(fromByteOffset: 38, as: UInt8.self)
    }

    /// Completes a record whose body lies behind `base` already. Returns its check.
    func write(to base: UnsafeMutableRawPointer, length: Int, after previous: UInt32) -> UInt32 {
        base.storeBytes(of: UInt32(length), as: UInt32.self)
        base.storeBytes(of: sequence, toByteOffset: 8, as: UInt64.self)
        base.storeBytes(of: execID, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: session, toByteOffset: 24, as: UInt32.self)
        base.storeBytes(of: messageIndex, toByteOffset: 28, as: UInt32.self)
        base.storeBytes(of: index, toByteOffset: 32, as: UInt32.self)
        base.storeBytes(of: kind.rawValue, toByteOffset: 36, as: UInt8.self)
        base.storeBytes(of: flags, toByteOffset: 37, as: UInt8.self)
        base.storeBytes(of: slotCount, toByteOffset: 38, as: UInt8.self)
        base.storeBytes(of: 0, toByteOffset: 39, as: UInt8.self)
        let check = Self.check(of: base, length: length, after: previous)
        base.storeBytes(of: check, toByteOffset: 4, as: UInt32.self)
        return check
    }

    /// The check of a record: of the one before, of its length, and of all behind its check.
    static func check(of base: UnsafeRawPointer, length: Int, after previous: UInt32) -> UInt32 {
        var sum = CRC32C(continuing: previous)
        sum.update(UnsafeRawBufferPointer(start: base, count: 4))
        sum.update(UnsafeRawBufferPointer(start: base + 8, count: length - 8))
        return sum.value
    }
}

/// What a reader of the archive finds at one place.
public struct ArchivedRecord {
    public enum Kind: Sendable {
        /// An event, in `record`.
        case event
        /// A transaction, or its end, that left no event worth keeping.
        case nothing
        /// Transactions from `lostFrom` up to `sequence` are lost.
        case hole
    }

    public let kind: Kind
    public let sequence: UInt64
    /// Engine time of the transaction; of a hole that of the last event before it.
    public let execID: UInt64
    /// Index of the event in its transaction, from 1.
    public let index: UInt64
    public let endsTransaction: Bool
    /// Valid until the reader's next call.
    public let slots: UnsafeRawBufferPointer
    /// Of a hole: the first transaction that is lost.
    public let lostFrom: UInt64
    /// Of a hole: engine time of the first event behind it.
    public let execIDBehind: UInt64

    /// The event; there is one if `kind` says so.
    public var record: EventRecord { EventRecord(slots.baseAddress!) }
}
