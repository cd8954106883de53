import Synchronization

/// A number that one thread counts up and anybody reads.
///
/// Relaxed: a counter says how often, never that something else is visible. Valid as long as the
/// block it came from.
@frozen
public struct Counter: @unchecked Sendable {
    @usableFromInline let word: UnsafeMutablePointer<Atomic<UInt64>>

    @usableFromInline
    init(word: UnsafeMutablePointer<Atomic<UInt64>>) { self.word = word }

    /// Adds, on the one thread that writes this counter: a load and a store, no locked instruction.
    @inlinable
    public func add(_ amount: UInt64 = 1) {
        word.pointee.store(word.pointee.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Sets a gauge, on the one thread that writes it.
    @inlinable
    public func set(_ value: UInt64) { word.pointee.store(value, ordering: .relaxed) }

    @inlinable public var value: UInt64 { word.pointee.load(ordering: .relaxed) }
}

/// Why a mapping is not accepted as a block of counters.
public enum CounterError: Error, Equatable, CustomStringConvertible {
    case regionTooSmall(needed: Int, found: Int)
    case misaligned
    case notCounters(magic: UInt64)
    case unknownVersion(UInt64)
    case badDirectory

    public var description: String {
        switch self {
        case .regionTooSmall(let needed, let found):
            "The counters need \(needed) bytes and the mapping has \(found)."
        case .misaligned: "The counters' mapping does not start on a 128-byte boundary."
        case .notCounters(let magic):
            "The mapping does not hold counters (magic 0x\(String(magic, radix: 16)))."
        case .unknownVersion(let version):
            "The counters have layout version \(version), expected 1."
        case .badDirectory: "The counters' directory contradicts the size of the mapping."
        }
    }
}

/// Where things are in a block.
///
/// ```
///    0  magic, version, counters, offset of the values, 8 bytes each
///  128  directory: per counter the offset of its value (8 bytes) and its name (56 bytes)
///       values: each group of counters starts on a 128-byte line of its own
/// ```
enum CounterLayout {
    /// "APUSCNT1" read as a little-endian word.
    static let magic: UInt64 = 0x3154_4E43_5355_5041
    static let directoryOffset = 128
    static let entryBytes = 64
    static let nameBytesMax = 56
    static let lineBytes = 128

    static func roundedUp(_ count: Int) -> Int { (count + lineBytes - 1) / lineBytes * lineBytes }

    static func valuesOffset(count: Int) -> Int { roundedUp(directoryOffset + count * entryBytes) }
}

/// Named counters in one piece of memory that describes itself.
///
/// Each group has one writing thread, and cache lines of its own. Another process maps the block
/// read only and finds the names in it: see `CounterReader`.
public final class CounterBlock: @unchecked Sendable {
    /// The whole block, for a reader in this process.
    public let region: UnsafeRawBufferPointer
    private let base: UnsafeMutableRawPointer
    private var offsets: [String: Int] = [:]
    private let owned: UnsafeMutableRawBufferPointer?
    private let owner: AnyObject?

    /// Bytes that these groups occupy.
    public static func byteCount(groups: [[String]]) -> Int {
        groups.reduce(CounterLayout.valuesOffset(count: groups.joined().count)) {
            $0 + CounterLayout.roundedUp($1.count * 8)
        }
    }

    /// Makes counters in memory of their own.
    public static func make(groups: [[String]]) -> CounterBlock {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: byteCount(groups: groups), alignment: CounterLayout.lineBytes)
        return CounterBlock(memory, groups: groups, owned: memory, owner: nil)
    }

    /// Makes counters in memory of the caller, replacing what was there.
    public static func create(
        in region: UnsafeMutableRawBufferPointer, groups: [[String]], owner: AnyObject? = nil
    ) throws(CounterError) -> CounterBlock {
        let needed = byteCount(groups: groups)
        guard region.count >= needed, let base = region.baseAddress else {
            throw .regionTooSmall(needed: needed, found: region.count)
        }
        guard UInt(bitPattern: base) % UInt(CounterLayout.lineBytes) == 0 else {
            throw .misaligned
        }
        return CounterBlock(region, groups: groups, owned: nil, owner: owner)
    }

    private init(
        _ memory: UnsafeMutableRawBufferPointer, groups: [[String]],
        owned: UnsafeMutableRawBufferPointer?, owner: AnyObject?
    ) {
        base = memory.baseAddress!
        self.owned = owned
        self.owner = owner
        region = UnsafeRawBufferPointer(memory)
        let count = groups.joined().count
        let valuesOffset = CounterLayout.valuesOffset(count: count)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        var entry = CounterLayout.directoryOffset
        var groupOffset = valuesOffset
        for group in groups {
            for (index, name) in group.enumerated() {
                precondition(
                    !name.isEmpty && name.utf8.count <= CounterLayout.nameBytesMax,
                    "a counter's name has 1 to 56 bytes")
                precondition(offsets[name] == nil, "a counter's name is there once")
                let offset = groupOffset + index * 8
                offsets[name] = offset
                memory.storeBytes(of: UInt64(offset), toByteOffset: entry, as: UInt64.self)
                for (position, byte) in name.utf8.enumerated() {
                    memory[entry + 8 + position] = byte
                }
                entry += CounterLayout.entryBytes
            }
            groupOffset += CounterLayout.roundedUp(group.count * 8)
        }
        memory.storeBytes(of: 1, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: UInt64(count), toByteOffset: 16, as: UInt64.self)
        memory.storeBytes(of: UInt64(valuesOffset), toByteOffset: 24, as: UInt64.self)
        // Release: pairs with the acquire load in `CounterReader.init`.
        base.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.store(CounterLayout.magic, ordering: .releasing)
    }

    deinit { owned?.deallocate() }

    /// The counter of this name; asking for one that was not declared is a bug.
    public func counter(_ name: String) -> Counter {
        guard let offset = offsets[name] else {
            preconditionFailure("there is no counter named \(name)")
        }
        return Counter(word: (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self))
    }
}

/// Reads a block of counters, possibly of another process, through a read-only mapping.
public struct CounterReader: @unchecked Sendable {
    /// The counters' names, in the order of their declaration.
    public let names: [String]
    private let offsets: [Int]
    private let base: UnsafeRawPointer
    private let owner: AnyObject?

