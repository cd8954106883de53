import Client
import Platform

/// A participant's connection to the venue's order port.
public typealias VenueSession<Stream: ByteStream> = SessionConnection<Stream, OrderEntrySession>

extension OrderEntrySession: SessionState {
    public var session: UInt32 { credentials.session }
}

extension SessionConnection where State == OrderEntrySession {
    public convenience init(
        _ credentials: Credentials, stream: Stream, clock: Clock,
        outboundCapacity: Int = 64 * 1024, inboundCapacity: Int = 256 * 1024
    ) {
        self.init(
            state: OrderEntrySession(credentials), stream: stream, clock: clock,
            outboundCapacity: outboundCapacity, inboundCapacity: inboundCapacity)
    }

    public var credentials: Credentials { state.credentials }

    /// Logs the session and its trader on.
    public func logon() throws(ToolError) {
        try logonSession()
        try ask("the login of trader \(credentials.trader)", .userLoggedIn) { state, out in
            state.userLogin(into: out)
        }
    }

    func deleteAllOrders(product: Int32) throws(ToolError) {
        try ask("the deletion of all orders", .allDeleted) { state, out in
            state.deleteAllOrders(product: product, into: out)
        }
    }
}
