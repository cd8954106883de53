import Domain

/// What the gateway has seen and done since it started. Written by its thread alone.
public struct GatewayCounters: BitwiseCopyable, Sendable, Equatable {
    public var connectionsAccepted: UInt64 = 0
    public var connectionsClosed: UInt64 = 0
    public var frames: UInt64 = 0
    public var clientHeartbeats: UInt64 = 0
    public var commands: UInt64 = 0
    public var events: UInt64 = 0
    public var messagesSent: UInt64 = 0
    public var heartbeatsSent: UInt64 = 0

    public var logons: UInt64 = 0
    public var failedLogons: UInt64 = 0
    public var userLogins: UInt64 = 0
    public var failedUserLogins: UInt64 = 0
    public var passwordChecks: UInt64 = 0
    public var sessionsReplaced: UInt64 = 0
    public var sessionsEnded: UInt64 = 0
    public var heartbeatViolations: UInt64 = 0
    public var logonTimeouts: UInt64 = 0
    public var slowConsumersCut: UInt64 = 0

    /// Frames left unread because the command ring was full.
    public var commandRingFull: UInt64 = 0
    /// Answers and notifications whose logon was over when they came.
    public var eventsWithoutReader: UInt64 = 0

    public var rejectsFieldMissing: UInt64 = 0
    public var rejectsValue: UInt64 = 0
    public var rejectsTemplate: UInt64 = 0
    public var rejectsGroupCount: UInt64 = 0
    public var rejectsSessionRule: UInt64 = 0
    public var rejectsThrottle: UInt64 = 0
    public var rejectsBusy: UInt64 = 0
    public var rejectsValidation: UInt64 = 0
    /// Reasons from 10000 up: about the order and not about the message.
    public var rejectsBusiness: UInt64 = 0

    public init() {}

    public var rejects: UInt64 {
        rejectsFieldMissing + rejectsValue + rejectsTemplate + rejectsGroupCount
            + rejectsSessionRule + rejectsThrottle + rejectsBusy + rejectsValidation
            + rejectsBusiness
    }

    mutating func countReject(_ reason: RejectReason) {
        switch reason {
        case .requiredFieldMissing: rejectsFieldMissing += 1
        case .valueIncorrect: rejectsValue += 1
        case .invalidTemplate: rejectsTemplate += 1
        case .groupCount: rejectsGroupCount += 1
        case .other: rejectsSessionRule += 1
        case .throttle: rejectsThrottle += 1
        case .temporarilyUnavailable: rejectsBusy += 1
        default:
            if reason.rawValue >= 10_000 { rejectsBusiness += 1 } else { rejectsValidation += 1 }
        }
    }
}
