import Telemetry

/// What the gateway has passed between its port and the engine since it started; what the port itself
/// has seen is in `SessionCounters`.
public struct GatewayCounters: CounterRecord, Equatable {
    public internal(set) var commands: UInt64 = 0
    public internal(set) var events: UInt64 = 0
    public internal(set) var commandRingFull: UInt64 = 0
    public internal(set) var eventsWithoutReader: UInt64 = 0
    public internal(set) var notAdmitted: UInt64 = 0
    public internal(set) var publicFirstWaits: UInt64 = 0
    public internal(set) var publicFirstTimeouts: UInt64 = 0
    public internal(set) var retransmissions: UInt64 = 0
    public internal(set) var messagesResent: UInt64 = 0

    public init() {}

    public static var definitions: [CounterDefinition] {
        [
            .total("gateway.commands", "Requests and session changes handed to the engine."),
            .total("gateway.events", "Events of the engine taken over."),
            .total(
                "gateway.command_ring_waits",
                "Frames left unread for a while because the command ring had no room."),
            .total(
                "gateway.events_without_reader",
                "Answers and notifications whose logon was over when they came."),
            .total(
                "gateway.not_admitted",
                "Requests refused (102) because the journal could not take them."),
            .total(
                "gateway.public_first_waits",
                "Times that answers waited until the public was told (publicFirst strict)."),
            .total(
                "gateway.public_first_timeouts",
                "Times that such waiting was given up because the feed stood still."),
            .total("gateway.retransmissions", "Requests for session data answered."),
            .total("gateway.messages_resent", "Messages sent in such answers."),
        ]
    }
}
