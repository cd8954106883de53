import Domain

/// An event with what lies behind its head, read where it lies: in a ring or in a history.
///
/// ```
///   0  Event          128 bytes a slot
///   1  EventContext   \
///      FillSlot …      | those that the head announces, in this order
///      OrderParties    |
///      OrderTexts     /
/// ```
///
/// Valid as long as the memory is.
@frozen public struct EventRecord {
    /// A slot whatever is in it.
    public typealias Slot = InlineArray<16, UInt64>

    @inlinable public static var slotBytes: Int { 128 }

    public let base: UnsafeRawPointer
    @usableFromInline let hasContext: Bool
    /// Slot of the details behind context and fills.
    @usableFromInline let detailsSlot: Int

    /// `base` is 8-byte aligned and has all the slots that the head announces.
    @inlinable public init(_ base: UnsafeRawPointer) {
        self.base = base
        let flags = base.assumingMemoryBound(to: Event.self).pointee.flags
        hasContext = flags.contains(.hasContext)
        guard hasContext else {
            detailsSlot = 1
            return
        }
        let context = (base + Self.slotBytes).assumingMemoryBound(to: EventContext.self)
        let fills = Int(context.pointee.fillCount)
        detailsSlot = 2 &+ (fills &+ Fill.perSlot &- 1) / Fill.perSlot
    }

    /// Whether bytes that somebody else wrote are a record: enumerations have values they may have, and
    /// what head and context announce is there. Positions and numbers are the reader's to check.
    public static func isSound(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= slotBytes, let base = bytes.baseAddress,
            Event.Kind(rawValue: bytes[EventWords.what * 8]) != nil,
            // In memory a side is its position among the two, and not its code on the wire.
            bytes[EventWords.state * 8] < 2
        else { return false }
        let head = base.assumingMemoryBound(to: Event.self).pointee
        guard Int(head.slotCount) * slotBytes == bytes.count,
            !head.flags.contains(.hasContext) || head.slotCount >= 2
        else { return false }
        return EventRecord(base).slotsAnnounced == Int(head.slotCount)
    }

    @inlinable public var event: Event {
        unsafeAddress { base.assumingMemoryBound(to: Event.self) }
    }

    /// A blank one for events without.
    @inlinable public var context: EventContext {
        guard hasContext else { return EventContext() }
        return (base + Self.slotBytes).load(as: EventContext.self)
    }

    /// Fills that the event tells of: the aggressor's many, or the one of a resting order.
    @inlinable public var fillCount: Int {
        guard hasContext else { return 0 }
        return switch event.kind {
        case .aggressorExecuted: Int(context.fillCount)
        case .restingExecuted: 1
        default: 0
        }
    }

    @inlinable public func fill(_ index: Int) -> Fill {
        precondition(index >= 0 && index < fillCount, "the event has no such fill")
        guard event.kind == .aggressorExecuted else { return context.fill }
        let slot = 2 &+ index / Fill.perSlot
        return (base + slot * Self.slotBytes).load(as: FillSlot.self).fills[index % Fill.perSlot]
    }

    @inlinable public var parties: OrderParties? {
        guard event.flags.contains(.hasParties) else { return nil }
        return (base + detailsSlot * Self.slotBytes).load(as: OrderParties.self)
    }

    @inlinable public var texts: OrderTexts? {
        guard event.flags.contains(.hasTexts) else { return nil }
        let slot = detailsSlot + (event.flags.contains(.hasParties) ? 1 : 0)
        return (base + slot * Self.slotBytes).load(as: OrderTexts.self)
    }

    /// Slots that head and context announce.
    @inlinable public var slotsAnnounced: Int {
        detailsSlot + (event.flags.contains(.hasParties) ? 1 : 0)
            + (event.flags.contains(.hasTexts) ? 1 : 0)
    }

    /// An order that never rested has no priority of its own: its time is that of the event.
    @inlinable public var timePriority: UInt64 {
        event.timePriority.isNone ? event.execID.nanos : event.timePriority.nanos
    }

    @inlinable public var entryTime: UInt64 {
        let entryTime = context.entryTime
        return entryTime.isNone ? event.execID.nanos : entryTime.nanos
    }

    /// The session whose order or orders the event is about.
    @inlinable public var ownerSession: SessionIndex {
        let owner = context.ownerSession
        return owner.isNone ? event.session : owner
    }

    /// LastFragment of the message about this event.
    @inlinable public var lastFragment: UInt8 { event.flags.contains(.moreFragments) ? 0 : 1 }
}
