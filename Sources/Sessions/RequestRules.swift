import Domain
import Wire

// What the session layer knows about each template; new requests state their place here.
extension TemplateID {
    /// Counts against the throttle. Exempt is what opens and closes sessions, keeps them alive, or
    /// takes risk out of the market.
    public var isThrottled: Bool {
        switch self {
        case .logonRequest, .logoutRequest, .userLoginRequest, .userLogoutRequest,
            .subscribeRequest, .unsubscribeRequest, .retransmitRequest,
            .retransmitMEMessageRequest, .heartbeat, .deleteOrderSingleRequest,
            .deleteAllOrderRequest, .marketStateRequest:
            false
        default: true
        }
    }

    /// Carries MsgSeqNum.
    @inlinable public var isSequenced: Bool { self != .heartbeat }

    /// Is made in the name of a trader, who must be logged in on the session.
    public var needsTrader: Bool {
        switch self {
        case .newOrderSingleRequest, .newOrderSingleShortRequest, .modifyOrderSingleRequest,
            .modifyOrderSingleShortRequest, .deleteOrderSingleRequest, .deleteAllOrderRequest:
            true
        default: false
        }
    }

    /// Is passed on by the session layer, which answers the others itself.
    public var isForAgent: Bool {
        switch self {
        case .logonRequest, .logoutRequest, .heartbeat, .userLoginRequest, .userLogoutRequest,
            .subscribeRequest, .unsubscribeRequest:
            false
        default: isRequest
        }
    }

    /// Is offered to sessions of this kind on this port. Market operations belong to no business
    /// unit, so they have no traders and enter no orders. Listeners may ask for all their streams
    /// again, trading sessions for their own data. Who may change market states, the port's agent
    /// says.
    public func isOffered(to kind: SessionDefinition.Kind, on port: PortKind) -> Bool {
        guard isRequest, port.admits(kind) else { return false }
        return switch self {
        case .logonRequest, .logoutRequest, .heartbeat, .subscribeRequest, .unsubscribeRequest:
            true
        case .userLoginRequest, .userLogoutRequest: kind != .operations
        case .retransmitRequest: port == .dropCopy
        case .retransmitMEMessageRequest: port == .dropCopy || kind == .trading
        case .marketStateRequest: port == .order
        default: kind == .trading
        }
    }
}
