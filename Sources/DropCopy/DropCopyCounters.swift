import Telemetry

/// What a publisher has done since it started. Written by its thread alone.
public struct DropCopyCounters: CounterRecord, Equatable {
    public internal(set) var records: UInt64 = 0
    public internal(set) var filled: UInt64 = 0
    public internal(set) var overruns: UInt64 = 0
    public internal(set) var contradictions: UInt64 = 0
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var gapsSent: UInt64 = 0
    public internal(set) var retransmissions: UInt64 = 0
    public internal(set) var messagesResent: UInt64 = 0
    public internal(set) var listenersLeftBehind: UInt64 = 0
    public internal(set) var venuesAttached: UInt64 = 1
    public internal(set) var sequence: UInt64 = 0
    public internal(set) var listeners: UInt64 = 0
    public internal(set) var historyBytes: UInt64 = 0

    public init() {}

    /// In the order of the fields.
    public static var definitions: [CounterDefinition] {
        [
            .total("dropcopy.records", "Events read from the venue's ring."),
            .total("dropcopy.filled", "Events read from the venue's archive instead."),
            .total(
                "dropcopy.overruns", "Times the venue's ring was overwritten before it was read."),
            .total(
                "dropcopy.contradictions",
                "Events that contradict the configuration or events before them."),
            .total("dropcopy.messages_sent", "Messages sent to subscribers, gaps included."),
            .total("dropcopy.gaps_sent", "Gap messages sent to subscribers."),
            .total("dropcopy.retransmissions", "Requests for retransmission answered."),
            .total("dropcopy.messages_resent", "Messages sent in such answers."),
            .total(
                "dropcopy.listeners_left_behind",
                "Listeners cut because what they were to hear next is forgotten."),
            .total("dropcopy.venues_attached", "Runs of the venue attached to."),
            .gauge("dropcopy.sequence", "Sequence of the last command read whole."),
            .gauge("dropcopy.listeners", "Sessions with subscriptions."),
            .gauge("dropcopy.history_bytes", "Bytes of history kept."),
        ]
    }
}
