import Synchronization

/// Reads a block of counters, possibly of another process, through a read-only mapping.
public struct CounterReader: @unchecked Sendable {
    // Unchecked: what is mapped is only read, word by word.

    /// What there is to read, in the order of the declaration.
    public let definitions: [CounterDefinition]
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
        guard version == CounterLayout.version else { throw .unknownVersion(version) }
        let count = region.load(fromByteOffset: 16, as: UInt64.self)
        let room = region.count - CounterLayout.directoryOffset
        guard count <= UInt64(room / CounterLayout.entryBytes) else { throw .badDirectory }
        var (definitions, offsets): ([CounterDefinition], [Int]) = ([], [])
        for index in 0..<Int(count) {
            let start = CounterLayout.directoryOffset + index * CounterLayout.entryBytes
            let entry = UnsafeRawBufferPointer(
                rebasing: region[start..<start + CounterLayout.entryBytes])
            let offset = entry.load(as: UInt64.self)
            let kindWord = entry.load(fromByteOffset: CounterLayout.kindOffset, as: UInt64.self)
            guard offset % 8 == 0, offset <= UInt64(region.count - 8),
                let kind = CounterDefinition.Kind(rawValue: kindWord),
                let meaning = Self.text(
                    entry, CounterLayout.meaningOffset, CounterLayout.meaningBytesMax),
                let name = Self.text(entry, CounterLayout.nameOffset, CounterLayout.nameBytesMax),
                let definition = CounterDefinition(name: name, kind: kind, meaning: meaning)
            else { throw .badDirectory }
            definitions.append(definition)
            offsets.append(Int(offset))
        }
        guard Set(definitions.map(\.name)).count == definitions.count else { throw .badDirectory }
        self.definitions = definitions
        self.offsets = offsets
        self.base = base
        self.owner = owner
    }

    private static func text(
        _ entry: UnsafeRawBufferPointer, _ offset: Int, _ bytesMax: Int
    ) -> String? {
        let bytes = entry[offset..<offset + bytesMax].prefix { $0 != 0 }
        // Printable ASCII, as it goes to a terminal and into files.
        guard bytes.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The value of the counter at this place in `definitions`, as of now.
    public func value(at index: Int) -> UInt64 {
        (base + offsets[index]).assumingMemoryBound(to: Atomic<UInt64>.self)
            .pointee.load(ordering: .relaxed)
    }

    /// The value of a counter by name, labels included, or nil.
    public func value(of name: String) -> UInt64? {
        definitions.firstIndex { $0.name == name }.map { value(at: $0) }
    }
}
