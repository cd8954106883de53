import Domain
import Matching

// A list of all states and live orders in the events, for readers that lost some and keep no one
// waiting. It goes in slices between other commands, and needs no state: orders that come, change or
// go between slices have their usual events, so a reader that takes all by key ends with the true book.
extension Partition {
    /// Places looked at by one slice: orders come in the order of their slots, of which most may be
    /// empty.
    static let listingPlacesMax = 512

    /// Lists what is at the slice's places: products first, then instruments, then orders.
    mutating func listOrders(_ command: borrowing Command, into events: inout Events) {
        let instrumentsEnd = products.count + instruments.count
        let end = instrumentsEnd + books.orders.capacity
        var place = Int(command.listingPosition)
        let lastPlace = min(end, place + Self.listingPlacesMax)
        var slotsLeft = configuration.massCancelSlice
        while place < lastPlace, slotsLeft > 0 {
            if place >= instrumentsEnd {
                let order = Int32(place - instrumentsEnd)
                if books.orders[order].rests {
                    list(order, command.listing, into: &events)
                    slotsLeft -= 1
                }
            } else {
                listState(place, command.listing, into: &events)
                slotsLeft -= 2
            }
            place += 1
        }
        listingPosition = place < end ? UInt32(place) : 0
        var event = makeEvent(place < end ? .commandApplied : .ordersListed)
        event.flags = .endOfTransaction
        event.listing = command.listing
        emit(event, into: &events)
    }

    private mutating func list(_ order: Int32, _ listing: UInt32, into events: inout Events) {
        var nobody = Addressee(.none, instance: 0)
        nobody.msgSeqNum = listing
        let isNew = books.orders[order].cumQty == .zero
        let slot = takeSlot(into: &events)
        emit(
            OrderReport(
                .orderListed, to: nobody, flags: [.rested, .rests],
                clOrdID: .none, origClOrdID: .none,
                Outcome(
                    ordStatus: isNew ? .new : .partiallyFilled, execType: .restated,
                    reason: .bookRestatement)),
            order, at: slot)
    }

    private mutating func listState(_ place: Int, _ listing: UInt32, into events: inout Events) {
        guard place >= products.count else {
            var event = makeEvent(.productListed)
            event.listing = listing
            event.productState = products[place].trading
            return emit(event, about: ProductIndex(place), into: &events)
        }
        let row = place - products.count
        var event = makeEvent(.instrumentListed)
        event.listing = listing
        event.instrument = InstrumentIndex(row)
        event.instrumentStatus = instruments[row].status
        emit(event, about: instruments[row].product, into: &events)
    }
}
