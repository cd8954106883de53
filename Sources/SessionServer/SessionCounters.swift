import Domain
import Telemetry

/// What a port has seen and done since it started, and who is there now.
public struct SessionCounters: CounterRecord, Equatable {
    public internal(set) var connectionsAccepted: UInt64 = 0
    public internal(set) var connectionsClosed: UInt64 = 0
    public internal(set) var connectionsOpen: UInt64 = 0
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
    public internal(set) var sessionsLoggedOn: UInt64 = 0
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

    /// In the order of the fields.
    public static var definitions: [CounterDefinition] {
        [
            .total("port.connections_accepted", "Connections accepted."),
            .total("port.connections_closed", "Connections closed, by whichever side."),
            .gauge("port.connections_open", "Connections that are open."),
            .total("port.frames", "Frames taken, heartbeats and refused ones included."),
            .total("port.client_heartbeats", "Heartbeats received."),
            .total("port.messages_sent", "Messages written for sending."),
            .total("port.heartbeats_sent", "Heartbeats among the messages written."),
            .total("port.logons", "Logons that succeeded."),
            .total("port.failed_logons", "Logons that were refused."),
            .total("port.user_logins", "User logins that succeeded."),
            .total("port.failed_user_logins", "User logins refused for a wrong password or user."),
            .total("port.password_checks", "Passwords that had to be checked by their hash."),
            .total("port.sessions_replaced", "Sessions ended by their own next logon."),
            .total("port.sessions_ended", "Sessions that ended, for whatever reason."),
            .gauge("port.sessions_logged_on", "Sessions that are logged on."),
            .total("port.heartbeat_violations", "Sessions ended because they were silent."),
            .total("port.logon_timeouts", "Connections closed because no logon came."),
            .total("port.slow_consumers_cut", "Connections cut because they did not read."),
        ] + rejectReasons.map { .total("port.rejects", "Rejects sent.", ["reason": $0]) }
    }

    private static let rejectReasons = [
        "field_missing", "value", "template", "group_count", "session_rule", "throttle", "busy",
        "validation", "business",
    ]

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
