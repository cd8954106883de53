import LocalVenue
import TestSupport
import Testing
import Wire

extension VenueSuites {
    /// Answers longer than a message, cancellations longer than a slice, pools at their ends.
    @Suite("Bounds")
    struct BoundsTests {
        @Test("A sweep over many price levels comes in fragments that sum up")
        func fragments() throws {
            try withVenue { venue in
                let (seller, buyer) = (try venue.member(.one), try venue.member(.two))
                let levels: Int64 = 250
                for level in 0..<levels {
                    // Two orders a level, one each way of reporting.
                    for (form, part) in [(TestClient.Form.lean, 0), (.short, 1)] {
                        let number = seller.number()
                        try seller.sendRaw(
                            seller.orderFrame(
                                number, form, id: UInt64(level) * 2 + UInt64(part) + 1, side: 2,
                                lots: level + 1, price: 10 + Double(level) / 100,
                                instrument: 2001, product: 200))
                    }
                }
                for _ in 0..<(2 * levels) { _ = try seller.read() }
                let total = levels * (levels + 1)
                let sweep = try buyer.order(
                    .short, id: 9, side: 1, lots: total + 5, price: 500, instrument: 2001,
                    product: 200)
                #expect(
                    sweep.map(\.template) == [
                        .orderExecResponse, .orderExecResponse, .orderExecResponse,
                    ])
                try #require(sweep.count == 3)
                #expect(sweep.map { $0.field("LastFragment") } == [0, 0, 1])
                #expect(sweep.map(\.fills.count) == [100, 100, 50])
                let fills = sweep.flatMap(\.fills)
                #expect(fills.map(\.price) == (0..<levels).map { .price(10 + Double($0) / 100) })
                #expect(fills.map(\.quantity) == (0..<levels).map { .lots(2 * ($0 + 1)) })
                #expect(Set(fills.map(\.matchID)).count == fills.count)
                #expect(Set(sweep.map { $0.field("OrderID") }).count == 1)
                #expect(Set(sweep.map { $0.field("ExecID") }).count == 1)
                let messageIDs = sweep.map(\.applMsgID)
                #expect(messageIDs[0] < messageIDs[1] && messageIDs[1] < messageIDs[2])
                #expect(sweep.last?.signed("CumQty") == .lots(total))
                #expect(sweep.last?.signed("LeavesQty") == .lots(5))

                let notified = try (0..<(2 * levels)).map { _ in try seller.read() }
                #expect(notified.map { $0.field("ClOrdID") } == (1...UInt64(2 * levels)).map { $0 })
                let reported = notified.flatMap(\.fills)
                #expect(reported.reduce(0) { $0 + $1.quantity } == .lots(total))
                #expect(reported.map(\.matchID) == fills.flatMap { [$0.matchID, $0.matchID] })
                // The next request is answered behind the last fragment.
                #expect(
                    try buyer.delete(id: 9, instrument: 2001, product: 200).map(\.template)
                        == [.deleteOrderResponse])
            }
        }

        @Test("A sweep through sixty thousand orders of one session does not cost it its session")
        func deepSweep() throws {
            // What the venue says of it is far more than a session may leave unread: it has to go
            // out as fast as it is made. It did not while one send took less than one duty cycle
            // makes, and the owner was cut as a slow consumer though he read. On a machine that is busy
            // with other things he may not come to read for milliseconds, so he has three goes.
            var goes = 3
            while goes > 0 {
                goes -= 1
                do { return try sweepDeep() } catch ConversationError.closed where goes > 0 {}
            }
        }

        private func sweepDeep() throws {
            let count = 60_000
            try besiege(.with { $0.limits.unsentBytesMax = 4 << 20 }) { venue, witness in
                let (owner, other) = (try venue.member(.one), try venue.member(.two))
                for batch in 0..<(count / 500) {
                    var bytes: [UInt8] = []
                    for position in 1...500 {
                        bytes += owner.orderFrame(
                            owner.number(), id: UInt64(batch * 500 + position), side: 2, lots: 1,
                            price: 100)
                    }
                    try owner.sendRaw(bytes)
                    for _ in 0..<500 { _ = try owner.read() }
                }
                owner.forgetConversation()
                try other.send(
                    other.orderFrame(
                        other.number(), id: 1, side: 1, lots: Int64(count), price: 100))
                // Somebody who reads as fast as the machine lets him.
                let length = OrderExecNotificationView.fixedLength + FillsGrpView.size
                try owner.receive(atLeast: count * length)
                for id in 1...UInt64(count) {
                    let message = try owner.read()
                    guard message.template == .orderExecNotification,
                        message.field("ClOrdID") == id
                    else {
                        Issue.record("order \(id): \(message)")
                        break
                    }
                }
                let sweep = try other.read()
                #expect(sweep.signed("CumQty") == .lots(Int64(count)))
                witness.expectService()
            }
        }

        @Test("A mass cancel of thousands lets others trade, and loses no order in between")
        func massCancel() throws {
            try withVenue(.with { $0.limits.massCancelSlice = 4 }) { venue in
                let (owner, other) = (try venue.member(.one), try venue.member(.two))
                let count = 4000
                for id in 1...UInt64(count) {
                    try owner.sendRaw(
                        owner.orderFrame(
                            owner.number(), id % 2 == 0 ? .lean : .persistent, id: id, side: 2,
                            lots: 1, price: 100 + Double(id % 50) / 2))
                }
                for _ in 0..<count {
                    #expect(try owner.read().has("ClOrdID"))
                }
                // Both at once: the cancellation, behind it a new order; and the other's trades.
                let cancel = owner.number()
                let behind = owner.number()
                try owner.sendRaw(
                    Frames.deleteAll(cancel, trader: owner.trader)
                        + owner.orderFrame(behind, id: 1, side: 2, lots: 1, price: 400))
                let trades = 300
                for id in 1...UInt64(trades) {
                    try other.sendRaw(
                        other.orderFrame(
                            other.number(), id: id, side: 1, lots: 1, price: 300, timeInForce: 3))
                }
                var bought = 0
                for _ in 0..<trades {
                    let answer = try other.read()
                    #expect(answer.answers != nil)
                    if answer.template == .orderExecResponse { bought += 1 }
                }
                var sold = 0
                var answers: [Message] = []
                while answers.count < 2 {
                    let message = try owner.read()
                    if message.template == .orderExecNotification {
                        #expect(answers.isEmpty, "nothing trades once the cancellation is answered")
                        sold += 1
                    } else {
                        answers.append(message)
                    }
                }
                #expect(answers.map(\.template) == [.deleteAllOrderResponse, .newOrderNRResponse])
                #expect(answers.compactMap(\.answers) == [cancel, behind])
                #expect(sold == bought)
                let left = try other.order(
                    id: 9999, side: 1, lots: 5000, price: 300, timeInForce: 3)
                #expect(left.map(\.template) == [.newOrderNRResponse], "all the rest is cancelled")
            }
        }

        @Test("A full order pool refuses with 102, and takes orders again after deletions")
        func orderPool() throws {
            try withVenue(.with { $0.limits.orderCapacity = 50 }) { venue in
                let (client, other) = (try venue.member(.one), try venue.member(.two))
                for id in 1...50 as ClosedRange<UInt64> {
                    #expect(
                        try client.order(id: id, side: 1, lots: 1, price: 10)[0].template
                            == .newOrderNRResponse)
                }
                for each in [client, other] {
                    let refused = try each.order(.persistent, id: 51, side: 1, lots: 1, price: 10)
                    #expect(refused[0].reject?.reason == 102)
                    #expect(refused[0].reject?.status == 0)
                    #expect(refused[0].text.contains("full"))
                }
                _ = try client.delete(id: 7)
                #expect(
                    try other.order(.persistent, id: 51, side: 1, lots: 1, price: 10)[0].template
                        == .newOrderResponse)
                #expect(
                    try client.order(id: 52, side: 1, lots: 1, price: 10)[0].reject?.reason == 102)
                // The end of a session gives its places back.
                try client.logOut()
                for id in 100..<149 as Range<UInt64> {
                    #expect(
                        try other.order(id: id, side: 1, lots: 1, price: 10)[0].template
                            == .newOrderNRResponse)
                }
                #expect(
                    try other.order(id: 150, side: 1, lots: 1, price: 10)[0].reject?.reason == 102)
            }
        }

        @Test("Mass cancels and lost sessions that cross leave no order and no silence behind")
        func crossing() throws {
            try besiege(.with { $0.limits.massCancelSlice = 1 }) { venue, _ in
                let other = try venue.member(.two)
                var random = SeededGenerator(seed: 3)
                for round in 0..<12 {
                    let owner = try venue.member(.one)
                    var bytes: [UInt8] = []
                    for id in 1...400 as ClosedRange<UInt64> {
                        bytes += owner.orderFrame(
                            owner.number(), id % 3 == 0 ? .long : .lean, id: id, side: 2, lots: 1,
                            price: 100 + Double(id % 20) / 2)
                    }
                    if round % 2 == 0 {
                        bytes += Frames.deleteAll(owner.number(), trader: owner.trader)
                    }
                    try owner.sendRaw(bytes)
                    for _ in 0..<random.below(400) { _ = try owner.read() }
                    // Trades go on, some of them against what is being cancelled.
                    for _ in 0..<20 {
                        try other.sendRaw(
                            other.orderFrame(
                                other.number(), id: 1, side: 1, lots: 1, price: 105,
                                timeInForce: 3))
                    }
                    if round % 3 == 0 { owner.close() } else { owner.reset() }
                    for _ in 0..<20 { #expect(try other.read().answers != nil) }

                    // Back at once: what it enters now is not taken by the old loss.
                    let again = try venue.member(.one)
                    let kept = try again.order(.lean, id: 7_000, side: 1, lots: 1, price: 1)
                    #expect(kept.last?.template == .newOrderNRResponse)
                    let gone = try again.exchange {
                        Frames.deleteAll($0, trader: again.trader) { $0.side = 2 }
                    }
                    #expect(gone.last?.answers != nil)
                    let sweep = try other.order(
                        id: 2, side: 1, lots: 500, price: 300, timeInForce: 3)
                    #expect(sweep.map(\.template) == [.newOrderNRResponse])
                    #expect(
                        try again.delete(id: 7_000).last?.template == .deleteOrderNRResponse)
                    try again.logOut()
                }
            }
        }

        @Test("Who does not log on in time is let go")
        func logonTimeout() throws {
            try withVenue(.with { $0.limits.logonTimeoutSeconds = 1 }) { venue in
                let silent = try venue.connect()
                let slow = try venue.connect()
                try slow.sendRaw(Array(Frames.logon().prefix(100)))
                let member = try venue.member(.one)
                #expect(try silent.readUntilClosed().isEmpty)
                #expect(try slow.readUntilClosed().isEmpty)
                _ = try member.order(id: 1, side: 1, lots: 1, price: 1)
            }
        }

        @Test("A full pool of order texts refuses with 102 only orders that need one")
        func detailsPool() throws {
            try withVenue(.with { $0.limits.orderDetailsCapacity = 5 }) { venue in
                let client = try venue.member(.one)
                for id in 1...5 as ClosedRange<UInt64> {
                    _ = try client.order(.persistent, id: id, side: 1, lots: 1, price: 10)
                }
                let refused = try client.order(.persistent, id: 6, side: 1, lots: 1, price: 10)
                #expect(refused[0].reject?.reason == 102)
                #expect(
                    try client.ask {
                        Frames.shortOrder($0, clOrdID: 7) { $0.executingTraderQualifier = .max }
                    }.reject?.reason != 102)
                _ = try client.delete(id: 3)
                #expect(
                    try client.order(.persistent, id: 6, side: 1, lots: 1, price: 10)[0].template
                        == .newOrderResponse)
            }
        }

        @Test("A full pool of price levels refuses with 102 new prices, and no others")
        func pricePages() throws {
            try withVenue(.with { $0.limits.pricePageCapacity = 8 }) { venue in
                let client = try venue.member(.one)
                // 1,000 ticks lie between neighbours: a page each.
                func enter(_ id: UInt64, page: Int) throws -> Message {
                    try client.order(
                        id: id, side: 1, lots: 1, price: 10 + Double(page) * 10, instrument: 2001,
                        product: 200)[0]
                }
                for page in 0..<8 {
                    #expect(
                        try enter(UInt64(page) + 1, page: page).template == .newOrderNRResponse)
                }
                #expect(try enter(20, page: 9).reject?.reason == 102)
                #expect(try enter(21, page: 3).template == .newOrderNRResponse)
                _ = try client.delete(id: 4, instrument: 2001, product: 200)
                #expect(try enter(22, page: 9).reject?.reason == 102)
                _ = try client.delete(id: 21, instrument: 2001, product: 200)
                #expect(try enter(23, page: 9).template == .newOrderNRResponse)
                _ = try client.ask { Frames.deleteAll($0, product: 200) }
                for page in 10..<18 {
                    #expect(
                        try enter(UInt64(page) + 30, page: page).template == .newOrderNRResponse)
                }
            }
        }
    }
}
