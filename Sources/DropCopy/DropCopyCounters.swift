/// What a publisher has done since it started. Written by its thread alone.
public struct DropCopyCounters: Sendable, Equatable {
    public internal(set) var records: UInt64 = 0
    public internal(set) var overruns: UInt64 = 0
    /// Events of this life of the venue that contradicted its configuration or the events before.
    public internal(set) var contradictions: UInt64 = 0
    public internal(set) var messagesSent: UInt64 = 0
    public internal(set) var gapsSent: UInt64 = 0
    public internal(set) var messagesResent: UInt64 = 0
    public internal(set) var retransmissions: UInt64 = 0
    /// Listeners cut because what they were to hear next was forgotten.
    public internal(set) var listenersLeftBehind: UInt64 = 0
    public internal(set) var venuesAttached: UInt64 = 1
}
