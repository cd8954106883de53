import Wire

/// The requests that every kind of session makes: what opens it, keeps it and ends it.
enum SessionRequests {
    /// Version of the interface that the logon names.
    private static let interfaceVersion: StaticString = "10.0"

    /// LogonRequest (10000).
    static func logon(
        _ msgSeqNum: UInt32, session: UInt32, password: String, placesOrders: Bool,
        heartbeatMillis: UInt32?, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = LogonRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = msgSeqNum
        if let heartbeatMillis { writer.heartBtInt = heartbeatMillis }
        writer.partyIDSessionID = session
        writer.defaultCstmApplVerID = bytes(interfaceVersion)
        withBytes(password) { writer.password = $0 }
        let usage: ETI.ApplUsageOrders = placesOrders ? .automated : .noUsage
        writer.applUsageOrders = usage.rawValue
        writer.applUsageQuotes = ETI.ApplUsageQuotes.noUsage.rawValue
        writer.orderRoutingIndicator = ETI.OrderRoutingIndicator.no.rawValue
        writer.applicationSystemName = bytes("apus-client")
        writer.applicationSystemVersion = bytes("1")
        writer.applicationSystemVendor = bytes("Apus")
        return LogonRequestWriter.fixedLength
    }

    /// LogoutRequest (10002).
    static func logout(_ msgSeqNum: UInt32, into out: UnsafeMutableRawPointer) -> Int {
        let writer = LogoutRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = msgSeqNum
        return LogoutRequestWriter.fixedLength
    }

    /// RetransmitMEMessageRequest (10026) for what has an ApplMsgID.
    static func retransmit(
        _ msgSeqNum: UInt32, _ stream: ETI.RefApplID, scope: UInt32?, after first: ApplMsgID?,
        through last: ApplMsgID?, partition: UInt16, into out: UnsafeMutableRawPointer
    ) -> Int {
        let writer = RetransmitMEMessageRequestWriter(out)
        writer.initialize()
        writer.msgSeqNum = msgSeqNum
        if let scope { writer.subscriptionScope = scope }
        writer.partitionID = partition
        writer.refApplID = stream.rawValue
        first?.withBytes { writer.applBegMsgID = $0 }
        last?.withBytes { writer.applEndMsgID = $0 }
        return RetransmitMEMessageRequestWriter.fixedLength
    }

    /// Heartbeat (10011), which has no number.
    static func heartbeat(into out: UnsafeMutableRawPointer) -> Int {
        HeartbeatWriter(out).initialize()
        return HeartbeatWriter.fixedLength
    }

    static func withBytes(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) {
        var text = text
        text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }

    private static func bytes(_ text: StaticString) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