    /// Reads and checks the directory. `owner` is kept alive by the reader.
    public init(
        in region: UnsafeRawBufferPointer, owner: AnyObject? = nil
    ) throws(CounterError) {
        guard region.count >= CounterLayout.directoryOffset, let base = region.baseAddress else {
            throw .regionTooSmall(needed: CounterLayout.directoryOffset, found: region.count)
        }
        guard UInt(bitPattern: base) % 8 == 0 else { throw .misaligned }
        // Acquire: pairs with the release store that finished the block.
        let magic = base.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.load(ordering: .acquiring)
        guard magic == CounterLayout.magic else { throw .notCounters(magic: magic) }
        let version = region.load(fromByteOffset: 8, as: UInt64.self)
        guard version == 1 else { throw .unknownVersion(version) }
        let count = region.load(fromByteOffset: 16, as: UInt64.self)
        let room = region.count - CounterLayout.directoryOffset
        guard count <= UInt64(room / CounterLayout.entryBytes) else { throw .badDirectory }
        var (names, offsets): ([String], [Int]) = ([], [])
        for index in 0..<Int(count) {
            let entry = CounterLayout.directoryOffset + index * CounterLayout.entryBytes
            let offset = region.load(fromByteOffset: entry, as: UInt64.self)
            guard offset % 8 == 0, offset <= UInt64(region.count - 8) else { throw .badDirectory }
            let name = region[entry + 8..<entry + CounterLayout.entryBytes].prefix { $0 != 0 }
            names.append(String(decoding: name, as: UTF8.self))
            offsets.append(Int(offset))
        }
        self.names = names
        self.offsets = offsets
        self.base = base
        self.owner = owner
    }

    /// The value of the counter at this place in `names`, as of now.
    public func value(at index: Int) -> UInt64 {
        (base + offsets[index]).assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.load(ordering: .relaxed)
    }

    /// The value of a counter by name, or nil.
    public func value(of name: String) -> UInt64? {
        names.firstIndex(of: name).map { value(at: $0) }
    }
}
