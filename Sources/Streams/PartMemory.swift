/// Zeroed bytes for one part of a surface, which live as long as the last handle on them.
///
/// A venue that shows itself has shared memory here, a simulated one plain memory.
public final class PartMemory: @unchecked Sendable {
    // Unchecked: hands out bytes and never touches them itself; who writes which is said by the
    // types laid over them.
    public let bytes: UnsafeMutableRawBufferPointer
    private let owner: AnyObject?

    /// Plain memory of this process, with every page touched.
    public init(byteCount: Int) {
        bytes = .allocate(byteCount: byteCount, alignment: 128)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        owner = nil
    }

    /// Memory of somebody else, who is kept alive.
    public init(_ bytes: UnsafeMutableRawBufferPointer, owner: AnyObject) {
        precondition(
            UInt(bitPattern: bytes.baseAddress) % 128 == 0, "a part starts on a 128-byte line")
        self.bytes = bytes
        self.owner = owner
    }

    deinit { if owner == nil { bytes.deallocate() } }
}
