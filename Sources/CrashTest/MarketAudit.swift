/// Judges by all sessions' ledgers together whether the market kept its rules: each match has two sides,
/// and nobody was passed over who came first at the best price.
///
/// It knows orders only by what their owners were told, over all lives of the venue: an order that came
/// back from a crash with another price or place in its queue shows as soon as somebody trades.
struct MarketAudit {
    private struct Key: Hashable {
        var session: UInt32
        var order: Int
    }

    private struct Place {
        var price: Int64
        var placedBy: UInt64
    }

    private struct Match: Hashable {
        var product: Int32
        var matchID: UInt32
    }

    private struct Sides {
        var bought: Int64 = 0
        var sold: Int64 = 0
        var price: Int64
    }

    private struct Book {
        var bids: [Key: Place] = [:]
        var asks: [Key: Place] = [:]

        mutating func remove(where shouldRemove: (Key) -> Bool) {
            bids = bids.filter { !shouldRemove($0.key) }
            asks = asks.filter { !shouldRemove($0.key) }
        }
    }

    private let verdict: Verdict
    private var books: [UInt32: Book] = [:]
    private var matches: [Match: Sides] = [:]
    private(set) var tradeCount = 0

    init(verdict: Verdict) { self.verdict = verdict }

    /// Takes the steps since the last time, from all sessions. `isUncertain` names orders that nothing is
    /// concluded from, wherever they were before: they may have gone at any of these steps.
    mutating func take(_ steps: [OrderStep], isUncertain: (UInt32, Int) -> Bool) {
        for instrument in books.keys {
            books[instrument]?.remove { isUncertain($0.session, $0.order) }
        }
        // The engine's transactions are in one order; within one, what each owner was told stays.
        let ordered = steps.enumerated().sorted {
            ($0.element.transaction, $0.offset) < ($1.element.transaction, $1.offset)
        }.map(\.element)
        var start = 0
        while start < ordered.count {
            var end = start
            while end < ordered.count, ordered[end].transaction == ordered[start].transaction {
                end += 1
            }
            let transaction = ordered[start..<end]
            start = end
            for step in transaction { addFills(of: step) }
            let traded = transaction.filter { $0.fills.contains { $0.liquidity == 1 } }
            for step in transaction { move(step, isUncertain(step.session, step.order)) }
            for step in traded { judgePlace(of: step) }
        }
    }

    /// The life is over: everything told of must have two sides by now.
    mutating func finish() {
        for (match, sides) in matches where sides.bought != sides.sold {
            verdict.fail(
                "match \(match.matchID) of product \(match.product): \(sides.bought) were bought, "
                    + "\(sides.sold) sold")
        }
        tradeCount += matches.count
        matches.removeAll()
    }

    private mutating func addFills(of step: OrderStep) {
        for fill in step.fills {
            let match = Match(product: step.product, matchID: fill.matchID)
            var sides = matches[match] ?? Sides(price: fill.price)
            verdict.check(
                sides.price == fill.price, "match \(match.matchID) has two prices")
            if step.isBuy { sides.bought += fill.quantity } else { sides.sold += fill.quantity }
            matches[match] = sides
        }
    }

    private mutating func move(_ step: OrderStep, _ isUncertain: Bool) {
        let key = Key(session: step.session, order: step.order)
        let place =
            isUncertain ? nil : step.restsAt.map { Place(price: $0, placedBy: step.placedBy) }
        if step.isBuy {
            books[step.instrument, default: Book()].bids[key] = place
        } else {
            books[step.instrument, default: Book()].asks[key] = place
        }
    }

    /// After the transaction in which a resting order traded, nobody rests before it: whoever did has
    /// traded wholly in the same transaction.
    private func judgePlace(of step: OrderStep) {
        guard let book = books[step.instrument], let fill = step.fills.first else { return }
        let key = Key(session: step.session, order: step.order)
        let orders = step.isBuy ? book.bids : book.asks
        for (other, place) in orders where other != key {
            let isBetter = step.isBuy ? place.price > fill.price : place.price < fill.price
            let isBefore = place.price == fill.price && place.placedBy < step.placedBy
            if isBetter || isBefore {
                verdict.fail(
                    "order \(key.order) of session \(key.session) traded at \(fill.price), but order "
                        + "\(other.order) of session \(other.session) was before it")
            }
        }
    }
}
