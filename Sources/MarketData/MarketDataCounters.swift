import Telemetry

/// What the publisher of market data has done since it started. Written by its thread alone.
public struct MarketDataCounters: CounterRecord, Equatable {
    public internal(set) var events: UInt64 = 0
    public internal(set) var messages: UInt64 = 0
    public internal(set) var incrementalPackets: UInt64 = 0
    public internal(set) var incrementalBytes: UInt64 = 0
    public internal(set) var snapshotMessages: UInt64 = 0
    public internal(set) var snapshotPackets: UInt64 = 0
    public internal(set) var snapshotBytes: UInt64 = 0
    public internal(set) var snapshotCycles: UInt64 = 0
    public internal(set) var heartbeats: UInt64 = 0
    public internal(set) var sendErrors: UInt64 = 0
    public internal(set) var overruns: UInt64 = 0
    public internal(set) var listings: UInt64 = 0
    public internal(set) var contradictions: UInt64 = 0
    public internal(set) var sequence: UInt64 = 0
    public internal(set) var orders: UInt64 = 0
    public internal(set) var isIncomplete: UInt64 = 0

    public init() {}

    /// In the order of the fields.
    public static var definitions: [CounterDefinition] {
        [
            .total("feed.events", "Events read from the venue's ring."),
            .total("feed.messages", "Messages of the incremental channel, heartbeats apart."),
            .total("feed.packets", "Packets made, by channel.", ["channel": "incremental"]),
            .total("feed.packet_bytes", "Bytes of them.", ["channel": "incremental"]),
            .total("feed.snapshot_messages", "Messages of the snapshot channel."),
            .total("feed.packets", "Packets made, by channel.", ["channel": "snapshot"]),
            .total("feed.packet_bytes", "Bytes of them.", ["channel": "snapshot"]),
            .total("feed.snapshot_cycles", "Times that every product was told whole."),
            .total("feed.heartbeats", "Heartbeats of quiet products."),
            .total("feed.send_errors", "Copies of packets that the system did not take."),
            .total("feed.overruns", "Times the event ring was overwritten before it was read."),
            .total("feed.listings", "Lists of all orders taken over after an overrun."),
            .total("feed.contradictions", "Events that contradict those before them."),
            .gauge("feed.sequence", "Sequence of the last command published."),
            .gauge("feed.orders", "Orders in the public book."),
            .gauge("feed.incomplete", "1 while the book is being made whole after an overrun."),
        ]
    }
}
