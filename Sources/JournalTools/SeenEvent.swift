import Domain
import Reports

/// An event taken out of where it lies, to be looked at later.
struct SeenEvent {
    var event: Event
    var context: EventContext
    var fills: [Fill]

    init(_ record: EventRecord) {
        event = record.event
        context = record.context
        fills = (0..<record.fillCount).map(record.fill)
    }

    /// The session that the order belongs to.
    var owner: SessionIndex { context.ownerSession.isNone ? event.session : context.ownerSession }
}
