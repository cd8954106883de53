import Client
import Domain
import PublicBooks

@testable import TopScreen

extension ScreenState {
    /// Two instruments, a book of three levels a side, trades, sessions and stages.
    static var sample: ScreenState {
        var state = ScreenState()
        state.now = Timestamp(nanos: (6 * 3600 + 12 * 60 + 33) * 1_000_000_000)
        state.feedAddress = "127.0.0.1:59001"
        state.feedIsSilent = false
        state.venue.name = "demo"
        state.venue.isAttached = true
        state.venue.uptimeNanos = 192_000_000_000
        state.venue.requestsPerSecond = 2_345.4
        state.venue.sessionsLoggedOn = 3
        state.venue.sessions = [
            SessionRow(session: 10001, perSecond: 24.5, requests: 12_345, rejects: 2),
            SessionRow(session: 20001, perSecond: 2.1, requests: 1_024, rejects: 0),
        ]
        state.venue.stages = [
            StageRow(
                label: "gateway in → out", count: 99, p50: 1_910, p99: 8_280, p999: 13_500,
                max: 23_600)
        ]
        var apple = MarketRow(
            securityID: 2001, name: "AAPL", product: 200, tick: Price(raw: 1_000_000))
        apple.condition = .live
        apple.tradingStatus = 203
        apple.top = TopOfBook(bid: level(585_01, 300), ask: level(585_03, 1_200))
        apple.last = Price(raw: 585_02_000_000)
        apple.open = Price(raw: 584_90_000_000)
        apple.volume = Quantity(units: 12_300)
        apple.direction = 1
        var alpha = MarketRow(
            securityID: 1001, name: "ALPHA DEC", product: 100, tick: Price(raw: 50_000_000))
        alpha.condition = .stale
        alpha.tradingStatus = 203
        state.market = [apple, alpha]
        state.ladder.bids = [level(585_01, 300), level(585_00, 500), level(584_98, 50)]
        state.ladder.asks = [level(585_03, 1_200), level(585_04, 100), level(585_07, 600)]
        state.tape = [
            Print(
                time: state.now, securityID: 2001, price: Price(raw: 585_01_000_000),
                quantity: Quantity(units: 40), aggressor: .sell),
            Print(
                time: state.now, securityID: 1001, price: Price(units: 7),
                quantity: Quantity(units: 77), aggressor: nil),
            Print(
                time: state.now, securityID: 2001, price: Price(raw: 585_02_000_000),
                quantity: Quantity(units: 5), aggressor: .buy),
        ]
        return state
    }

    private static func level(_ cents: Int64, _ units: Int64) -> PublicLevel {
        PublicLevel(
            price: Price(raw: cents * 1_000_000), quantity: Quantity(units: units), orderCount: 1)
    }

    /// The same for a session that is logged on, with an own bid.
    static var trading: ScreenState {
        var state = sample
        var orders = OwnOrders()
        orders.noteEntry(
            OrderRequest(
                side: .buy, price: Price(raw: 585_00_000_000), quantity: Quantity(units: 200),
                instrument: 2001, product: 200), clOrdID: ClOrdID(raw: 9), msgSeqNum: 3)
        state.own = OwnSession(session: 30001, orders: orders.all)
        state.own?.net[2001] = Quantity(units: -15)
        state.own?.profit[2001] = 12.5
        return state
    }

    mutating func type(_ text: String) -> ScreenAction? {
        var last: ScreenAction?
        for character in text { last = press(.character(character)) }
        return last
    }
}
