import Client
import Domain
import Telemetry

/// Compares the venue's messages with the recorded truth, step after step.
///
/// Steps are told in the order in which their requests are sent, and judged in that order as soon as
/// their answers are complete: a step that traded is complete when the resting side has heard of
/// every share. So pipelining does not change what is compared. Requests of two sessions are never
/// in flight together (the driver waits in between), so the two sessions' messages need no common
/// order.
struct ReplayComparison: ~Copyable {
    /// Whose request a step is.
    enum Party: UInt8 { case resting, aggressive }

    private struct Level: Equatable {
        var price: Price
        var quantity: Quantity
    }

    /// A step whose request was sent, or that needs none, and is not judged yet.
    private struct Pending {
        var step: FlowStep
        var isCompared: Bool
        var party: Party
        var msgSeqNum: UInt32
        var sentNanos: UInt64
        var isAnswered = false
        var answer = Inbound.Kind.other
        var rejectReason = RejectReason(rawValue: 0)
        var state: OrderState?
        /// Engine time of the transaction, when it changed anything that is public.
        var publicTime = Timestamp.none
        /// What the aggressor was told it traded, a level each.
        var levels: [Level] = []
        var filled = Quantity.zero
    }

    private struct RestingFill {
        var state: OrderState
        var price: Price
        var quantity: Quantity
    }

    private let flow: RecordedFlow
    /// The public feed's side of the comparison, where one is listened to.
    private let feed: FeedWatch?
    private(set) var book = ClientOrderBook(expectedOrders: 4096)
    private(set) var report = ReplayReport()
    private var roundTripHistogram = LatencyHistogram()
    /// First in, first judged; those before `head` are done.
    private var pending: [Pending] = []
    private var head = 0
    private var unanswered = 0
    /// Executions of resting orders that no judged step accounts for yet, in the venue's order.
    private var restingFills: [RestingFill] = []

    init(_ flow: RecordedFlow, feed: FeedWatch? = nil) {
        self.flow = flow
        self.feed = feed
        pending.reserveCapacity(4096)
    }

    /// Times from a request's writing to its answer, the wait behind others in the window included.
    var roundTrip: LatencySummary { LatencySummary(roundTripHistogram) }
    /// Steps not judged yet.
    var openCount: Int { pending.count - head }
    /// Requests without an answer.
    var inFlight: Int { unanswered }

    /// What the oldest open step waits for, for the text of an error.
    var waitingFor: String {
        guard head < pending.count else { return "nothing" }
        let oldest = pending[head]
        let rows = "row \(oldest.step.lastRow)"
        if !oldest.isAnswered { return "the answer to request \(oldest.msgSeqNum) (\(rows))" }
        let heard = restingFills.reduce(Quantity.zero) { $0 + $1.quantity }
        return "notice of resting orders' executions: \(rows) traded "
            + "\(FlowUnits.size(oldest.filled)), \(FlowUnits.size(heard)) were reported"
    }
}

// MARK: - What happens

extension ReplayComparison {
    /// A step's request was written.
    mutating func sent(
        _ step: FlowStep, by party: Party, msgSeqNum: UInt32, at nanos: UInt64, isCompared: Bool
    ) {
        pending.append(
            Pending(
                step: step, isCompared: isCompared, party: party, msgSeqNum: msgSeqNum,
                sentNanos: nanos))
        unanswered += 1
        report.requests += 1
    }

    /// A step needs no request: its rows are compared after the steps before it.
    mutating func skipped(_ step: FlowStep) {
        var entry = Pending(
            step: step, isCompared: true, party: .resting, msgSeqNum: 0, sentNanos: 0)
        entry.isAnswered = true
        pending.append(entry)
        judge()
    }

