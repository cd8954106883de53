import Wire

/// The market as the public feed and the answers to requests tell it together, transaction by
/// transaction, on a naive book of its own: who trades with whom, in which order, at which price.
///
/// Feed and answers are collected and replayed when both are complete, in the order of ExecID.
final class PublicReplay {
    private(set) var book: [FeedKey: FeedOrder] = [:]
    /// All executions since the last round, by product and match.
    private(set) var matches: [MatchKey: (price: Int64, quantity: Int64)] = [:]
    private var answers: [Int32: [Transaction]] = [:]
    private let findings: Findings
    private var lastID: [Int32: UInt64] = [:]

    struct MatchKey: Hashable {
        var product: Int32
        var match: UInt32
    }

    init(_ findings: Findings) { self.findings = findings }

    func add(_ transaction: Transaction) {
        answers[transaction.product, default: []].append(transaction)
    }

    /// Another life of the venue: its feed begins anew.
    func begin(with book: [FeedKey: FeedOrder]) {
        self.book = book
        answers = [:]
        matches = [:]
        lastID = [:]
    }

    func beginRound() { matches = [:] }

    /// Replays what was collected. `complete` says whether every answer to what traded was heard.
    func replay(_ feed: [Int32: [FeedTransaction]]) {
        let told = answers
        answers = [:]
        checkArrivals(told.values.flatMap { $0 })
        for product in Set(feed.keys).union(told.keys).sorted() {
            replay(product, feed[product] ?? [], told[product] ?? [])
        }
    }

    /// Who came to the gateway first was first in the book.
    private func checkArrivals(_ transactions: [Transaction]) {
        var lastID: UInt64 = 0
        for transaction in transactions.sorted(by: {
            ($0.arrival, $0.number) < ($1.arrival, $1.number)
        }) {
            findings.check(
                "fairness", transaction.execID > lastID,
                "session \(transaction.session) came later and was served first: "
                    + "\(transaction.execID) before \(lastID)")
            lastID = max(lastID, transaction.execID)
        }
    }

    private func replay(
        _ product: Int32, _ feed: [FeedTransaction], _ told: [Transaction]
    ) {
        let answers = told.sorted { $0.execID < $1.execID }
        var next = 0
        func judgeSilent(before id: UInt64) {
            while next < answers.count, answers[next].execID < id {
                judge(answers[next], nil)
                next += 1
            }
        }
        for transaction in feed {
            findings.check(
                "feed", transaction.id > lastID[product, default: 0],
                "transaction \(transaction.id) follows \(lastID[product, default: 0])")
            lastID[product] = transaction.id
            judgeSilent(before: transaction.id)
            if next < answers.count, answers[next].execID == transaction.id {
                judge(answers[next], transaction)
                next += 1
            }
            apply(transaction, product)
        }
        judgeSilent(before: .max)
    }

    // MARK: The naive book

    /// Orders that a side would trade with, best first.
    private func opposite(_ security: Int64, _ side: UInt8) -> [(key: FeedKey, order: FeedOrder)] {
        let other: UInt8 = side == 1 ? 2 : 1
        return book.filter { $0.key.security == security && $0.key.side == other }
            .map { (key: $0.key, order: $0.value) }
            .sorted {
                $0.order.price == $1.order.price
                    ? $0.key.priority < $1.key.priority
                    : (other == 2) == ($0.order.price < $1.order.price)
            }
    }

    private func crosses(_ side: UInt8, _ price: Int64, _ resting: Int64) -> Bool {
        price == Null.i64 || (side == 1 ? resting <= price : resting >= price)
    }

    /// What an order would trade with, by price and then time.
    private func expectedExecutions(
        _ security: Int64, _ side: UInt8, price: Int64, quantity: Int64
    ) -> [(key: FeedKey, price: Int64, quantity: Int64)] {
        var left = quantity
        var executions: [(key: FeedKey, price: Int64, quantity: Int64)] = []
        for (key, order) in opposite(security, side) {
            guard left > 0, crosses(side, price, order.price) else { break }
            let traded = min(left, order.quantity)
            executions.append((key, order.price, traded))
            left -= traded
        }
        return executions
    }

