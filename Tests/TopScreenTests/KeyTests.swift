import Domain
import Testing

@testable import TopScreen

@Suite("Keys")
struct KeyTests {
    @Test("An order is entered by quantity, price and yes, and only then")
    func entry() throws {
        var state = ScreenState.trading
        #expect(state.type("s") == nil)
        guard case .ticket(let ticket) = state.mode else {
            Issue.record("no ticket")
            return
        }
        // A seller meets the bid.
        #expect(ticket.side == .sell && ticket.priceText == "585.01")
        #expect(state.type("1a50") == nil)
        _ = state.press(.erase)
        _ = state.press(.up)
        _ = state.press(.up)
        #expect(state.press(.enter) == nil)
        let text = TopLayout.draw(state, rows: 24, columns: 80).text(row: 22)
        #expect(text == " Sell 15 AAPL at 585.03?  y/n")
        let action = state.press(.character("y"))
        guard case .enter(let order) = action else {
            Issue.record("no order")
            return
        }
        #expect(order.side == .sell && order.securityID == 2001 && order.product == 200)
        #expect(order.quantity == Quantity(units: 15))
        #expect(order.price == Price(raw: 585_03_000_000))
        #expect(state.mode == .watching)
    }

    @Test("Anything but yes does nothing", arguments: ["n", "q", " ", "1"])
    func no(_ key: Character) {
        var state = ScreenState.trading
        _ = state.type("b5")
        _ = state.press(.enter)
        #expect(state.press(.character(key)) == nil)
        #expect(state.mode == .watching && state.message == "not done")
    }

    @Test("What is wrong with a ticket is said, and it stays open")
    func problems() {
        var state = ScreenState.trading
        _ = state.type("b")
        _ = state.press(.enter)
        #expect(state.message.contains("quantity") && state.messageIsWarning)
        _ = state.type("7")
        _ = state.press(.tab)
        _ = state.type("5")
        _ = state.press(.enter)
        #expect(state.message == "the price has to be a multiple of 0.01")
        for _ in 0..<20 { _ = state.press(.erase) }
        _ = state.press(.enter)
        #expect(state.message == "the price has to be a number")
        guard case .ticket = state.mode else {
            Issue.record("the ticket is gone")
            return
        }
        _ = state.press(.escape)
        #expect(state.mode == .watching)
    }

    @Test("The chosen order, and all of a product, are deleted after yes")
    func deletion() {
        var state = ScreenState.trading
        #expect(state.type("c") == nil)
        let text = TopLayout.draw(state, rows: 24, columns: 80).text(row: 22)
        #expect(text == " Delete buy 200 AAPL at 585.00?  y/n")
        guard case .delete(let clOrdID, _) = state.type("y") else {
            Issue.record("nothing is deleted")
            return
        }
        #expect(clOrdID == ClOrdID(raw: 9))
        guard case .deleteAll(let product, _) = state.type("xy") else {
            Issue.record("nothing is deleted")
            return
        }
        #expect(product == 200)
        state.chosen = 1
        #expect(state.type("x") == nil && state.mode == .watching && state.messageIsWarning)
    }

    @Test("Without a session nothing can be traded", arguments: ["b", "s", "c", "x"])
    func watchingOnly(_ key: Character) {
        var state = ScreenState.sample
        #expect(state.press(.character(key)) == nil)
        #expect(state.mode == .watching && state.message.contains("--session"))
    }

    @Test("Instruments and panels are chosen within what there is")
    func choosing() {
        var state = ScreenState.sample
        for (key, chosen) in [
            (ScreenKey.up, 0), (.down, 1), (.down, 1), (.pageUp, 0), (.end, 1), (.home, 0),
            (.character("j"), 1), (.character("k"), 0),
        ] {
            _ = state.press(key)
            #expect(state.chosen == chosen)
        }
        for panel in [ScreenState.Panel.orders, .sessions, .latency, .trades] {
            _ = state.press(.tab)
            #expect(state.panel == panel)
        }
        _ = state.press(.backTab)
        #expect(state.panel == .latency)
        state.market = []
        _ = state.press(.down)
        #expect(state.chosenRow == nil && state.type("bq") == .quit)
    }

    @Test("Prices are read and written digit by digit")
    func prices() {
        let cent = Price(raw: 1_000_000)
        for (text, raw) in [
            ("585.02", 585_02_000_000 as Int64), ("-0.5", -50_000_000), ("7", 700_000_000),
            ("0.00000001", 1),
        ] {
            #expect(PriceText.parse(text) == Price(raw: raw))
        }
        for text in ["", ".", "x", "1.2.3", "1.123456789", "99999999999", "--1"] {
            #expect(PriceText.parse(text) == nil)
        }
        #expect(PriceText.plain(Price(raw: -50_000_000), tick: cent) == "-0.50")
        #expect(PriceText.plain(Price(raw: 1_050_000_000), tick: Price(raw: 50_000_000)) == "10.5")
        #expect(PriceText.plain(Price(raw: 1_234_567), tick: cent) == "0.01234567")
        #expect(PriceText.plain(.none, tick: cent) == "-")
    }
}
