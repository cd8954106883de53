import Domain

/// A key as the screen understands it.
public enum ScreenKey: Equatable, Sendable {
    case up, down, left, right, pageUp, pageDown, home, end
    case enter, escape, tab, backTab, erase
    case character(Character)
}

/// What a key asks the outside to do.
public enum ScreenAction: Equatable, Sendable {
    case enter(OrderEntry)
    case delete(ClOrdID, words: String)
    /// Every own order in a product.
    case deleteAll(product: Int32, words: String)
    case quit

    /// The question before it is done; nil for what is done at once.
    var question: String? {
        switch self {
        case .enter(let order):
            let verb = order.side == .buy ? "Buy" : "Sell"
            return "\(verb) \(PriceText.quantity(order.quantity)) \(order.name) at "
                + "\(order.priceText)?"
        case .delete(_, let words), .deleteAll(_, let words): return words
        case .quit: return nil
        }
    }
}

// Keys change the state alone; what they ask of the venue is returned.
extension ScreenState {
    /// Takes a key; returns what is to be done.
    public mutating func press(_ key: ScreenKey) -> ScreenAction? {
        switch mode {
        case .watching: return pressWhileWatching(key)
        case .help:
            mode = .watching
            return key == .character("q") ? .quit : nil
        case .ticket(let ticket):
            press(key, in: ticket)
            return nil
        case .confirming(let action):
            mode = .watching
            guard key == .character("y") || key == .character("Y") else {
                say("not done")
                return nil
            }
            return action
        }
    }

    private mutating func pressWhileWatching(_ key: ScreenKey) -> ScreenAction? {
        switch key {
        case .up, .character("k"): choose(chosen - 1)
        case .down, .character("j"): choose(chosen + 1)
        case .pageUp: choose(chosen - 10)
        case .pageDown: choose(chosen + 10)
        case .home: choose(0)
        case .end: choose(market.count - 1)
        case .tab, .right: turn(1)
        case .backTab, .left: turn(-1)
        case .character("1"): panel = .trades
        case .character("2"): panel = .orders
        case .character("3"): panel = .sessions
        case .character("4"): panel = .latency
        case .character("?"), .character("h"): mode = .help
        case .character("q"), .character("Q"): return .quit
        case .character("b"): openTicket(.buy)
        case .character("s"): openTicket(.sell)
        case .character("["): chooseOrder(chosenOrder - 1)
        case .character("]"): chooseOrder(chosenOrder + 1)
        case .character("c"): askToDelete()
        case .character("x"): askToDeleteAll()
        case .escape: message = ""
        default: break
        }
        return nil
    }

    private mutating func press(_ key: ScreenKey, in ticket: Ticket) {
        var ticket = ticket
        switch key {
        case .escape:
            mode = .watching
            return say("no order")
        case .enter:
            switch ticket.result {
            case .success(let order): mode = .confirming(.enter(order))
            case .failure(let problem): say(problem.sentence, isWarning: true)
            }
            return
        case .tab, .backTab, .left, .right: ticket.nextField()
        case .up: ticket.step(1)
        case .down: ticket.step(-1)
        case .erase: ticket.erase()
        case .character(let character): ticket.type(character)
        default: break
        }
        mode = .ticket(ticket)
    }

    private mutating func choose(_ index: Int) {
        chosen = max(0, min(index, market.count - 1))
    }

    private mutating func turn(_ step: Int) {
        let count = Panel.allCases.count
        panel = Panel(rawValue: (panel.rawValue + step + count) % count) ?? .trades
    }

    private mutating func chooseOrder(_ index: Int) {
        chosenOrder = max(0, min(index, (own?.orders.count ?? 0) - 1))
        panel = .orders
    }

    private mutating func openTicket(_ side: Side) {
        guard own != nil else { return sayNotLoggedOn() }
        guard let row = chosenRow else { return say("no instrument is known yet", isWarning: true) }
        message = ""
        mode = .ticket(Ticket(side, row))
    }

    private mutating func askToDelete() {
        guard let own else { return sayNotLoggedOn() }
        guard own.orders.indices.contains(chosenOrder) else {
            return say("there is no own order", isWarning: true)
        }
        panel = .orders
        let order = own.orders[chosenOrder]
        let row = row(of: order.instrument)
        let words =
            "Delete \(order.side == .buy ? "buy" : "sell") "
            + "\(PriceText.quantity(order.leavesQty)) \(row?.name ?? "\(order.instrument)") at "
            + "\(PriceText.plain(order.price, tick: row?.tick))?"
        mode = .confirming(.delete(order.clOrdID, words: words))
    }

    private mutating func askToDeleteAll() {
        guard let own else { return sayNotLoggedOn() }
        guard let row = chosenRow else { return }
        let count = own.orders.count { $0.product == row.product }
        guard count > 0 else {
            return say("there is no own order in product \(row.product)", isWarning: true)
        }
        let words = "Delete all \(count) own orders in product \(row.product)?"
        mode = .confirming(.deleteAll(product: row.product, words: words))
    }

    private mutating func sayNotLoggedOn() {
        say("to trade, start with --session N", isWarning: true)
    }
}