    // MARK: Answers against the feed

    private func judge(_ answer: Transaction, _ feed: FeedTransaction?) {
        switch answer.kind {
        case .entered(let terms):
            judgeMatch(
                answer, feed, security: Int64(terms.instrument), side: terms.side,
                price: terms.price, quantity: terms.quantity)
            guard answer.leavesQty > 0 else { return }
            let key = FeedKey(
                security: Int64(terms.instrument), side: terms.side, priority: answer.execID)
            expect(
                .add(key, FeedOrder(price: terms.price, quantity: answer.leavesQty)), in: feed,
                answer)
        case .changed(let before, let terms): judgeChange(answer, feed, before, terms)
        case .deleted(let order):
            guard !order.isUnsure else { return }
            let key = FeedKey(
                security: Int64(order.instrument), side: order.side, priority: order.priority)
            expect(
                .delete(key, FeedOrder(price: order.price, quantity: order.open)), in: feed, answer)
        }
    }

    private func judgeChange(
        _ answer: Transaction, _ feed: FeedTransaction?, _ before: OwnOrder, _ terms: OrderTerms
    ) {
        guard !before.isUnsure else { return }
        let old = FeedKey(
            security: Int64(before.instrument), side: before.side, priority: before.priority)
        let oldOrder = FeedOrder(price: before.price, quantity: before.open)
        let new = FeedKey(
            security: Int64(before.instrument), side: before.side, priority: answer.execID)
        guard terms.quantity > before.executed else {
            return expect(.delete(old, oldOrder), in: feed, answer)
        }
        guard terms.price != before.price || terms.quantity > before.quantity else {
            let reduced = FeedOrder(price: before.price, quantity: terms.quantity - before.executed)
            guard reduced != oldOrder else { return }
            return expect(.reduce(old, from: oldOrder.quantity, reduced), in: feed, answer)
        }
        let open = terms.quantity - before.executed
        judgeMatch(
            answer, feed, security: new.security, side: new.side, price: terms.price,
            quantity: open)
        let left = open - answer.fills.reduce(0) { $0 + $1.quantity }
        if left > 0 {
            expect(
                .modify(old, oldOrder, to: new, FeedOrder(price: terms.price, quantity: left)),
                in: feed, answer)
        } else {
            expect(.delete(old, oldOrder), in: feed, answer, ignoringQuantity: true)
        }
    }

    /// By price and time the order must trade exactly so, in public and as its owner was told.
    private func judgeMatch(
        _ answer: Transaction, _ feed: FeedTransaction?, security: Int64, side: UInt8,
        price: Int64, quantity: Int64
    ) {
        let expected = expectedExecutions(security, side, price: price, quantity: quantity)
        let found = feed?.executions ?? []
        let agrees =
            expected.count == found.count
            && zip(expected, found).allSatisfy {
                $0.key == $1.key && $0.price == $1.price && $0.quantity == $1.quantity
            }
        findings.check(
            "priority", agrees,
            "at \(answer.execID) \(expected) should have traded, and \(found) did")
        var levels: [TradeFill] = []
        for execution in found {
            if let last = levels.last, last.matchID == execution.match {
                levels[levels.count - 1].quantity += execution.quantity
            } else {
                levels.append(
                    TradeFill(
                        price: execution.price, quantity: execution.quantity,
                        matchID: execution.match, executionID: 0))
            }
        }
        let told = answer.fills.map {
            TradeFill(
                price: $0.price, quantity: $0.quantity, matchID: $0.matchID, executionID: 0)
        }
        findings.check(
            "executions", levels == told,
            "at \(answer.execID) session \(answer.session) was told \(told), the public \(levels)")
    }

    private func expect(
        _ change: FeedChange, in feed: FeedTransaction?, _ answer: Transaction,
        ignoringQuantity: Bool = false
    ) {
        let isThere =
            feed?.changes.contains { Self.isSame($0, change, ignoringQuantity) } ?? false
        findings.check(
            "feed", isThere,
            "at \(answer.execID) the public should hear \(change) of session \(answer.session), "
                + "and hears \(feed.map { "\($0.changes)" } ?? "nothing")")
    }

