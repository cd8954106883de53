import Client
import Domain
import Platform

/// Market operations' connection to the order port.
public typealias OperationsConnection<Stream: ByteStream> =
    SessionConnection<Stream, OperationsSession>

extension OperationsSession: SessionState {}

extension SessionConnection where State == OperationsSession {
    public convenience init(session: UInt32, password: String, stream: Stream, clock: Clock) {
        self.init(
            state: OperationsSession(session: session, password: password), stream: stream,
            clock: clock)
    }

    public func logon() throws(ToolError) { try logonSession() }

    /// Asks for a change and waits until it is done, deletions included. `what` names it in errors.
    /// Returns the engine's transaction (MassActionReportID).
    public func changeMarketState(
        _ action: MarketStateAction, product: Int32?, instrument: Int64?, what: String
    ) throws(ToolError) -> Timestamp {
        var transaction = Timestamp.none
        try ask(
            what, .allDeleted, answer: { transaction = $0.execID },
            write: { state, out in
                state.changeMarketState(
                    action, product: product, instrument: instrument, into: out)
            })
        return transaction
    }
}
