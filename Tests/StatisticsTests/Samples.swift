import Telemetry

@testable import Statistics

extension Snapshot {
    /// A venue with one thread, ring and pool, and a drop copy.
    static func sample(
        seconds: UInt64 = 60, venue: String = "demo", orders: UInt64 = 1_200, deletes: UInt64 = 0
    ) -> Snapshot {
        Snapshot(
            venue: venue, processID: 4711, startNanos: 1_000_000_000,
            timeNanos: (1 + seconds) * 1_000_000_000,
            programs: [
                Program(
                    name: "venue",
                    samples: [
                        .total("engine.commands", orders, ["kind": "new_order"]),
                        .total("engine.commands", deletes, ["kind": "delete_order"]),
                        .total("engine.event_ring_waits", 0),
                        .gauge("engine.trade_sides", 42),
                        .gauge("pool.orders_in_use", 250), .gauge("pool.orders_capacity", 1_000),
                        .total("ring.slots", orders * 2, ["ring": "events"]),
                        .gauge("ring.backlog_slots", 16, ["ring": "events"]),
                        .gauge("ring.backlog_max_slots", 640, ["ring": "events"]),
                        .gauge("ring.capacity_slots", 1_024, ["ring": "events"]),
                        .total("thread.cycles", seconds * 5_000, ["thread": "orders"]),
                        .total("thread.work", orders, ["thread": "orders"]),
                        .total("thread.busy_nanos", seconds * 250_000_000, ["thread": "orders"]),
                        .total("thread.sleeps", seconds * 3, ["thread": "orders"]),
                        .total("thread.stalls", 2, ["thread": "orders"]),
                        .gauge("thread.cycle_max_nanos", 4_200_000, ["thread": "orders"]),
                        .gauge("thread.cycle_recent_max_nanos", 87_000, ["thread": "orders"]),
                    ]),
                Program(name: "dropcopy", samples: [.total("dropcopy.messages", 2_400)]),
            ])
    }
}

extension Snapshot.Sample {
    static func total(
        _ family: String, _ value: UInt64, _ labels: KeyValuePairs<String, String> = [:]
    ) -> Snapshot.Sample {
        Snapshot.Sample(counter: .total(family, "Counts \(family).", labels), value: value)
    }

    static func gauge(
        _ family: String, _ value: UInt64, _ labels: KeyValuePairs<String, String> = [:]
    ) -> Snapshot.Sample {
        Snapshot.Sample(counter: .gauge(family, "Shows \\ \(family).", labels), value: value)
    }
}
