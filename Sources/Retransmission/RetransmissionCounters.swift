import Telemetry

/// What was told again since the venue started, and what became of the history. Written by one thread.
public struct RetransmissionCounters: CounterRecord, Equatable {
    public internal(set) var requests: UInt64 = 0
    public internal(set) var messages: UInt64 = 0
    public internal(set) var gaps: UInt64 = 0
    public internal(set) var refusals: UInt64 = 0
    public internal(set) var waits: UInt64 = 0

    public init() {}

    public static var definitions: [CounterDefinition] {
        [
            .total("retransmission.requests", "Requests for session data answered with messages."),
            .total("retransmission.messages", "Messages in such answers, gaps included."),
            .total("retransmission.gaps", "Gap messages in such answers."),
            .total(
                "retransmission.refusals",
                "Requests refused because the history could not be read, or was too late."),
            .total(
                "retransmission.waits",
                "Requests that waited until the history had all that the session was told."),
        ]
    }
}
