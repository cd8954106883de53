import Domain
import Telemetry

/// How often each rule of the engine refused a request.
struct RejectCounts: BitwiseCopyable {
    /// The engine's rules in the order of their numbers, from 100; as labels of a counter.
    static let rules = [
        "instrument_not_continuous", "order_not_found", "order_ids_disagree",
        "not_entitled_to_order", "clordid_not_unique", "order_not_named", "persistent_lean",
        "time_in_force_not_offered", "ordtype_not_offered", "book_or_cancel_not_offered",
        "market_order_not_ioc", "market_order_with_price", "limit_without_price", "side_changed",
        "persistence_changed", "recovery_changed", "instrument_changed",
        "time_in_force_changed", "price_off_tick", "price_out_of_range", "quantity_not_positive",
        "quantity_off_lot", "quantity_above_maximum", "order_pool_full", "price_level_pool_full",
        "trade_ids_exhausted", "mass_cancels_pending", "execution_restriction_not_offered",
        "stop_price_not_offered", "ownership_change_not_offered", "product_state_forbids",
        "instrument_state_forbids", "business_day_not_over", "market_operation_pending",
        // What the gateway found and left to the engine to say in its turn.
        "message",
    ]
    static let count = 35

    var byRule = InlineArray<35, UInt64>(repeating: 0)

    mutating func note(_ detail: RejectDetail) {
        let index = Int(detail.rawValue) - Int(RejectDetail.instrumentNotContinuous.rawValue)
        byRule[index >= 0 && index < Self.count - 1 ? index : Self.count - 1] &+= 1
    }
}

/// What the engine has done since it started, and how full it is.
public struct EngineCounters: CounterRecord {
    /// By `Command.Kind`.
    var commands = InlineArray<11, UInt64>(repeating: 0)
    var rejects = RejectCounts()
    var suspendedMatches: UInt64 = 0
    var eventRingWaits: UInt64 = 0
    var sequencedRingWaits: UInt64 = 0
    var lastSequence: UInt64 = 0
    var tradeSides: UInt64 = 0
    var massCancelsPending: UInt64 = 0

    var ordersInUse: UInt64 = 0
    var orderCapacity: UInt64 = 0
    var orderDetailsInUse: UInt64 = 0
    var orderDetailsCapacity: UInt64 = 0
    var pricePagesInUse: UInt64 = 0
    var pricePageCapacity: UInt64 = 0
    var instruments: UInt64 = 0

    var commandSlotsRead: UInt64 = 0
    var commandBacklog: UInt64 = 0
    var commandBacklogMax: UInt64 = 0
    var commandCapacity: UInt64 = 0
    var eventSlotsPublished: UInt64 = 0
    var eventBacklog: UInt64 = 0
    var eventBacklogMax: UInt64 = 0
    var eventCapacity: UInt64 = 0

    /// `Command.Kind` in the order of its raw values, as labels.
    static let kinds = [
        "new_order", "modify_order", "delete_order", "delete_all_orders", "session_started",
        "session_ended", "continue_mass_cancel", "start_business_day", "change_market_state",
        "list_orders", "restart",
    ]

    public static var definitions: [CounterDefinition] {
        kinds.map { .total("engine.commands", "Commands applied, by kind.", ["kind": $0]) }
            + RejectCounts.rules.map {
                .total("engine.rejects", "Requests refused, by the rule broken.", ["rule": $0])
            } + [
                .total(
                    "engine.suspended_matches",
                    "Matches that waited in the middle for room in the event ring."),
                .total(
                    "engine.event_ring_waits",
                    "Duty cycles that ended because the event ring had no room."),
                .total(
                    "engine.sequenced_ring_waits",
                    "Duty cycles that ended because the ring to the journal had no room."),
                .total("engine.sequence", "Sequence of the last command."),
                .gauge("engine.trade_sides", "Sides of trades made this business day."),
                .gauge("engine.mass_cancels_pending", "Mass cancels under way."),
                .gauge("pool.orders_in_use", "Live orders."),
                .gauge("pool.orders_capacity", "Live orders there is room for."),
                .gauge("pool.order_details_in_use", "Live orders that carry details."),
                .gauge("pool.order_details_capacity", "Orders with details there is room for."),
                .gauge("pool.price_pages_in_use", "Groups of 64 neighbouring prices in use."),
                .gauge("pool.price_pages_capacity", "Groups of prices there is room for."),
                .gauge("engine.instruments", "Instruments, each with an order book."),
            ] + ring("commands") + ring("events")
    }

    /// The gauges of a ring, the way apus-stat looks for them.
    private static func ring(_ name: String) -> [CounterDefinition] {
        let label: KeyValuePairs = ["ring": name]
        return [
            .total("ring.slots", "Slots that went through the ring.", label),
            .gauge("ring.backlog_slots", "Slots published and not yet released.", label),
            .gauge("ring.backlog_max_slots", "The largest backlog seen when sampled.", label),
            .gauge("ring.capacity_slots", "Slots of the ring.", label),
        ]
    }
}

extension Partition {
    /// Puts the partition's gauges into the counters.
    func note(in counters: inout EngineCounters) {
        counters.rejects = rejectCounts
        counters.lastSequence = lastSequence
        counters.tradeSides = UInt64(lastTradeNumber)
        counters.massCancelsPending = UInt64(massCancelQueue.count)
        counters.ordersInUse = UInt64(books.orders.count)
        counters.orderCapacity = UInt64(books.orders.capacity)
        counters.orderDetailsInUse = UInt64(details.count)
        counters.orderDetailsCapacity = UInt64(details.capacity)
        counters.pricePagesInUse = UInt64(books.pageCount)
        counters.pricePageCapacity = UInt64(configuration.pageCapacity)
        counters.instruments = UInt64(instruments.count)
    }
}