    private static func isSame(
        _ a: FeedChange, _ b: FeedChange, _ ignoringQuantity: Bool
    ) -> Bool {
        switch (a, b) {
        case (.add(let key, let order), .add(let otherKey, let otherOrder)):
            key == otherKey && order == otherOrder
        case (.delete(let key, let order), .delete(let otherKey, let otherOrder)):
            key == otherKey && (ignoringQuantity || order == otherOrder)
        // The last two orders or more of an instrument may go in one message.
        case (.massDelete(let security), .delete(let key, _)): key.security == security
        case (
            .reduce(let key, let from, let order), .reduce(let otherKey, let otherFrom, let other)
        ):
            key == otherKey && from == otherFrom && order == other
        case (
            .modify(let old, let was, let new, let order),
            .modify(let otherOld, let otherWas, let otherNew, let otherOrder)
        ):
            old == otherOld && was == otherWas && new == otherNew && order == otherOrder
        default: false
        }
    }

    // MARK: The feed by itself

    private func apply(_ transaction: FeedTransaction, _ product: Int32) {
        var summarised: Int64 = 0
        var touched: Set<Int64> = []
        for change in transaction.changes {
            switch change {
            case .add(let key, let order):
                findings.check("feed", book[key] == nil, "\(key) came twice")
                book[key] = order
                touched.insert(key.security)
            case .modify(let old, let was, let new, let order):
                findings.check(
                    "feed", book[old] == was, "\(old) is said to have been \(was)")
                book[old] = nil
                book[new] = order
                touched.insert(new.security)
            case .reduce(let key, let from, let order):
                findings.check(
                    "feed",
                    book[key] == FeedOrder(price: order.price, quantity: from)
                        && order.quantity < from, "\(key) is reduced from \(from)")
                book[key] = order
            case .delete(let key, let order):
                findings.check("feed", book[key] == order, "\(key) is deleted as \(order)")
                book[key] = nil
            case .massDelete(let security):
                book = book.filter { $0.key.security != security }
            case .summary(_, _, let quantity, _): summarised += quantity
            case .execute(let key, let price, let quantity, let match, let isFull):
                execute(key, price, quantity, match, isFull, product)
                summarised -= quantity
                touched.insert(key.security)
            }
        }
        findings.check(
            "feed", summarised == 0, "the summary of \(transaction.id) is off by \(summarised)")
        for security in touched { checkNotCrossed(security, transaction.id) }
    }

    private func execute(
        _ key: FeedKey, _ price: Int64, _ quantity: Int64, _ match: UInt32, _ isFull: Bool,
        _ product: Int32
    ) {
        guard let order = book[key] else {
            return findings.report("feed", "\(key) is executed, which is not there")
        }
        let best = opposite(key.security, key.side == 1 ? 2 : 1).first
        findings.check(
            "priority", best?.key == key, "\(key) trades before \(String(describing: best))")
        findings.check(
            "feed",
            price == order.price && quantity > 0 && quantity <= order.quantity
                && isFull == (quantity == order.quantity),
            "\(quantity) of \(order) are executed at \(price)")
        book[key]?.quantity -= quantity
        if quantity >= order.quantity { book[key] = nil }
        let place = MatchKey(product: product, match: match)
        findings.check(
            "feed", matches[place].map { $0.price == price } ?? true,
            "match \(match) has two prices")
        matches[place, default: (price, 0)].quantity += quantity
    }

    private func checkNotCrossed(_ security: Int64, _ id: UInt64) {
        guard let ask = opposite(security, 1).first, let bid = opposite(security, 2).first else {
            return
        }
        findings.check(
            "crossed", bid.order.price < ask.order.price,
            "after \(id) instrument \(security) is bid \(bid.order.price), asked \(ask.order.price)"
        )
    }
}

extension Transaction {
    var product: Int32 {
        switch kind {
        case .entered(let terms): terms.product
        case .changed(let order, _), .deleted(let order): order.product
        }
    }
}
