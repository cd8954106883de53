import Domain
import Testing

@testable import JournalTools

/// The life of an order in sentences.
@Suite struct OrderStoryTests {
    @Test func restingTradedAndFilled() {
        var market = ScriptedMarket()
        let first = market.enter(0, number: 1, .sell, 5, at: 100)
        let second = market.enter(1, number: 1, .buy, 8, at: 100)
        #expect(
            market.story(of: first) == [
                "Entered by trader 11 on session 10001 (request 1, ClOrdID 100): sell 5 AAPL at "
                    + "100.00, day, standard, not persistent. Nothing on the other side reached its "
                    + "price, so it rests with 5 open, behind what was at 100.00 before.",
                "5 traded at its price 100.00 (match 1) with the incoming order \(second.raw) of "
                    + "session 20001: no order was before it in price and time. It is filled and in "
                    + "no book any more.",
            ])
        let story = market.story(of: second)
        #expect(story.count == 1)
        #expect(story[0].contains("It traded 5 at 100.00 (match 1) with order \(first.raw)"))
        #expect(story[0].hasSuffix("3 of it are open and rest."))
    }

    @Test func changesSayWhatBecameOfThePlace() {
        var market = ScriptedMarket()
        let order = market.enter(0, number: 1, .buy, 5, at: 90)
        market.change(0, number: 2, order, .buy, 4, at: 90)
        market.change(0, number: 3, order, .buy, 6, at: 90)
        market.change(0, number: 4, order, .buy, 6, at: 91)
        let story = market.story(of: order)
        #expect(story.count == 4)
        #expect(story[1].contains("so it kept its place in time"))
        #expect(story[2].contains("The quantity rose, so it lost its place"))
        #expect(story[3].contains("The price changed, so it lost its place"))
    }

    @Test func immediateOrCancelDoesNotRest() {
        var market = ScriptedMarket()
        let order = market.enter(
            0, number: 1, .buy, 5, at: 90, timeInForce: .immediateOrCancel)
        let story = market.story(of: order)
        #expect(story.count == 1)
        #expect(
            story[0].hasSuffix(
                "Nothing on the other side reached its price, and an immediate-or-cancel order does "
                    + "not rest: 5 cancelled."))
        _ = market.enter(1, number: 1, .sell, 2, at: 90)
        let partly = market.enter(
            0, number: 2, .buy, 5, at: 90, timeInForce: .immediateOrCancel)
        #expect(market.story(of: partly)[0].contains("(match 1)"))
        #expect(market.story(of: partly)[0].hasSuffix("does not rest: 3 cancelled."))
    }

    @Test func deletionsAndRefusals() {
        var market = ScriptedMarket()
        let order = market.enter(0, number: 1, .buy, 5, at: 90)
        // Another unit's order does not exist for it: refused, and the operator sees that.
        var foreign = market.request(.deleteOrder, 1, number: 1)
        foreign.orderID = order
        market.apply(foreign)
        var command = market.request(.deleteOrder, 0, number: 2)
        command.orderID = order
        market.apply(command)
        let story = market.story(of: order)
        #expect(story.count == 3)
        #expect(story[1].contains("was refused and changed nothing"))
        #expect(story[1].contains("(reason 10000)"))
        #expect(
            story[2] == "Deleted by its own session (request 2): 5 open, 0 had traded. It is in no "
                + "book any more.")
    }

    @Test func massCancelsSayWhy() {
        var market = ScriptedMarket()
        let asked = market.enter(0, number: 1, .buy, 5, at: 90)
        market.apply(market.request(.deleteAllOrders, 0, number: 2))
        let lost = market.enter(0, number: 3, .buy, 5, at: 90)
        let kept = market.enter(0, number: 4, .buy, 5, at: 89, execInst: .persistent)
        var loss = Command(kind: .sessionEnded)
        loss.session = SessionIndex(0)
        loss.massActionReason = .sessionLoss
        market.apply(loss)
        for _ in 0..<3 { market.apply(Command(kind: .continueMassCancel)) }
        #expect(
            market.story(of: asked).last
                == "Withdrawn with others by its session's deletion of all "
                + "orders (request 2). It is in no book any more.")
        #expect(
            market.story(of: lost).last == "Withdrawn with others because its session was lost or "
                + "logged out. It is in no book any more.")
        #expect(market.story(of: kept).count == 1)
    }

    @Test func aRestartKeepsWhatIsPersistent() {
        var market = ScriptedMarket()
        let kept = market.enter(0, number: 1, .buy, 5, at: 89, execInst: .persistent)
        let lost = market.enter(0, number: 2, .buy, 5, at: 90)
        market.apply(Command(kind: .restart))
        for _ in 0..<8 { market.apply(Command(kind: .continueMassCancel)) }
        #expect(
            market.story(of: kept).last
                == "The venue began again. A persistent order stays, with its "
                + "price, its place in time and 5 open.")
        #expect(
            market.story(of: lost).last == "Withdrawn with others because its session was lost or "
                + "logged out. It is in no book any more.")
    }

    @Test func anOrderThatNeverWasHasNoStory() {
        let market = ScriptedMarket()
        #expect(market.story(of: OrderID(raw: 1)).isEmpty)
    }
}
