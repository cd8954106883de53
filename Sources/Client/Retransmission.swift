import Wire

/// The answer to a request for messages again: how many follow it at once, and how far they reach.
///
/// An end short of what was asked for means: ask again from there.
public enum Retransmission: Equatable, Sendable {
    /// Trades (10009): the last number that follows, if any does, and the last there is.
    case trades(count: Int, end: UInt64?, last: UInt64?)
    /// Listener data (10027): the same by ApplMsgID.
    case messages(count: Int, end: ApplMsgID?, last: ApplMsgID?)

    /// Nil for any other message.
    public init?(_ inbound: Inbound) {
        guard inbound.kind == .retransmitted else { return nil }
        if FrameHeader(inbound.base).templateID == TemplateID.retransmitResponse.rawValue {
            let view = RetransmitResponseView(inbound.base)
            func number(_ raw: UInt64) -> UInt64? { raw == Null.u64 ? nil : raw }
            self = .trades(
                count: Int(view.applTotalMessageCount), end: number(view.applEndSeqNum),
                last: number(view.refApplLastSeqNum))
        } else {
            let view = RetransmitMEMessageResponseView(inbound.base)
            func identifier(_ bytes: UnsafeRawBufferPointer) -> ApplMsgID? {
                let identifier = ApplMsgID(bytes)
                return identifier.isNone ? nil : identifier
            }
            self = .messages(
                count: Int(view.applTotalMessageCount), end: identifier(view.applEndMsgID),
                last: identifier(view.refApplLastMsgID))
        }
    }
}
