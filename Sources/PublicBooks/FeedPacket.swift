import Wire

/// What a datagram is, once all of it has been judged: nothing behind this needs a bounds check.
struct FeedPacket {
    let bytes: UnsafeRawBufferPointer
    let marketSegmentID: Int32
    let applSeqNum: UInt32
    let isComplete: Bool
    let isReset: Bool
    let transactTime: UInt64
    /// Numbers of the first and last message; 0 when no message is numbered.
    private(set) var first: UInt32 = 0
    private(set) var last: UInt32 = 0
    /// LastMsgSeqNumProcessed of a heartbeat; nil without one.
    private(set) var heartbeat: UInt32?

    /// Longest datagram taken: packets keep inside an Ethernet frame, and wait in blocks of this.
    static var lengthMax: Int { 2048 }

    /// Nil when the datagram is none of this feed: wrong header, a message that ends outside or has
    /// not its template's length, numbers that do not follow each other.
    ///
    /// Messages of unknown templates are passed over. On the snapshot channel messages are not
    /// numbered (`isNumbered` false).
    init?(_ bytes: UnsafeRawBufferPointer, isNumbered: Bool) {
        guard bytes.count <= Self.lengthMax, var datagram = EOBIDatagram(bytes) else { return nil }
        self.bytes = bytes
        let header = datagram.packet
        marketSegmentID = header.marketSegmentID
        applSeqNum = header.applSeqNum
        isComplete = header.completionIndicator != 0
        isReset = header.applSeqResetIndicator == 1
        transactTime = header.transactTime
        guard marketSegmentID != Null.i32, transactTime != Null.u64 else { return nil }
        // Messages of templates to come are numbered like the others.
        var unknown: UInt32 = 0
        while let message = datagram.next() {
            switch message {
            case .malformed: return nil
            case .unknown: unknown += 1
            case .known(.heartbeat, let base):
                heartbeat = EOBIHeartbeatView(base).lastMsgSeqNumProcessed
            case .known(_, let base):
                guard isNumbered else { continue }
                let number = EOBIMessageHeader(base).msgSeqNum
                guard number != Null.u32, number > unknown,
                    first == 0 || number == last &+ unknown &+ 1
                else { return nil }
                if first == 0 { first = number - unknown }
                last = number
                unknown = 0
            }
        }
        if first > 0 {
            guard last < Null.u32 - unknown else { return nil }
            last += unknown
        }
    }

    /// Whether the datagram carries numbered messages.
    var isNumbered: Bool { first > 0 }
}
