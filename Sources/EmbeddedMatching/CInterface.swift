// swift-format-ignore-file: AlwaysUseLowerCamelCase

import CApusMatching

// The functions of apus_matching.h, as far as they are about an engine. The compiler sees to it that they
// are what the header says, which gives them their names.

private typealias Place = UnsafeMutablePointer<EmbeddedEngine>

@c @implementation
public func apus_engine_create(
    _ config: UnsafePointer<apus_config>?, _ engine: UnsafeMutablePointer<OpaquePointer?>?
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    engine.pointee = nil
    guard let config else { return APUS_NULL_ARGUMENT }
    return EmbeddedEngine.make(config.pointee, &engine.pointee)
}

@c @implementation
public func apus_engine_destroy(_ engine: OpaquePointer?) -> apus_status {
    guard let engine else { return APUS_OK }
    let place = Place(engine)
    guard place.pointee.obstacle != APUS_WITHIN_CALLBACK else { return APUS_WITHIN_CALLBACK }
    place.deinitialize(count: 1)
    place.deallocate()
    return APUS_OK
}

@c @implementation
public func apus_engine_enter(
    _ engine: OpaquePointer?, _ request: UnsafePointer<apus_request>?
) -> apus_status {
    guard let engine, let request else { return APUS_NULL_ARGUMENT }
    return told(Place(engine), Place(engine).pointee.enter(request))
}

@c @implementation
public func apus_engine_modify(
    _ engine: OpaquePointer?, _ request: UnsafePointer<apus_request>?
) -> apus_status {
    guard let engine, let request else { return APUS_NULL_ARGUMENT }
    return told(Place(engine), Place(engine).pointee.modify(request))
}

@c @implementation
public func apus_engine_cancel(
    _ engine: OpaquePointer?, _ request: UnsafePointer<apus_request>?
) -> apus_status {
    guard let engine, let request else { return APUS_NULL_ARGUMENT }
    return told(Place(engine), Place(engine).pointee.cancel(request))
}

@c @implementation
public func apus_engine_cancel_all(
    _ engine: OpaquePointer?, _ session: UInt32, _ trader: UInt32, _ product: UInt32, _ time: UInt64
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    return told(
        Place(engine),
        Place(engine).pointee.cancelAll(
            session: session, trader: trader, product: product, time: time))
}

@c @implementation
public func apus_engine_end_session(
    _ engine: OpaquePointer?, _ session: UInt32, _ time: UInt64
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    return told(Place(engine), Place(engine).pointee.endSession(session, time: time))
}

@c @implementation
public func apus_engine_start_session(
    _ engine: OpaquePointer?, _ session: UInt32, _ time: UInt64
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    return told(Place(engine), Place(engine).pointee.startSession(session, time: time))
}

@c @implementation
public func apus_engine_change_state(
    _ engine: OpaquePointer?, _ action: UInt8, _ product: UInt32, _ instrument: UInt32,
    _ date: UInt32, _ time: UInt64
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    return told(
        Place(engine),
        Place(engine).pointee.changeState(
            action, product: product, instrument: instrument, date: date, time: time))
}

/// Passes a request's status on, after the callback heard what happened.
@inline(__always)
private func told(_ engine: Place, _ status: apus_status) -> apus_status {
    if engine.pointee.callback != nil, status == APUS_OK { EmbeddedEngine.tell(engine) }
    return status
}

// MARK: Events

@c @implementation
public func apus_engine_take_events(
    _ engine: OpaquePointer?, _ events: UnsafeMutablePointer<apus_event>?, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> apus_status {
    guard let engine, let events, let count else { return APUS_NULL_ARGUMENT }
    guard Place(engine).pointee.obstacle != APUS_WITHIN_CALLBACK else {
        return APUS_WITHIN_CALLBACK
    }
    // More than fit in memory are no events.
    let most = Int(UInt32.max)
    count.pointee = Place(engine).pointee.take(
        into: events, capacity: capacity < 0 ? most : min(capacity, most))
    return APUS_OK
}

@c @implementation
public func apus_engine_set_callback(
    _ engine: OpaquePointer?, _ callback: apus_event_callback?, _ context: UnsafeMutableRawPointer?
) -> apus_status {
    guard let engine else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.setCallback(callback, context)
}

// MARK: Questions

@c @implementation
public func apus_engine_best(
    _ engine: OpaquePointer?, _ instrument: UInt32, _ best: UnsafeMutablePointer<apus_best>?
) -> apus_status {
    guard let engine, let best else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.best(instrument, &best.pointee)
}

@c @implementation
public func apus_engine_depth(
    _ engine: OpaquePointer?, _ instrument: UInt32, _ side: UInt8,
    _ levels: UnsafeMutablePointer<apus_level>?, _ capacity: Int,
    _ count: UnsafeMutablePointer<Int>?
) -> apus_status {
    guard let engine, let levels, let count else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.depth(instrument, side, levels, capacity, &count.pointee)
}

@c @implementation
public func apus_engine_find_order(
    _ engine: OpaquePointer?, _ session: UInt32, _ clOrdID: UInt64,
    _ order: UnsafeMutablePointer<apus_order>?
) -> apus_status {
    guard let engine, let order else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.find(clOrdID, of: session, &order.pointee)
}

@c @implementation
public func apus_engine_find_order_id(
    _ engine: OpaquePointer?, _ orderID: UInt64, _ order: UnsafeMutablePointer<apus_order>?
) -> apus_status {
    guard let engine, let order else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.find(orderID, &order.pointee)
}

@c @implementation
public func apus_engine_counts(
    _ engine: OpaquePointer?, _ counts: UnsafeMutablePointer<apus_counts>?
) -> apus_status {
    guard let engine, let counts else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.count(&counts.pointee)
}

@c @implementation
public func apus_engine_state_hash(
    _ engine: OpaquePointer?, _ hash: UnsafeMutablePointer<UInt64>?
) -> apus_status {
    guard let engine, let hash else { return APUS_NULL_ARGUMENT }
    return Place(engine).pointee.hash(&hash.pointee)
}
