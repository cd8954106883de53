/// Requests that wait to be handed to a socket: written at the end, sent from the front.
///
/// The memory is one piece of fixed capacity, so that a batch of requests leaves in one send.
public struct OutboundStream: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    public let capacity: Int
    private var start = 0
    private var end = 0

    public init(capacity: Int = 64 * 1024) {
        precondition(
            capacity >= OrderEntrySession.requestLengthMax, "A request must fit into the stream.")
        self.capacity = capacity
        memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    deinit { memory.deallocate() }

    public var isEmpty: Bool { start == end }

    /// Whether `space()` has room for one more request.
    public mutating func hasRoom() -> Bool {
        if capacity - end >= OrderEntrySession.requestLengthMax { return true }
        moveToFront()
        return capacity - end >= OrderEntrySession.requestLengthMax
    }

    /// Where the next request is written; `hasRoom` must have said yes.
    public func space() -> UnsafeMutableRawPointer { memory + end }

    /// The request just written at `space()` is complete.
    public mutating func commit(_ length: Int) {
        precondition(end + length <= capacity, "A request was written past the stream's end.")
        end += length
    }

    /// All bytes not yet handed over.
    public var unsent: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory + start, count: end - start)
    }

    /// The system took the first `count` bytes of `unsent`.
    public mutating func consume(_ count: Int) {
        precondition(start + count <= end, "More was sent than was written.")
        start += count
        if start == end {
            start = 0
            end = 0
        }
    }

    private mutating func moveToFront() {
        guard start > 0 else { return }
        memory.copyMemory(from: memory + start, byteCount: end - start)
        end -= start
        start = 0
    }
}
