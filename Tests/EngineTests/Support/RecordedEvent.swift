import Domain

/// One record of the event ring, taken apart into its slots.
struct RecordedEvent {
    var head: Event
    var context: EventContext?
    var fills: [Fill] = []
    var parties: OrderParties?
    var texts: OrderTexts?

    init(_ head: Event) { self.head = head }

    /// Slots the record must say it has.
    var slotCount: Int {
        1 + (context == nil ? 0 : 1) + (fills.count + Fill.perSlot - 1) / Fill.perSlot
            + (parties == nil ? 0 : 1) + (texts == nil ? 0 : 1)
    }

    var flags: Event.Flags { head.flags }
    var kind: Event.Kind { head.kind }
}

/// The bytes of a trivial value, for records without `Equatable` and without padding.
func haveSameBytes<Value: BitwiseCopyable>(_ a: Value, _ b: Value) -> Bool {
    withUnsafeBytes(of: a) { first in
        withUnsafeBytes(of: b) { second in first.elementsEqual(second) }
    }
}

/// The same record in all its slots.
func areSame(_ a: RecordedEvent, _ b: RecordedEvent) -> Bool {
    guard haveSameBytes(a.head, b.head), a.fills == b.fills else { return false }
    return EventDifference.first(expected: a, actual: b) == nil
}
