/// The fields at fixed offsets that every frame, or every sequenced request, opens with.
@frozen public struct FrameHeader {
    public let base: UnsafeRawPointer

    /// Lays the header over the first bytes of a frame.
    @inlinable public init(_ base: UnsafeRawPointer) { self.base = base }

    /// Length of the whole frame, this field included.
    @inlinable public var bodyLen: UInt32 {
        base.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
    }
    @inlinable public var templateID: UInt16 {
        base.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
    }
    /// The request's number; only there in frames of at least `Framing.sequencedHeaderLength`.
    @inlinable public var msgSeqNum: UInt32 {
        base.loadUnaligned(fromByteOffset: 16, as: UInt32.self)
    }
    /// The trader in whose name a request is sent; there when `msgSeqNum` is.
    @inlinable public var senderSubID: UInt32 {
        base.loadUnaligned(fromByteOffset: 20, as: UInt32.self)
    }
}

/// What the bytes received so far amount to.
public enum FrameVerdict: Equatable, Sendable {
    /// Nothing can be said, or the frame is not whole, before `needed` bytes are there; with them there
    /// is more to say.
    case incomplete(needed: Int)
    /// A whole frame of a known template lies at the start.
    case frame(template: TemplateID, length: Int)
    /// A frame of a sane length and no known template lies at the start.
    ///
    /// Its header is there, the rest perhaps not yet: discard `length` bytes as they come.
    case unknownTemplate(id: UInt16, length: Int)
    /// The length is none a frame can have, so the stream cannot be followed any further.
    case impossibleLength(bodyLen: UInt32)
}

/// Judges where frames begin and end, before anything is buffered for them.
public enum Framing {
    /// Longest BodyLen accepted, whatever the template.
    @inlinable public static var bodyLenMax: Int { 80 * 1024 }
    /// Shortest frame in either direction.
    @inlinable public static var bodyLenMin: Int { 16 }
    @inlinable public static var requestHeaderLength: Int { 16 }
    @inlinable public static var responseHeaderLength: Int { 8 }
    /// Header of a request that carries MsgSeqNum and SenderSubID.
    @inlinable public static var sequencedHeaderLength: Int { 24 }
    /// What is needed to know how long a frame is.
    @inlinable public static var bodyLenLength: Int { 4 }
    /// BodyLen and TemplateID together.
    @inlinable static var prefixLength: Int { 6 }

    /// Judges the bytes a client has sent; only requests are known templates here.
    public static func judge(_ bytes: UnsafeRawBufferPointer) -> FrameVerdict {
        judge(bytes, fromClient: true)
    }

    /// Judges the bytes an exchange has sent, groups and texts included.
    public static func judgeResponse(_ bytes: UnsafeRawBufferPointer) -> FrameVerdict {
        let verdict = judge(bytes, fromClient: false)
        if case .frame(let template, let length) = verdict, let base = bytes.baseAddress,
            template.lengthFromCounts(in: base) != length
        {
            return .impossibleLength(bodyLen: FrameHeader(base).bodyLen)
        }
        return verdict
    }

    private static func judge(
        _ bytes: UnsafeRawBufferPointer, fromClient: Bool
    ) -> FrameVerdict {
        guard bytes.count >= bodyLenLength, let base = bytes.baseAddress else {
            return .incomplete(needed: bodyLenLength)
        }
        let header = FrameHeader(base)
        let bodyLen = header.bodyLen
        guard bodyLen >= UInt32(bodyLenMin), bodyLen <= UInt32(bodyLenMax), bodyLen & 7 == 0 else {
            return .impossibleLength(bodyLen: bodyLen)
        }
        let length = Int(bodyLen)
        guard bytes.count >= prefixLength else { return .incomplete(needed: prefixLength) }
        guard let template = TemplateID(rawValue: header.templateID),
            template.isRequest == fromClient
        else {
            // The header is worth waiting for: the reject repeats its MsgSeqNum.
            let needed = min(length, sequencedHeaderLength)
            guard bytes.count >= needed else { return .incomplete(needed: needed) }
            return .unknownTemplate(id: header.templateID, length: length)
        }
        guard length >= template.lengthMin, length <= template.lengthMax else {
            return .impossibleLength(bodyLen: bodyLen)
        }
        guard bytes.count >= length else { return .incomplete(needed: length) }
        return .frame(template: template, length: length)
    }
}

/// Views load and store the host's integers as they are, so hosts must be little-endian.
///
/// The type checks only there: on a big-endian host the build stops here.
#if !(arch(x86_64) || arch(arm64) || arch(riscv64))
    #error("Apus reads the wire with plain loads: only little-endian hosts are supported.")
#endif
