import Domain
import MarketFlows
import OrderFlow
import Testing

/// The participants' book against arrays that are searched from the front.
@Suite struct TruthTests {
    @Test(arguments: MarketProfile.all)
    func executionsAndWhatIsTooLate(profile: MarketProfile) {
        let flow = MarketFlowTests.flow(profile, messages: 20_000)
        var book = NaiveBook()
        var open: [Int64] = []
        var total: [Int64] = []
        var version: [UInt8] = []
        var executions = ExecutionsHash()

        func enter(_ id: Int, _ request: MarketRequest, rests: Bool) {
            for fill in book.take(
                request.side.opposite, limit: Int64(request.tick), size: open[id])
            {
                executions.add(order: UInt64(fill.orderID), quantity: fill.size)
                open[Int(fill.orderID)] -= fill.size
                open[id] -= fill.size
            }
            guard rests, open[id] > 0 else { return }
            book.add(Int64(id), request.side, price: Int64(request.tick), size: open[id])
        }

        for request in flow.requests {
            let id = Int(request.order)
            switch request.kind {
            case .enter, .immediate:
                open.append(Int64(request.quantity))
                total.append(Int64(request.quantity))
                version.append(0)
                enter(id, request, rests: request.kind == .enter)
            case .modify, .cancel:
                let isLive = book.delete(Int64(id))
                #expect(isLive != request.isStale)
                #expect(request.version == version[id])
                guard isLive, request.kind == .modify else { continue }
                #expect(request.increase > 0)
                open[id] += Int64(request.increase)
                total[id] += Int64(request.increase)
                version[id] += 1
                #expect(Int64(request.quantity) == total[id])
                enter(id, request, rests: true)
            }
        }
        #expect(executions == flow.executions)
        #expect(book.bids.count + book.asks.count == flow.mix.restingAtEnd)
        let levels = Set(book.bids.map(\.price)).union(book.asks.map(\.price))
        #expect(levels.count == flow.mix.levelsAtEnd)
    }
}
