import Domain

/// One session's own orders, in a table of fixed size: which rest, which have a request under way.
///
/// An order's ClOrdID holds its slot, so that nothing is searched; a number that grows makes it
/// unique. Live orders also lie packed in an array, for a fair draw.
struct OrderSlots {
    enum State: UInt8 {
        case free
        /// A request of the order is not answered yet.
        case busy
        case live
        /// It ended while a request of it was under way; the answer frees the slot.
        case gone
    }

    struct Slot {
        var clOrdID = ClOrdID.none
        var price = Price.none
        var quantity = Quantity.none
        var livePosition: Int32 = -1
        var side = Side.buy
        var state = State.free
    }

    private var slots: [Slot]
    private var free: [Int32]
    private var live: [Int32]
    private var lastNumber: UInt64 = 0
    static let slotBits: UInt64 = 20

    init(capacity: Int) {
        precondition(capacity < 1 << Self.slotBits, "A slot fits into its part of a ClOrdID.")
        slots = Array(repeating: Slot(), count: capacity)
        free = (0..<Int32(capacity)).reversed()
        live = []
        live.reserveCapacity(capacity)
    }

    var liveCount: Int { live.count }
    var hasFree: Bool { !free.isEmpty }
    subscript(index: Int32) -> Slot { slots[Int(index)] }

    /// A name that no order of this session has had.
    mutating func newName(slot: Int32) -> ClOrdID {
        lastNumber += 1
        return ClOrdID(raw: lastNumber << Self.slotBits | UInt64(slot))
    }

    /// Takes a slot for an order that is about to be entered.
    mutating func open(side: Side, price: Price, quantity: Quantity) -> Int32 {
        let index = free.removeLast()
        slots[Int(index)] = Slot(
            clOrdID: newName(slot: index), price: price, quantity: quantity, side: side,
            state: .busy)
        return index
    }

    /// One of the live orders; it is busy from now on.
    mutating func takeLive(_ position: Int) -> Int32 {
        let index = live[position]
        removeFromLive(index)
        slots[Int(index)].state = .busy
        return index
    }

    mutating func change(_ index: Int32, price: Price, quantity: Quantity) {
        slots[Int(index)].price = price
        slots[Int(index)].quantity = quantity
    }

    /// The order's request was answered: does the order rest?
    mutating func answered(_ index: Int32, rests: Bool) {
        let place = Int(index)
        guard rests, slots[place].state == .busy else {
            slots[place].state = .free
            slots[place].clOrdID = .none
            free.append(index)
            return
        }
        slots[place].state = .live
        slots[place].livePosition = Int32(live.count)
        live.append(index)
    }

    /// The venue says that an order has ended without a request for it.
    mutating func ended(_ clOrdID: ClOrdID) {
        let place = Int(clOrdID.raw & (1 << Self.slotBits - 1))
        guard place < slots.count, slots[place].clOrdID == clOrdID else { return }
        switch slots[place].state {
        case .live:
            removeFromLive(Int32(place))
            slots[place].state = .free
            slots[place].clOrdID = .none
            free.append(Int32(place))
        case .busy: slots[place].state = .gone
        case .free, .gone: break
        }
    }

    private mutating func removeFromLive(_ index: Int32) {
        let position = slots[Int(index)].livePosition
        let last = live.removeLast()
        if last != index {
            live[Int(position)] = last
            slots[Int(last)].livePosition = position
        }
        slots[Int(index)].livePosition = -1
    }
}