    /// A message of the venue to one of the two.
    mutating func heard(_ message: Inbound, by party: Party, at nanos: UInt64) throws(ToolError) {
        switch message.kind {
        case .accepted, .modified, .deleted, .executed, .rejected, .allDeleted:
            try answer(message, party, nanos)
        case .restingExecuted:
            for index in 0..<message.fillCount {
                let fill = message.fill(at: index)
                restingFills.append(
                    RestingFill(
                        state: message.orderState, price: fill.price, quantity: fill.quantity))
            }
        case .deletedByOther, .reported:
            book.update(message.orderState)
        case .massDeleted:
            if party == .resting { book.removeAll() }
        case .loggedOn, .loggedOut, .userLoggedIn, .userLoggedOut, .subscribed, .unsubscribed,
            .retransmitted, .traded, .gap, .forcedLogout, .heartbeat, .deletedByMarket,
            .serviceEvent, .other:
            break
        }
        judge()
    }

    /// Nothing is in flight: executions that no answer accounts for are held against the venue.
    mutating func settle(row: Int) {
        for fill in restingFills {
            report.unexplainedExecutions += 1
            report.note(
                row: row, expected: "no execution",
                got: "\(Self.fillOf(fill)) that nobody asked for"
            )
            book.update(fill.state)
        }
        restingFills.removeAll(keepingCapacity: true)
    }

    private mutating func answer(
        _ message: Inbound, _ party: Party, _ nanos: UInt64
    ) throws(ToolError) {
        guard
            let index = pending[head...].firstIndex(where: { !$0.isAnswered }),
            pending[index].party == party, pending[index].msgSeqNum == message.msgSeqNum
        else {
            throw .run(
                "the venue answered request \(message.msgSeqNum) of the \(party) session "
                    + "while waiting for \(waitingFor)")
        }
        pending[index].answer = message.kind
        pending[index].state = message.orderState
        switch message.kind {
        case .accepted where message.orderState.hasEnded, .rejected: break
        default: pending[index].publicTime = message.execID
        }
        if message.kind == .rejected {
            pending[index].rejectReason = message.rejectReason
            pending[index].state = nil
            report.rejects += 1
            guard pending[index].isCompared else {
                throw .run(
                    "the venue refused seed order \(pending[index].step.orderID): "
                        + String(decoding: message.text, as: UTF8.self))
            }
        }
        for fillIndex in 0..<message.fillCount {
            let fill = message.fill(at: fillIndex)
            pending[index].levels.append(Level(price: fill.price, quantity: fill.quantity))
            pending[index].filled += fill.quantity
        }
        guard message.isLastFragment else { return }
        pending[index].isAnswered = true
        unanswered -= 1
        roundTripHistogram.record(
            nanos >= pending[index].sentNanos ? nanos - pending[index].sentNanos : 0)
    }
}

// MARK: - Judging

extension ReplayComparison {
    /// Judges the oldest steps, as many as are complete.
    private mutating func judge() {
        while head < pending.count, pending[head].isAnswered {
            guard let fillCount = restingFillCount(for: pending[head].filled) else { return }
            let entry = pending[head]
            head += 1
            let fills = Array(restingFills[0..<fillCount])
            restingFills.removeFirst(fillCount)
            apply(entry, fills)
            if entry.isCompared { compare(entry, fills) }
            tellFeed(entry)
        }
        if head == pending.count || head > 1024 {
            pending.removeFirst(head)
            head = 0
        }
    }

    /// How many reports of resting orders make up a traded quantity; nil when some are missing.
    private func restingFillCount(for quantity: Quantity) -> Int? {
        var sum = Quantity.zero
        var count = 0
        while sum < quantity {
            guard count < restingFills.count else { return nil }
            sum += restingFills[count].quantity
            count += 1
        }
        return count
    }

    /// Makes the book what the venue has said.
    private mutating func apply(_ entry: Pending, _ fills: [RestingFill]) {
        for fill in fills { book.update(fill.state) }
        guard entry.party == .resting, let state = entry.state else { return }
        if entry.step.action == .enter {
            book.accept(state, side: entry.step.side, price: FlowUnits.price(entry.step.price))
        } else {
            book.update(state)
        }
    }

