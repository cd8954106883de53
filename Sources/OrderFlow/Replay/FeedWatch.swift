import Client
import Domain
import Platform
import PublicBooks

/// Builds the book from the public feed during a replay, and compares it with the recorded truth row by
/// row, as of the engine transaction that the row ended with.
///
/// The feed is not waited for row by row: what it told and what must be true meet in two queues, by
/// engine time. The driver bounds how far the one may be behind the other, so that the system's
/// buffers hold what is on its way.
final class FeedWatch {
    /// What must be true after a step.
    struct Expectation {
        var row: Int
        /// Engine time of the step's transaction; `none` when it changed nothing public.
        var time: Timestamp
        /// Nil for steps that only lead up to the comparison.
        var bestPrices: BestPrices?
        /// What the step trades, nil when it is none that does.
        var fills: [NaiveBook.Fill]?
    }

    /// Best prices from an engine time on.
    private struct Moment {
        var time: Timestamp
        var bestPrices: BestPrices
    }

    private struct Execution {
        var time: Timestamp
        var timePriority: Timestamp
        var price: Price
        var quantity: Quantity
    }

    private struct Summary {
        var time: Timestamp
        var price: Price
        var quantity: Quantity
    }

    /// Transactions after `after` and before `before` were not heard of.
    private struct Loss {
        var after: Timestamp
        var before: Timestamp
    }

    private let feed: any DatagramFeed
    private var builder: PublicBookBuilder
    private let securityID: Int64
    private let clock: Clock
    private var expectations = Queue<Expectation>()
    private var moments = Queue<Moment>()
    private var executions = Queue<Execution>()
    private var summaries = Queue<Summary>()
    private var losses: [Loss] = []
    private var bestPrices = BestPrices.empty
    private var lastTime = Timestamp.zero
    /// Names of orders by their public key.
    private var names: [Timestamp: Int64] = [:]
    private var result = FeedReport()
    /// The feed fell silent: it holds nobody up any more, and no further row can be compared.
    private var isSilent = false

    /// Steps that may be sent before the feed has told of the first of them.
    let window: Int

    private static var patienceNanos: UInt64 { 10_000_000_000 }

    /// `bufferBytes` is what the system's receive buffer holds. A step is some packets, each of which
    /// takes about a kilobyte of it.
    init(
        _ feed: any DatagramFeed, securityID: Int64, bufferBytes: Int, clock: Clock,
        limits: PublicBookLimits = PublicBookLimits()
    ) {
        self.feed = feed
        self.securityID = securityID
        window = max(8, min(256, bufferBytes / 8192))
        self.clock = clock
        builder = PublicBookBuilder(limits: limits)
        names.reserveCapacity(64 * 1024)
    }

    var openCount: Int { expectations.count }

    /// Waits until the book is known; false when it does not come in time, which is short where nothing
    /// comes at all.
    func start() -> Bool {
        let begin = clock.now()
        while true {
            if look() == 0 { feed.wait(nanos: 5_000_000) }
            if isLive { return true }
            let patience: UInt64 = builder.counters.datagrams == 0 ? 1_500_000_000 : 5_000_000_000
            if clock.now().nanos(since: begin) > patience { return false }
        }
    }

    /// An order rests under this public key from now on.
    func entered(_ orderID: Int64, timePriority: Timestamp) { names[timePriority] = orderID }

    /// A step is complete, as its participants were told.
    func expect(_ expectation: Expectation) {
        if isSilent { return giveUp(expectation) }
        expectations.append(expectation)
        judge()
    }

    /// Takes what the feed has told; returns how many datagrams there were.
    @discardableResult
    func look() -> Int {
        var count = 0
        // One look after the other, so that no buffer runs over while rows are judged.
        while true {
            let taken = feed.receive { channel, datagram in
                builder.take(datagram, from: channel)
                for index in 0..<builder.eventCount { note(builder.event(at: index)) }
            }
            if taken == 0 { break }
            count += taken
        }
        if count > 0 { judge() }
        return count
    }

    func wait(nanos: UInt64) { feed.wait(nanos: nanos) }

    /// What was expected did not come, and no more is waited for.
    func stopWaiting() {
        isSilent = true
        while let expectation = expectations.popFirst() { giveUp(expectation) }
    }

    /// Waits for what is still on its way, then judges.
    func finish() -> FeedReport {
        var lastHeard = clock.now()
        while openCount > 0, clock.now().nanos(since: lastHeard) < Self.patienceNanos {
            let open = openCount
            if look() == 0 { feed.wait(nanos: 5_000_000) }
            if openCount < open { lastHeard = clock.now() }
        }
        stopWaiting()
        result.unexplained += executions.count
        if executions.count > 0 {
            result.note("\(executions.count) executions after the last row")
        }
        result.gaps = builder.counters.gaps
        return result
    }

