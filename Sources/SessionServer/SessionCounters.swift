import Domain

/// What a port has seen and done since it started. Written by its thread alone.
public struct SessionCounters: BitwiseCopyable, Sendable, Equatable {
    public internal(set) var connectionsAccepted: UInt64 = 0
    public internal(set) var connectionsClosed: UInt64 = 0
    public internal(set) var frames: UInt64 = 0
    public internal(set) var clientHeartbeats: UInt64 = 0
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var heartbeatsSent: UInt64 = 0

    public internal(set) var logons: UInt64 = 0
    public internal(set) var failedLogons: UInt64 = 0
    public internal(set) var userLogins: UInt64 = 0
    public internal(set) var failedUserLogins: UInt64 = 0
    public internal(set) var passwordChecks: UInt64 = 0
    public internal(set) var sessionsReplaced: UInt64 = 0
    public internal(set) var sessionsEnded: UInt64 = 0
    public internal(set) var heartbeatViolations: UInt64 = 0
    public internal(set) var logonTimeouts: UInt64 = 0
    public internal(set) var slowConsumersCut: UInt64 = 0

    public internal(set) var rejectsFieldMissing: UInt64 = 0
    public internal(set) var rejectsValue: UInt64 = 0
    public internal(set) var rejectsTemplate: UInt64 = 0
    public internal(set) var rejectsGroupCount: UInt64 = 0
    public internal(set) var rejectsSessionRule: UInt64 = 0
    public internal(set) var rejectsThrottle: UInt64 = 0
    public internal(set) var rejectsBusy: UInt64 = 0
    public internal(set) var rejectsValidation: UInt64 = 0
    /// Reasons from 10000 up: about the order and not about the message.
    public internal(set) var rejectsBusiness: UInt64 = 0

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
