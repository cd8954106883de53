import Wire

/// The venue's bytes on their way to whole messages, however the network has split them.
///
/// A socket fills `space()`, `commit` counts the bytes, and `next` hands out each whole message
/// where it lies. Capacity holds two of the longest messages, so a message never waits for room.
public struct InboundStream: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    public let capacity: Int
    private var start = 0
    private var end = 0
    /// Bytes of an unknown message that have yet to come and are thrown away.
    private var discard = 0

    public static var capacityMin: Int { 2 * Framing.responseLengthMax }

    public init(capacity: Int = 256 * 1024) {
        precondition(capacity >= Self.capacityMin, "Two messages must fit into the stream.")
        self.capacity = capacity
        memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    deinit { memory.deallocate() }

    /// Bytes that arrived and were not handed out yet.
    public var unreadCount: Int { end - start }

    /// Where received bytes go; never empty once `next` has returned nil. Ends the life of messages
    /// handed out before.
    public mutating func space() -> UnsafeMutableRawBufferPointer {
        if start == end {
            start = 0
            end = 0
        } else if capacity - end < Framing.responseLengthMax {
            memory.copyMemory(from: memory + start, byteCount: end - start)
            end -= start
            start = 0
        }
        return UnsafeMutableRawBufferPointer(start: memory + end, count: capacity - end)
    }

    /// The first `count` bytes of `space()` were received.
    public mutating func commit(_ count: Int) {
        precondition(end + count <= capacity, "More was received than there was room for.")
        end += count
    }

    /// The next whole message, or nil when more bytes are needed. It lies in the stream's memory
    /// until `space()` is called. Messages of templates unknown here come as `.unknown`.
    public mutating func next() throws(StreamCorruption) -> Inbound? {
        if discard > 0 {
            let dropped = min(discard, end - start)
            discard -= dropped
            start += dropped
            if discard > 0 { return nil }
        }
        let bytes = UnsafeRawBufferPointer(start: memory + start, count: end - start)
        switch Framing.judgeResponse(bytes) {
        case .incomplete:
            return nil
        case .frame(let template, let length):
            let base = UnsafeRawPointer(memory + start)
            start += length
            return Inbound(template: template, base: base)
        case .unknownTemplate(let id, let length):
            let base = UnsafeRawPointer(memory + start)
            let present = min(length, end - start)
            start += present
            discard = length - present
            return Inbound(unknown: id, base: base)
        case .impossibleLength(let bodyLen):
            throw StreamCorruption(
                bodyLen: bodyLen,
                templateID: bytes.count >= 6 ? FrameHeader(bytes.baseAddress!).templateID : 0)
        }
    }
}

/// The venue's stream cannot be followed any further: a message has a length none can have.
public struct StreamCorruption: Error, Equatable, Sendable, CustomStringConvertible {
    public let bodyLen: UInt32
    public let templateID: UInt16

    public var description: String {
        "the venue sent template \(templateID) with the impossible length \(bodyLen)"
    }
}
