import Synchronization

/// Where things are in a block.
///
/// ```
///    0  magic, version, counters, offset of the values, 8 bytes each
///  128  directory: per counter the offset of its value (8 bytes), its kind (8), its name (96) and its
///       meaning (144)
///       values: each group of counters starts on a 128-byte line of its own
/// ```
enum CounterLayout {
    /// "APUSCNT1" read as a little-endian word.
    static let magic: UInt64 = 0x3154_4E43_5355_5041
    static let version: UInt64 = 2
    static let directoryOffset = 128
    static let entryBytes = 256
    static let kindOffset = 8
    static let nameOffset = 16
    static let nameBytesMax = 96
    static let meaningOffset = 112
    static let meaningBytesMax = 144
    static let lineBytes = 128

    static func roundedUp(_ count: Int) -> Int { (count + lineBytes - 1) / lineBytes * lineBytes }

    static func valuesOffset(count: Int) -> Int { roundedUp(directoryOffset + count * entryBytes) }

    static func byteCount(groups: [[CounterDefinition]]) -> Int {
        groups.reduce(valuesOffset(count: groups.joined().count)) {
            $0 + roundedUp($1.count * 8)
        }
    }
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
            "The counters have layout version \(version), expected \(CounterLayout.version)."
        case .badDirectory: "The counters' directory makes no sense."
        }
    }
}

/// Named counters in one piece of memory that describes itself.
///
/// Each group has one writing thread, and cache lines of its own. Another process maps the block
/// read only and finds names, kinds and meanings in it: see `CounterReader`.
public final class CounterBlock: @unchecked Sendable {
    // Unchecked: the directory does not change once it is made, and the values are atomic words.

    /// The whole block, for a reader in this process.
    public let region: UnsafeRawBufferPointer
    private let base: UnsafeMutableRawPointer
    private let groupOffsets: [Int]
    private let owned: UnsafeMutableRawBufferPointer?
    private let owner: AnyObject?

    convenience init(_ plan: CounterPlan) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: plan.byteCount, alignment: CounterLayout.lineBytes)
        self.init(memory, plan, owned: memory, owner: nil)
    }

    /// Makes counters in memory of the caller, replacing what was there.
    public static func create(
        in region: UnsafeMutableRawBufferPointer, _ plan: CounterPlan, owner: AnyObject? = nil
    ) throws(CounterError) -> CounterBlock {
        guard region.count >= plan.byteCount, let base = region.baseAddress else {
            throw .regionTooSmall(needed: plan.byteCount, found: region.count)
        }
        guard UInt(bitPattern: base) % UInt(CounterLayout.lineBytes) == 0 else {
            throw .misaligned
        }
        return CounterBlock(region, plan, owned: nil, owner: owner)
    }

    private init(
        _ memory: UnsafeMutableRawBufferPointer, _ plan: CounterPlan,
        owned: UnsafeMutableRawBufferPointer?, owner: AnyObject?
    ) {
        base = memory.baseAddress!
        self.owned = owned
        self.owner = owner
        region = UnsafeRawBufferPointer(memory)
        let names = plan.groups.joined().map(\.name)
        precondition(Set(names).count == names.count, "a counter's name is there once")
        let valuesOffset = CounterLayout.valuesOffset(count: names.count)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        var groupOffsets: [Int] = []
        var entry = CounterLayout.directoryOffset
        var groupOffset = valuesOffset
        for group in plan.groups {
            groupOffsets.append(groupOffset)
            for (index, definition) in group.enumerated() {
                memory.storeBytes(
                    of: UInt64(groupOffset + index * 8), toByteOffset: entry, as: UInt64.self)
                memory.storeBytes(
                    of: definition.kind.rawValue,
                    toByteOffset: entry + CounterLayout.kindOffset, as: UInt64.self)
                let texts = [
                    (CounterLayout.nameOffset, definition.name),
                    (CounterLayout.meaningOffset, definition.meaning),
                ]
                for (offset, text) in texts {
                    for (position, byte) in text.utf8.enumerated() {
                        memory[entry + offset + position] = byte
                    }
                }
                entry += CounterLayout.entryBytes
            }
            groupOffset += CounterLayout.roundedUp(group.count * 8)
        }
        self.groupOffsets = groupOffsets
        memory.storeBytes(of: CounterLayout.version, toByteOffset: 8, as: UInt64.self)
        memory.storeBytes(of: UInt64(names.count), toByteOffset: 16, as: UInt64.self)
        memory.storeBytes(of: UInt64(valuesOffset), toByteOffset: 24, as: UInt64.self)
        // Release: pairs with the acquire load in `CounterReader.init`.
        base.assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.store(CounterLayout.magic, ordering: .releasing)
    }

    deinit { owned?.deallocate() }

    /// The group that was declared at this place of the plan; one thread publishes to it.
    public func group<Record: CounterRecord>(
        _ place: CounterPlan.Place<Record>
    ) -> CounterGroup<Record> {
        CounterGroup(
            words: (base + groupOffsets[place.index])
                .assumingMemoryBound(to: Atomic<UInt64>.self),
            owner: self)
    }
}
