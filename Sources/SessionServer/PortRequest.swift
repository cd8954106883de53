import Domain
import Wire

/// Something a session wants that the port's agent has to decide.
///
/// All that the message alone and the session's state can show has been judged: template, MsgSeqNum,
/// throttle, every field's presence and range, the trader. The agent judges the rest and says with
/// `SessionPort.finish` what became of it.
public struct PortRequest: BitwiseCopyable {
    public enum Kind: UInt8, BitwiseCopyable {
        /// A request that the session layer only passes on.
        case application
        /// A session is about to log on. Before saying `.taken` the agent takes note of sessions that
        /// ended: an older instance of this one may be among them.
        case sessionStart
        /// A subscription that this port offers, with a scope that is allowed.
        case subscribe
        /// The end of a subscription the session has.
        case unsubscribe
    }

    public let kind: Kind
    public let template: TemplateID
    /// The whole frame, for the template's view. Valid until `finish`.
    public let frame: UnsafeRawPointer
    /// The connection's place in the network's table.
    public let connection: Int
    public let session: SessionIndex
    /// Of a `sessionStart` the instance that will begin.
    public let sessionInstanceID: UInt32
    public let msgSeqNum: UInt32
    /// Of `subscribe` and `unsubscribe` the subscription's handle (ApplSubID).
    public let applSubID: UInt32
    /// RequestTime: when the port saw the bytes.
    public let receivedAt: Timestamp
}

extension PortRequest {
    /// The next request of the application on the same connection.
    @inlinable
    init(
        _ last: PortRequest, _ template: TemplateID, _ frame: UnsafeRawPointer, msgSeqNum: UInt32
    ) {
        kind = .application
        self.template = template
        self.frame = frame
        connection = last.connection
        session = last.session
        sessionInstanceID = last.sessionInstanceID
        self.msgSeqNum = msgSeqNum
        applSubID = last.applSubID
        receivedAt = last.receivedAt
    }

    /// Stands where there is no request; its frame is nowhere.
    init() {
        self.init(
            kind: .application, template: .heartbeat, frame: UnsafeRawPointer(bitPattern: -1)!,
            connection: -1, session: .none, sessionInstanceID: 0, msgSeqNum: 0, applSubID: 0,
            receivedAt: .none)
    }
}

/// What became of a frame.
public enum FrameOutcome: BitwiseCopyable {
    /// Passed on, to be answered later, by `space`, `commit` and `noteAnswered`; the next one may
    /// follow.
    case forwarded
    /// Done with; the next one may follow.
    case taken
    /// To be answered with a Reject.
    case refused(Refusal)
    /// Stays unread until an answer or a verdict comes, which puts the connection on the run list.
    case waits
    /// Stays unread because there is no room for it; tried again in the next cycle.
    case retries
    /// The connection is being closed; what else it sent does not matter.
    case ended
}

/// Why a request is refused, as data for its answer.
public struct Refusal: BitwiseCopyable, Sendable {
    var detail: RejectDetail
    var endsSession = false
    /// What the text names, where it names a number.
    var number: Int64 = 0
    var field: WireField?
    var templateID: UInt16 = 0

    public init(_ detail: RejectDetail, number: Int64 = 0) {
        self.detail = detail
        self.number = number
    }

    public init(_ violation: FieldViolation, of template: TemplateID) {
        detail =
            switch violation.kind {
            case .missing: .fieldMissing
            case .invalidValue: .fieldValue
            case .groupCount: .groupCount
            }
        field = violation.field
        templateID = template.rawValue
    }

    init(endingSession detail: RejectDetail, number: Int64 = 0) {
        self.detail = detail
        self.number = number
        endsSession = true
    }

    /// About a template that is not spoken, or not offered.
    init(unknownTemplate id: UInt16) {
        detail = .unknownTemplate
        templateID = id
    }
}

/// An instance of a session that is over; the port's agent learns of each exactly once.
public struct EndedSession: BitwiseCopyable, Sendable {
    public let session: SessionIndex
    public let sessionInstanceID: UInt32
    public let reason: MassActionReason
}
