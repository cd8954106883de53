import Wire

/// ApplMsgID: two big-endian numbers, so that plain byte order is the order of events.
///
/// The first is the engine's time of the transaction, the second an index within it that counts
/// nobody else's messages.
@frozen public struct ApplMsgID: Hashable, Comparable, BitwiseCopyable, Sendable {
    public var execID: UInt64
    public var index: UInt64

    @inlinable public init(execID: UInt64, index: UInt64) {
        self.execID = execID
        self.index = index
    }

    /// As it stands in a message; nil for no value.
    @inlinable public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16, bytes[0] != 0 else { return nil }
        execID = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        index = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }

    /// Before every message, and after every message.
    @inlinable public static var min: ApplMsgID { ApplMsgID(execID: 0, index: 0) }
    @inlinable public static var max: ApplMsgID { ApplMsgID(execID: .max, index: .max) }

    @inlinable public static func < (a: ApplMsgID, b: ApplMsgID) -> Bool {
        a.execID != b.execID ? a.execID < b.execID : a.index < b.index
    }

    @inlinable public func write(to place: UnsafeMutableRawPointer) {
        place.storeBytes(of: execID.bigEndian, as: UInt64.self)
        place.storeBytes(of: index.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
}

/// On which stream and when a report goes out: what its header says beside the event's own numbers.
@frozen public struct Delivery: BitwiseCopyable, Sendable {
    /// The stream: 4 session data, 5 listener data, 1 trade.
    public var applID: UInt8
    public var partitionID: UInt16
    /// Handle of the subscription, where there is one.
    public var applSubID: UInt32 = Null.u32
    public var isResent = false
    /// TrdRegTSTimeOut: the engine was done with the event; no value when that is not known.
    public var timeOut: UInt64 = Null.u64
    /// NotificationIn: the sender took the event over.
    public var notificationIn: UInt64 = Null.u64
    public var sendingTime: UInt64

    @inlinable public init(applID: UInt8, partitionID: UInt16, sendingTime: UInt64) {
        self.applID = applID
        self.partitionID = partitionID
        self.sendingTime = sendingTime
    }

    /// Fills RBCHeaderME.
    @inlinable
    func fill(_ space: UnsafeMutableRawPointer, _ id: ApplMsgID, lastFragment: UInt8) {
        let header = RBCHeaderMEWriter(ofMessage: space)
        header.trdRegTSTimeOut = timeOut
        header.notificationIn = notificationIn
        header.sendingTime = sendingTime
        header.applSubID = applSubID
        header.partitionID = partitionID
        header.applID = applID
        header.applResendFlag = isResent ? 1 : 0
        header.lastFragment = lastFragment
        id.write(to: space + OrderExecReportBroadcastView.applMsgIDOffset)
    }

    /// Fills RBCHeader.
    @inlinable
    func fill(_ space: UnsafeMutableRawPointer, applSeqNum: UInt64) {
        let header = RBCHeaderWriter(ofMessage: space)
        header.sendingTime = sendingTime
        header.applSeqNum = applSeqNum
        header.applSubID = applSubID
        header.partitionID = partitionID
        header.applResendFlag = isResent ? 1 : 0
        header.applID = applID
        header.lastFragment = 1
    }
}

/// The wire's numbers of what an event names by position.
@frozen public struct ReportNames: BitwiseCopyable, Sendable {
    /// No value where the report is about all instruments of a product.
    public var securityID = Null.i64
    public var marketSegmentID: Int32
    /// The owner's session and business unit.
    public var sessionID: UInt32
    public var unitID: UInt32

    @inlinable
    public init(securityID: Int64?, marketSegmentID: Int32, sessionID: UInt32, unitID: UInt32) {
        if let securityID { self.securityID = securityID }
        self.marketSegmentID = marketSegmentID
        self.sessionID = sessionID
        self.unitID = unitID
    }
}

/// Names that a trade confirmation spells out, as far as its fields reach.
@frozen public struct TradeNames: BitwiseCopyable, Sendable {
    /// The market's organisation: clearing house, venue, and first word of RegulatoryTradeID.
    public var organisation: InlineArray<4, UInt8>
    public var unit: InlineArray<5, UInt8>
    public var trader: InlineArray<6, UInt8>

    public init(organisation: String, unit: String, trader: String) {
        self.organisation = Self.field(organisation)
        self.unit = Self.field(unit)
        self.trader = Self.field(trader)
    }

    /// Texts of the wire are ASCII, filled up with zeros.
    private static func field<let count: Int>(_ text: String) -> InlineArray<count, UInt8> {
        var field = InlineArray<count, UInt8>(repeating: 0)
        for (index, byte) in text.utf8.prefix(count).enumerated() {
            field[index] = byte < 0x80 ? byte : UInt8(ascii: "?")
        }
        return field
    }
}
