import CApusMatching
import EmbeddedMatching
import Testing

/// An engine behind the C interface, used as a C program would.
final class EmbeddedMarket {
    let engine: OpaquePointer
    private var time: UInt64 = 1_000

    static let tick: Int64 = 1_000_000
    static let unit: Int64 = 10_000

    /// Two products of two instruments each, three sessions.
    init(_ change: (inout apus_config) -> Void = { _ in }) throws {
        engine = try Self.create(changing: change).get()
    }

    deinit { #expect(apus_engine_destroy(engine) == APUS_OK) }

    static func product(instruments: UInt32 = 2) -> apus_product {
        apus_product(
            tick: tick, lot: unit, quantity_max: 1_000 * unit, instrument_count: instruments,
            reserved: 0)
    }

    static func create(
        _ products: [apus_product] = [product(), product()],
        changing change: (inout apus_config) -> Void = { _ in }
    ) -> Result<OpaquePointer, Refusal> {
        var engine: OpaquePointer?
        let status = products.withUnsafeBufferPointer { products in
            var config = apus_config()
            apus_config_init(&config, products.baseAddress, UInt32(products.count))
            config.session_count = 3
            change(&config)
            return apus_engine_create(&config, &engine)
        }
        guard let engine else { return .failure(Refusal(status: status)) }
        return .success(engine)
    }

    struct Refusal: Error, Equatable {
        var status: apus_status
    }

    // MARK: Requests

    /// A limit order for the day of session 0, one of whose lots costs so many ticks.
    static func order(
        _ name: UInt64, _ side: Int, _ ticks: Int64, _ lots: Int64, session: UInt32 = 0,
        instrument: UInt32 = 0
    ) -> apus_request {
        var request = apus_request()
        request.session = session
        request.instrument = instrument
        request.side = UInt8(side)
        request.cl_ord_id = name
        request.price = ticks * tick
        request.quantity = lots * unit
        return request
    }

    @discardableResult
    func enter(_ request: apus_request) -> [apus_event] { send(request, apus_engine_enter) }

    @discardableResult
    func modify(_ request: apus_request) -> [apus_event] { send(request, apus_engine_modify) }

    @discardableResult
    func cancel(_ request: apus_request) -> [apus_event] { send(request, apus_engine_cancel) }

    func now() -> UInt64 {
        time += 10
        return time
    }

    private func send(
        _ request: apus_request,
        _ function: (OpaquePointer?, UnsafePointer<apus_request>?) -> apus_status
    ) -> [apus_event] {
        var request = request
        if request.time == 0 { request.time = now() }
        #expect(function(engine, &request) == APUS_OK)
        return takeAll()
    }

    // MARK: Answers

    /// Takes all events, so many at a time.
    func takeAll(_ capacity: Int = 16) -> [apus_event] {
        var taken: [apus_event] = []
        while true {
            let events = take(capacity)
            taken += events
            if events.isEmpty { return taken }
        }
    }

    func take(_ capacity: Int) -> [apus_event] {
        var events = [apus_event](repeating: apus_event(), count: max(1, capacity))
        var count = -1
        #expect(apus_engine_take_events(engine, &events, capacity, &count) == APUS_OK)
        return Array(events.prefix(count))
    }

    var best: apus_best { best(0) }

    func best(_ instrument: UInt32) -> apus_best {
        var best = apus_best()
        #expect(apus_engine_best(engine, instrument, &best) == APUS_OK)
        return best
    }

    /// The best levels in words, as "10 at 100 of 2".
    func depth(_ side: Int, _ capacity: Int = 32, instrument: UInt32 = 0) -> [String] {
        var levels = [apus_level](repeating: apus_level(), count: max(1, capacity))
        var count = -1
        let status = apus_engine_depth(
            engine, instrument, UInt8(side), &levels, capacity, &count)
        #expect(status == APUS_OK)
        return levels.prefix(count).map {
            "\($0.quantity / Self.unit) at \($0.price / Self.tick) of \($0.order_count)"
        }
    }

    var counts: apus_counts {
        var counts = apus_counts()
        #expect(apus_engine_counts(engine, &counts) == APUS_OK)
        return counts
    }

    var stateHash: UInt64 {
        var hash: UInt64 = 0
        #expect(apus_engine_state_hash(engine, &hash) == APUS_OK)
        return hash
    }
}

/// The bytes of events, of which all count.
func bytes(_ events: [apus_event]) -> [UInt8] { events.withUnsafeBytes(Array.init) }

func kinds(_ events: [apus_event]) -> [UInt32] { events.map { UInt32($0.kind) } }

func kinds(_ kinds: apus_event_kind...) -> [UInt32] { kinds.map(\.rawValue) }
