import Domain
import Testing

/// What a reader of the events knows of the market by keys: it takes what it is told and ignores what
/// it does not know. Shares nothing with the engine but the records.
private struct KeyedReader {
    struct Key: Hashable {
        var instrument: InstrumentIndex
        var side: Side
        var timePriority: Timestamp
    }

    struct Resting: Equatable {
        var price: Price
        var leavesQty: Quantity
    }

    private(set) var book: [Key: Resting] = [:]
    private(set) var products: [ProductIndex: ProductTradingState] = [:]
    private(set) var instruments: [InstrumentIndex: UInt8] = [:]
    private(set) var listingsDone: [UInt32] = []

    mutating func take(_ event: RecordedEvent) {
        let head = event.head
        switch head.kind {
        case .productListed, .productStateChanged:
            if let product = event.context?.product { products[product] = head.productState }
        case .instrumentListed, .instrumentStateChanged:
            instruments[head.instrument] = head.instrumentStatus.rawValue
        case .ordersListed: listingsDone.append(head.listing)
        case .orderAccepted, .orderModified, .orderDeleted, .aggressorExecuted, .restingExecuted,
            .orderRemoved, .orderListed:
            follow(event)
        default: break
        }
    }

    private mutating func follow(_ event: RecordedEvent) {
        let head = event.head
        guard !head.flags.contains(.moreFragments) else { return }
        let key = Key(
            instrument: head.instrument, side: head.side, timePriority: head.timePriority)
        if head.flags.contains(.rested) {
            var old = key
            if let context = event.context { old.timePriority = context.previousTimePriority }
            book[old] = nil
        }
        if head.flags.contains(.rests) {
            book[key] = Resting(price: head.price, leavesQty: head.leavesQty)
        }
    }

    func difference(_ reference: NaiveExchange) -> String? {
        var count = 0
        for (row, naive) in reference.books.enumerated() {
            for order in naive.buys + naive.sells {
                count += 1
                let key = Key(
                    instrument: InstrumentIndex(row), side: order.side,
                    timePriority: order.timePriority)
                let resting = Resting(price: order.price, leavesQty: order.leavesQty)
                if book[key] != resting { return "not known as it is: \(order)" }
            }
        }
        if count != book.count {
            let strangers = book.filter { entry in
                !reference.books[entry.key.instrument.index].orders(entry.key.side).contains {
                    $0.timePriority == entry.key.timePriority
                }
            }
            return "\(count) orders are there; known besides: \(strangers)"
        }
        for (row, state) in reference.productStates.enumerated()
        where products[ProductIndex(row)] != state {
            return "product \(row) is \(state)"
        }
        for (row, state) in reference.instrumentStates.enumerated()
        where instruments[InstrumentIndex(row)] != state.rawValue {
            return "instrument \(row) is \(state)"
        }
        return nil
    }
}

@Suite("The listing of states and live orders")
struct ListingTests {
    /// Lets a reader come at some moment of a random day and hear a listing while the day goes on.
    private func failure(_ profile: Profile, seed: UInt64, commands: Int) -> String? {
        let engine = EngineHarness(profile.shape)
        var reference = NaiveExchange(profile.shape)
        var generator = CommandGenerator(profile: profile, seed: seed)
        var random = SplitMix64(seed: seed &* 77)
        var reader: KeyedReader?
        var listing: UInt32 = 0
        var position: UInt32 = 0
        var sequence: UInt64 = 0
        var time = Timestamp(nanos: 1_000_000_000_000_000_000)
        var completed = 0
        for number in 1...commands {
            if number % 400 == 50 {
                reader = KeyedReader()
                listing += 1
                position = 0
            }
            var (command, details) = (Command(kind: .listOrders), OrderDetails())
            let isSlice = reader != nil && random.happens(perMille: 300)
            if isSlice {
                command.listing = listing
                command.listingPosition = position
            } else {
                (command, details) = generator.next(
                    reference, massCancelPending: engine.hasMassCancelPending)
            }
            sequence += 1
            command.sequence = sequence
            time = isSlice ? time : max(time, command.timeIn)
            command.timeIn = time
            let hash = engine.stateHash()
            let events = engine.apply(command, details)
            _ = reference.apply(
                command, details, choices: EngineChoices(observed: events))
            for event in events { reader?.take(event) }
            if isSlice {
                position = engine.listingPosition
                if hash == engine.stateHash() { return "the sequence is not in the hash" }
                if events.last?.head.listing != listing { return "a slice of another listing" }
            }
            guard reader?.listingsDone.isEmpty == false else { continue }
            if reader?.listingsDone != [listing] { return "another listing ended" }
            if let difference = reader?.difference(reference) {
                return "\(profile.name), seed \(seed), command \(number): \(difference)"
            }
            completed += 1
            // From here on the reader is whole, and stays so without listings.
            if random.below(4) == 0 { reader = nil }
            position = 0
            if reader != nil {
                for _ in 0..<20 {
                    let (command, details) = next(
                        &generator, reference, engine, &sequence, &time)
                    let events = engine.apply(command, details)
                    _ = reference.apply(
                        command, details, choices: EngineChoices(observed: events))
                    for event in events { reader?.take(event) }
                    if let difference = reader?.difference(reference) {
                        return "after the listing: \(difference)"
                    }
                }
                reader = nil
            }
        }
        return completed > 3 ? nil : "\(completed) listings completed"
    }

    private func next(
        _ generator: inout CommandGenerator, _ reference: NaiveExchange, _ engine: EngineHarness,
        _ sequence: inout UInt64, _ time: inout Timestamp
    ) -> (Command, OrderDetails) {
        var (command, details) = generator.next(
            reference, massCancelPending: engine.hasMassCancelPending)
        sequence += 1
        command.sequence = sequence
        time = max(time, command.timeIn)
        command.timeIn = time
        return (command, details)
    }

    @Test(
        "A reader that starts with nothing ends exactly with the true book, whatever goes on meanwhile",
        arguments: Profile.all)
    func listing(profile: Profile) {
        var profile = profile
        // Several slices, so that much happens between them.
        profile.shape.massCancelSlice = min(profile.shape.massCancelSlice, 9)
        for seed in UInt64(1)...3 {
            if let failure = failure(profile, seed: seed, commands: 2_400) {
                Issue.record("\(failure)")
            }
        }
    }

    @Test("Lists products, instruments and orders, then says that it is complete")
    func words() {
        let market = Market()
        market.given(
            .buy(5, at: 100, as: 1), .sell(2, at: 100, as: 2).by(.bert),
            .operation(.halt, instrument: 3), .operation(.close, product: 2))
        var command = Command(kind: .listOrders)
        command.listing = 7
        command.listingPosition = 0
        let engine = market.engine
        command.sequence = engine.lastSequence + 1
        command.timeIn = Timestamp(nanos: market.time + 1)
        let events = engine.apply(command)
        #expect(
            events.map(sentence) == [
                "listed product 0 trading", "listed product 1 trading", "listed product 2 closed",
                "listed instrument 0 203", "listed instrument 1 203", "listed instrument 2 203",
                "listed instrument 3 2", "listed instrument 4 203", "listed instrument 5 203",
                "listed buy 3 @ 100", "applied",
            ])
        let listed = events[9].head
        #expect(listed.orderID == market.orderID(1))
        #expect(listed.ordStatus == .partiallyFilled && listed.cumQty == Quantity(units: 2))
        #expect(listed.flags.contains(.rests) && listed.session.isNone && listed.listing == 7)
        #expect(engine.listingPosition == 512)
    }
}
