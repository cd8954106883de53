import Platform

/// Segments in plain memory, a bounded number of them: what a publisher without an archive remembers.
public final class MemorySegments: SegmentStore {
    public let segmentBytes: Int
    public let segmentCountMax: Int?
    private var memory: [Int: UnsafeMutableRawBufferPointer] = [:]
    /// Given back and not yet used again.
    private var spare: UnsafeMutableRawBufferPointer?

    public init(segmentBytes: Int = 16 << 20, segmentCountMax: Int? = 8) {
        self.segmentBytes = segmentBytes
        self.segmentCountMax = segmentCountMax
    }

    deinit {
        for bytes in memory.values { bytes.deallocate() }
        spare?.deallocate()
    }

    public var storedCount: Int { memory.count }

    public func open(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        guard let bytes = memory[number] else {
            throw SegmentError("\(name(of: number)) is not there")
        }
        return bytes
    }

    public func create(_ number: Int) throws(SegmentError) -> UnsafeMutableRawBufferPointer {
        let bytes = spare ?? .allocate(byteCount: segmentBytes, alignment: 128)
        spare = nil
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        memory[number] = bytes
        return bytes
    }

    public func drop(_ number: Int) {
        guard let bytes = memory.removeValue(forKey: number) else { return }
        spare?.deallocate()
        spare = bytes
    }

    public func name(of number: Int) -> String { "segment \(number + 1) in memory" }
}
