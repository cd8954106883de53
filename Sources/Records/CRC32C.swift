import CChecksum

/// The checksum of everything this venue keeps on disk: CRC32C (Castagnoli), which finds every change
/// of up to 32 neighbouring bits. The processor computes it where it can.
@frozen public struct CRC32C: Equatable, BitwiseCopyable, Sendable {
    /// The checksum of what was taken in so far; 0 of nothing.
    public private(set) var value: UInt32

    /// Goes on behind bytes with this checksum.
    public init(continuing value: UInt32 = 0) { self.value = value }

    /// Takes in more bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        value = cchecksum_crc32c(value, base, bytes.count)
    }

    /// Takes in the eight bytes of a word, the lowest first.
    public mutating func update(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { update($0) }
    }

    /// The checksum of these bytes alone.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }
}
