/// Why a mapping is not accepted as a ring.
public enum RingError: Error, Equatable {
    case regionTooSmall(needed: Int, found: Int)
    case misaligned
    case notThisKindOfRing(magic: UInt64)
    case unknownVersion(UInt64)
    case slotSizeDiffers(expected: Int, found: UInt64)
    case badCapacity(UInt64)
    /// The distance between the cursors is not one that a ring of this capacity can have.
    case badCursors(behind: UInt64, ahead: UInt64)
}

extension RingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .regionTooSmall(let needed, let found):
            "The ring needs \(needed) bytes and the mapping has \(found)."
        case .misaligned:
            "The ring's mapping does not start on a 128-byte boundary."
        case .notThisKindOfRing(let magic):
            "The mapping does not hold this kind of ring (magic 0x\(String(magic, radix: 16)))."
        case .unknownVersion(let version):
            "The ring has layout version \(version), expected \(RingIdentity.version)."
        case .slotSizeDiffers(let expected, let found):
            "The ring's slots are \(found) bytes, expected \(expected)."
        case .badCapacity(let capacity):
            "The ring states a capacity of \(capacity), which is not a power of two in range."
        case .badCursors(let behind, let ahead):
            "The ring's cursors \(behind) and \(ahead) contradict its capacity."
        }
    }
}