    // MARK: What the feed tells

    private var isLive: Bool {
        builder.index(of: securityID).map { builder.instrument($0).isLive } ?? false
    }

    private func note(_ event: PublicEvent) {
        guard event.instrument >= 0,
            builder.instrument(Int(event.instrument)).securityID == securityID
        else { return }
        switch event.kind {
        case .topOfBook:
            moments.append(Moment(time: event.time, bestPrices: Self.bestPrices(event.top)))
        case .orderExecuted:
            executions.append(
                Execution(
                    time: event.time, timePriority: event.timePriority, price: event.price,
                    quantity: event.quantity))
        case .executionSummary:
            summaries.append(
                Summary(time: event.time, price: event.price, quantity: event.quantity))
        case .stale:
            losses.append(
                Loss(
                    after: builder.instrument(Int(event.instrument)).lastUpdate, before: .none))
        case .live:
            guard let last = losses.indices.last, losses[last].before.isNone else { return }
            // Repaired by the missing packet itself: nothing was lost.
            if event.time.isNone {
                losses.removeLast()
            } else {
                losses[last].before = event.time
            }
        case .trade, .instrumentState, .productState: break
        }
    }

    // MARK: Judging

    /// Judges the oldest steps, as many as the feed has told of.
    private func judge() {
        guard isLive, let index = builder.index(of: securityID) else { return }
        let reached = builder.instrument(index).lastUpdate
        while let expectation = expectations.first {
            guard expectation.time.isNone || expectation.time <= reached else { return }
            _ = expectations.popFirst()
            if !expectation.time.isNone { advance(to: expectation.time) }
            if losses.contains(where: { $0.after < lastTime && lastTime < $0.before }) {
                giveUp(expectation)
            } else {
                compare(expectation)
            }
        }
    }

    private func advance(to time: Timestamp) {
        lastTime = time
        while let moment = moments.first, moment.time <= time {
            bestPrices = moment.bestPrices
            _ = moments.popFirst()
        }
    }

    private func giveUp(_ expectation: Expectation) {
        while executions.first.map({ $0.time <= lastTime }) == true { _ = executions.popFirst() }
        while summaries.first.map({ $0.time <= lastTime }) == true { _ = summaries.popFirst() }
        guard expectation.bestPrices != nil else { return }
        result.rows += 1
        result.rowsLost += 1
        if expectation.fills != nil { result.executions += 1 }
        result.note("row \(expectation.row): what the feed told at its time was lost")
    }

    private func compare(_ expectation: Expectation) {
        var told: [Execution] = []
        while let execution = executions.first, execution.time <= lastTime {
            told.append(execution)
            _ = executions.popFirst()
        }
        var sums: [Summary] = []
        while let summary = summaries.first, summary.time <= lastTime {
            sums.append(summary)
            _ = summaries.popFirst()
        }
        guard let expected = expectation.bestPrices else { return }
        result.rows += 1
        if bestPrices == expected {
            result.rowsEqual += 1
        } else {
            result.note("row \(expectation.row): expected \(expected); got \(bestPrices)")
        }
        guard let fills = expectation.fills else {
            result.unexplained += told.count
            if !told.isEmpty {
                result.note("row \(expectation.row): an execution that nobody asked for")
            }
            return
        }
        result.executions += 1
        let got = told.map {
            NaiveBook.Fill(
                orderID: names[$0.timePriority] ?? 0, price: FlowUnits.filePrice($0.price),
                size: FlowUnits.size($0.quantity))
        }
        let total = told.reduce(Quantity.zero) { $0 + $1.quantity }
        let isSummedUp =
            sums.count == 1 && sums[0].quantity == total && sums[0].price == told.last?.price
        if got == fills, isSummedUp || fills.isEmpty && sums.isEmpty {
            result.executionsEqual += 1
        } else {
            result.note(
                "row \(expectation.row): expected the executions \(fills); got \(got)"
                    + (isSummedUp ? "" : ", not summed up by the aggressor's"))
        }
    }

    private static func bestPrices(_ top: TopOfBook) -> BestPrices {
        var best = BestPrices.empty
        if !top.ask.isNone {
            best.askPrice = FlowUnits.filePrice(top.ask.price)
            best.askSize = FlowUnits.size(top.ask.quantity)
        }
        if !top.bid.isNone {
            best.bidPrice = FlowUnits.filePrice(top.bid.price)
            best.bidSize = FlowUnits.size(top.bid.quantity)
        }
        return best
    }
}

/// A queue in an array whose front moves on.
private struct Queue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard head < elements.count else { return nil }
        let element = elements[head]
        head += 1
        if head == elements.count || head > 4096 {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }
}
