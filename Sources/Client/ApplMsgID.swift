/// The place of a message in the history of session or listener data; later ones compare greater.
///
/// On the wire 16 bytes, which are two big-endian numbers: the engine's time of the event and the
/// message's index in it. Gaps mean nothing.
@frozen public struct ApplMsgID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var time: UInt64
    public var index: UInt64

    @inlinable public init(time: UInt64, index: UInt64) {
        self.time = time
        self.index = index
    }

    /// From the wire; a field that begins with a zero byte has no value and comes as `none`.
    public init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == 16, "An ApplMsgID has 16 bytes.")
        time = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        index = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        if bytes[0] == 0 { self = .none }
    }

    @inlinable public static var none: ApplMsgID { ApplMsgID(time: 0, index: 0) }
    @inlinable public var isNone: Bool { time == 0 && index == 0 }

    @inlinable public static func < (a: ApplMsgID, b: ApplMsgID) -> Bool {
        (a.time, a.index) < (b.time, b.index)
    }

    /// The field's bytes, in the order in which they compare.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeBytes(of: (time.bigEndian, index.bigEndian), body)
    }
}
