/// The fields that every message of the public feed opens with.
@frozen public struct EOBIMessageHeader {
    @inlinable public static var length: Int { 8 }

    public let base: UnsafeRawPointer

    /// Lays the header over the first bytes of a message.
    @inlinable public init(_ base: UnsafeRawPointer) { self.base = base }

    /// Length of the whole message, this field included.
    @inlinable public var bodyLen: UInt16 {
        base.loadUnaligned(fromByteOffset: 0, as: UInt16.self)
    }
    @inlinable public var templateID: UInt16 {
        base.loadUnaligned(fromByteOffset: 2, as: UInt16.self)
    }
    @inlinable public var msgSeqNum: UInt32 {
        base.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
    }
}

/// Walks over the messages of one datagram of the public feed; any bytes are safe to give.
///
/// A datagram is a packet header and whole messages, back to back. What the walker hands out has
/// the one length its template allows and lies inside the datagram, so that views may be laid over
/// it for as long as the bytes are there.
@frozen public struct EOBIDatagram {
    /// What lies at the walker's place.
    public enum Message {
        /// A message of a known template; views may be laid over `base`.
        case known(EOBITemplateID, base: UnsafeRawPointer)
        /// A message of a sane length and no template of this release, which was skipped.
        case unknown(templateID: UInt16, length: Int)
        /// A length, a count of entries or a second packet header that no message can have here.
        ///
        /// Nothing after it can be read.
        case malformed(offset: Int)
    }

    /// The header of the packet.
    public let packet: EOBIPacketHeaderView
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var offset: Int

    /// Fails unless the bytes open with a whole packet header of this release.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard case .known(.packetHeader, let base) = Self.judge(bytes, at: 0) else { return nil }
        packet = EOBIPacketHeaderView(base)
        self.bytes = bytes
        offset = EOBIPacketHeaderView.length
    }

    /// The next message, or nil behind the last one.
    public mutating func next() -> Message? {
        guard offset < bytes.count else { return nil }
        let message = Self.judge(bytes, at: offset)
        switch message {
        case .known(.packetHeader, _):
            // A packet has one header: a second one means that the lengths before it lied.
            let place = offset
            offset = bytes.count
            return .malformed(offset: place)
        case .known(let template, _): offset += template.length
        case .unknown(_, let length): offset += length
        case .malformed: offset = bytes.count
        }
        return message
    }

    /// Judges what lies at an offset below the count of the bytes.
    private static func judge(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Message {
        guard let start = bytes.baseAddress, bytes.count - offset >= EOBIMessageHeader.length else {
            return .malformed(offset: offset)
        }
        let base = start + offset
        let header = EOBIMessageHeader(base)
        let length = Int(header.bodyLen)
        guard length >= EOBIMessageHeader.length, length & 7 == 0, length <= bytes.count - offset
        else { return .malformed(offset: offset) }
        guard let template = EOBITemplateID(rawValue: header.templateID) else {
            return .unknown(templateID: header.templateID, length: length)
        }
        guard length == template.length, template.countersFit(in: base) else {
            return .malformed(offset: offset)
        }
        return .known(template, base: base)
    }
}
