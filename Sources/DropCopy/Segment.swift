import Synchronization

/// What lies where in a segment of the history.
///
/// ```
///    0  magic, version, genesis, number of the segment, bytes of a segment, 8 bytes each
///   40  committed   position behind the last whole transaction
///   48  sequence    the last transaction that was read whole, whether or not it left records
///   56  life        the run of the venue that it was read from; 0 when it is not known
///  128  records, back to back; eight zero bytes, or the segment's end, behind the last one
/// ```
///
/// A position counts bytes over all segments. The words from 40 to 56 of the last segment hold; those of
/// the others are old. A record never straddles two segments, a transaction may.
enum SegmentLayout {
    /// "APUSDCH1" read as a little-endian word.
    static let magic: UInt64 = 0x3148_4344_5355_5041
    static let version: UInt64 = 1
    static let committedOffset = 40
    static let sequenceOffset = 48
    static let lifeOffset = 56
    static let recordsOffset = 128

    static func write(
        to base: UnsafeMutableRawPointer, genesis: UInt64, number: Int, segmentBytes: Int,
        committed: UInt64, sequence: UInt64, life: UInt64
    ) {
        base.storeBytes(of: version, toByteOffset: 8, as: UInt64.self)
        base.storeBytes(of: genesis, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: UInt64(number), toByteOffset: 24, as: UInt64.self)
        base.storeBytes(of: UInt64(segmentBytes), toByteOffset: 32, as: UInt64.self)
        store(committed, at: committedOffset, in: base)
        store(sequence, at: sequenceOffset, in: base)
        store(life, at: lifeOffset, in: base)
        // Last: a segment without its magic number was never begun.
        store(magic, at: 0, in: base)
    }

    /// A killed process leaves its stores in the order in which it made them.
    static func store(_ word: UInt64, at offset: Int, in base: UnsafeMutableRawPointer) {
        (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.store(word, ordering: .releasing)
    }

    static func load(at offset: Int, in base: UnsafeRawPointer) -> UInt64 {
        base.load(fromByteOffset: offset, as: UInt64.self)
    }
}

/// A record of the history: a header, then an event's slots or the words of a hole.
///
/// ```
///    0  length   u32, header included, a multiple of 8
///    4  kind     u32
///    8  checksum over everything else
///   16  when the engine was done with the event, all ones when that is not known
///   24  when the event was read from the ring
///   32  index of the event within its transaction, from 1
///   40  body
/// ```
package struct StoredRecord {
    enum Kind: UInt32 {
        case event = 1
        case hole = 2
    }

    static let headerBytes = 40

    let base: UnsafeRawPointer

    var length: Int { Int(base.load(as: UInt32.self)) }
    var kind: Kind? { Kind(rawValue: base.load(fromByteOffset: 4, as: UInt32.self)) }
    var checksum: UInt64 { base.load(fromByteOffset: 8, as: UInt64.self) }
    var engineOut: UInt64 { base.load(fromByteOffset: 16, as: UInt64.self) }
    var timeRead: UInt64 { base.load(fromByteOffset: 24, as: UInt64.self) }
    var transactionIndex: UInt64 { base.load(fromByteOffset: 32, as: UInt64.self) }
    var body: UnsafeRawPointer { base + Self.headerBytes }

    /// Of a hole: the first transaction missing, and the one that came instead.
    var lostFrom: UInt64 { body.load(as: UInt64.self) }
    var resumedAt: UInt64 { body.load(fromByteOffset: 8, as: UInt64.self) }
    /// Of a hole: engine times of the last event before it and of the first behind it.
    var execIDBefore: UInt64 { body.load(fromByteOffset: 16, as: UInt64.self) }
    var execIDBehind: UInt64 { body.load(fromByteOffset: 24, as: UInt64.self) }
    static let holeBytes = 32

    static func write(
        to base: UnsafeMutableRawPointer, kind: Kind, body: UnsafeRawBufferPointer,
        engineOut: UInt64, timeRead: UInt64, transactionIndex: UInt64, seed: UInt64
    ) {
        let length = headerBytes + body.count
        base.storeBytes(of: kind.rawValue, toByteOffset: 4, as: UInt32.self)
        base.storeBytes(of: engineOut, toByteOffset: 16, as: UInt64.self)
        base.storeBytes(of: timeRead, toByteOffset: 24, as: UInt64.self)
        base.storeBytes(of: transactionIndex, toByteOffset: 32, as: UInt64.self)
        (base + headerBytes).copyMemory(from: body.baseAddress!, byteCount: body.count)
        base.storeBytes(of: UInt32(length), as: UInt32.self)
        let checksum = Self.checksum(base, length: length, seed: seed)
        base.storeBytes(of: checksum, toByteOffset: 8, as: UInt64.self)
    }

    /// Every step is a bijection of the state, so a change of one word always shows. `seed` is of the
    /// place, so that a record which lies where it does not belong shows as well.
    package static func checksum(_ base: UnsafeRawPointer, length: Int, seed: UInt64) -> UInt64 {
        var state = seed ^ base.load(as: UInt64.self)
        for offset in stride(from: 16, to: length, by: 8) {
            state ^= base.load(fromByteOffset: offset, as: UInt64.self)
            state = (state &* 0x9E37_79B9_7F4A_7C15) &+ 0xD1B5_4A32_D192_ED03
            state ^= state >> 29
        }
        return state
    }
}
