import Client
import Platform
import Wire

/// A back office's connection to the drop copy.
///
/// After `logon` and `subscribe`, `receive` hands out what is published, for `ListenerMessage` to read;
/// `keepAlive` has to be called now and then.
public typealias ListenerConnection<Stream: ByteStream> = SessionConnection<Stream, ListenerSession>

extension ListenerSession: SessionState {}

extension SessionConnection where State == ListenerSession {
    public convenience init(
        session: UInt32, password: String, stream: Stream, clock: Clock,
        inboundCapacity: Int = 256 * 1024
    ) {
        self.init(
            state: ListenerSession(session: session, password: password), stream: stream,
            clock: clock, inboundCapacity: inboundCapacity)
    }

    public func logon() throws(ToolError) { try logonSession() }

    /// Asks for a stream and waits for the answer; returns the subscription's number.
    ///
    /// Listener data of one session, or with nil of the whole unit. What was published before the
    /// answer came, for other subscriptions, and behind it goes to `handle`.
    @discardableResult
    public func subscribe(
        to stream: ETI.RefApplID, scope: UInt32? = nil,
        _ handle: (Inbound) throws(ToolError) -> Void
    ) throws(ToolError) -> UInt32 {
        var subscription = Null.u32
        try ask(
            "the subscription to stream \(stream.rawValue)", .subscribed, others: handle,
            answer: { subscription = $0.subscription },
            write: { state, out in state.subscribe(to: stream, scope: scope, into: out) })
        return subscription
    }
}