    private mutating func compare(_ entry: Pending, _ fills: [RestingFill]) {
        compareBestPrices(entry.step)
        if entry.step.action == .take { compareFills(entry, fills) }
        let isRejected = entry.answer == .rejected
        if isRejected, entry.step.expectsReject { report.expectedRejects += 1 }
        if isRejected != entry.step.expectsReject
            || isRejected && entry.rejectReason != .orderNotFound
        {
            report.wrongRejects += 1
            report.note(
                row: entry.step.lastRow,
                expected: entry.step.expectsReject
                    ? "a reject for reason \(RejectReason.orderNotFound.rawValue)"
                    : "order \(entry.step.orderID) to be known",
                got: isRejected
                    ? "a reject for reason \(entry.rejectReason.rawValue)" : "no reject")
        }
    }

    /// What the public feed must say after the step.
    private func tellFeed(_ entry: Pending) {
        guard let feed else { return }
        if entry.step.action == .enter, let state = entry.state, !state.hasEnded {
            feed.entered(entry.step.orderID, timePriority: entry.publicTime)
        }
        feed.expect(
            FeedWatch.Expectation(
                row: entry.step.lastRow, time: entry.publicTime,
                bestPrices: entry.isCompared ? flow.bestPrices[entry.step.lastRow] : nil,
                fills: entry.step.action == .take ? flow.recordedFills(entry.step) : nil))
    }

    private mutating func compareBestPrices(_ step: FlowStep) {
        let expected = flow.bestPrices[step.lastRow]
        let got = bestPrices
        report.rows += 1
        if got == expected {
            report.rowsEqual += 1
        } else {
            report.note(row: step.lastRow, expected: "\(expected)", got: "\(got)")
        }
    }

    /// The orders that traded must be the recorded ones, and both sides must have been told the same.
    private mutating func compareFills(_ entry: Pending, _ fills: [RestingFill]) {
        let expected = flow.recordedFills(entry.step)
        let got = fills.map(Self.fillOf)
        report.executions += 1
        guard got == expected else {
            report.note(
                row: entry.step.lastRow, expected: Self.text(expected), got: Self.text(got))
            return
        }
        var levels: [Level] = []
        for fill in fills {
            if levels.last?.price == fill.price {
                levels[levels.count - 1].quantity += fill.quantity
            } else {
                levels.append(Level(price: fill.price, quantity: fill.quantity))
            }
        }
        if levels == entry.levels {
            report.executionsEqual += 1
        } else {
            report.note(
                row: entry.step.lastRow, expected: "the resting side's \(Self.text(levels))",
                got: "the aggressor's \(Self.text(entry.levels))")
        }
    }

    var bestPrices: BestPrices {
        var best = BestPrices.empty
        if let ask = book.bestAsk {
            best.askPrice = FlowUnits.filePrice(ask.price)
            best.askSize = FlowUnits.size(ask.quantity)
        }
        if let bid = book.bestBid {
            best.bidPrice = FlowUnits.filePrice(bid.price)
            best.bidSize = FlowUnits.size(bid.quantity)
        }
        return best
    }

    private static func fillOf(_ fill: RestingFill) -> NaiveBook.Fill {
        NaiveBook.Fill(
            orderID: FlowUnits.orderID(fill.state.clOrdID), price: FlowUnits.filePrice(fill.price),
            size: FlowUnits.size(fill.quantity))
    }

    private static func text(_ fills: [NaiveBook.Fill]) -> String {
        fills.isEmpty ? "no fill" : fills.map(\.description).joined(separator: ", ")
    }

    private static func text(_ levels: [Level]) -> String {
        levels.isEmpty
            ? "no fill"
            : levels.map { "\(FlowUnits.size($0.quantity)) at \(FlowUnits.filePrice($0.price))" }
                .joined(separator: ", ")
    }
}
