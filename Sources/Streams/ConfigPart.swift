import Domain
import Synchronization

/// The part `config`: which venue this is, and the configuration in effect.
///
/// ```
///    0  magic, version, genesis, process, clock, length of the text, 8 bytes each
///  128  the configuration as text (JSON)
/// ```
///
/// Made when the name is claimed and sealed by the magic number when all other parts are ready:
/// whoever finds the magic finds the whole venue.
public enum ConfigPart {
    /// "APUSCFG1" read as a little-endian word.
    static let magic: UInt64 = 0x3147_4643_5355_5041
    static let version: UInt64 = 1
    static let textOffset = 128

    /// The clock of all stamps a venue makes.
    public enum ClockSource: UInt64, Sendable {
        /// UTC of the system, which every program of the machine reads alike.
        case systemRealtime = 1
    }

    /// What the header says.
    public struct Header: Equatable, Sendable {
        /// Tells one life of the venue from the next; the event ring carries the same.
        public var genesis: UInt64
        public var processID: Int32
        public var clock: ClockSource
    }

    public static func byteCount(text: String) -> Int { textOffset + text.utf8.count }

    /// Writes everything but the magic number.
    public static func write(_ text: String, processID: Int32, to memory: PartMemory) {
        let bytes = memory.bytes
        precondition(bytes.count >= byteCount(text: text), "the part has room for the text")
        store(0, at: 0, in: bytes)
        store(version, at: 8, in: bytes)
        store(UInt64(processID), at: 24, in: bytes)
        store(ClockSource.systemRealtime.rawValue, at: 32, in: bytes)
        store(UInt64(text.utf8.count), at: 40, in: bytes)
        UnsafeMutableRawBufferPointer(rebasing: bytes[textOffset...])
            .copyBytes(from: text.utf8)
    }

    /// Declares the venue complete.
    public static func seal(_ memory: PartMemory, genesis: UInt64) {
        store(genesis, at: 16, in: memory.bytes)
        // Release: pairs with the acquire load in `header`.
        memory.bytes.baseAddress!.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.store(magic, ordering: .releasing)
    }

    /// The header of a part that somebody else wrote; nil while it is being made.
    public static func header(
        of region: UnsafeRawBufferPointer
    ) throws(SurfaceLayoutError) -> Header? {
        guard region.count >= textOffset, let base = region.baseAddress else {
            throw .tooSmall(part: .config, needed: textOffset, found: region.count)
        }
        // Acquire: pairs with the release store in `seal`.
        let magic = base.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.load(ordering: .acquiring)
        if magic == 0 { return nil }
        guard magic == Self.magic else { throw .notThisPart(.config, magic: magic) }
        let version = region.load(fromByteOffset: 8, as: UInt64.self)
        guard version == Self.version else { throw .unknownVersion(.config, version) }
        guard
            let process = Int32(exactly: region.load(fromByteOffset: 24, as: UInt64.self)),
            let clock = ClockSource(rawValue: region.load(fromByteOffset: 32, as: UInt64.self))
        else { throw .contradiction(.config) }
        return Header(
            genesis: region.load(fromByteOffset: 16, as: UInt64.self), processID: process,
            clock: clock)
    }

    /// The configuration's text in a part that has a header.
    public static func text(
        of region: UnsafeRawBufferPointer
    ) throws(SurfaceLayoutError) -> String {
        let length = region.load(fromByteOffset: 40, as: UInt64.self)
        guard length <= UInt64(region.count - textOffset) else { throw .contradiction(.config) }
        let bytes = UnsafeRawBufferPointer(rebasing: region[textOffset..<textOffset + Int(length)])
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .notText(.config)
        }
        return text
    }

    private static func store(
        _ word: UInt64, at offset: Int, in bytes: UnsafeMutableRawBufferPointer
    ) {
        bytes.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
    }
}
