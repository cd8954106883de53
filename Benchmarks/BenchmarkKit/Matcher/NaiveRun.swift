import CBaselines
import MarketFlows
import OrderFlow

/// The naive book on a flow.
enum NaiveRun {
    static func nanosPerOperation(_ flow: MatcherFlow) -> Double {
        var book = NaiveBook()
        let start = threadNanos()
        for (step, operation) in zip(flow.steps, flow.operations) {
            switch operation.kind {
            case UInt32(CBASELINES_ADD):
                book.add(step.orderID, step.side, price: step.price, size: step.size)
            case UInt32(CBASELINES_DELETE): _ = book.delete(step.orderID)
            case UInt32(CBASELINES_REDUCE):
                _ = book.reduce(step.orderID, by: step.size)
            default:
                _ = book.take(step.side.opposite, limit: step.price, size: step.size)
            }
        }
        return Double(threadNanos() - start) / Double(flow.steps.count)
    }

    static func nanosPerRequest(_ requests: ArraySlice<MarketRequest>) -> Double {
        var book = NaiveBook()
        /// What is open of each order, to know of changed ones how much goes on.
        var open: [Int64] = []
        func enter(_ id: Int, _ request: MarketRequest, rests: Bool) {
            let fills = book.take(
                request.side.opposite, limit: Int64(request.tick), size: open[id])
            for fill in fills {
                open[Int(fill.orderID)] -= fill.size
                open[id] -= fill.size
            }
            guard rests, open[id] > 0 else { return }
            book.add(Int64(id), request.side, price: Int64(request.tick), size: open[id])
        }
        let start = threadNanos()
        for request in requests {
            let id = Int(request.order)
            switch request.kind {
            case .enter, .immediate:
                open.append(Int64(request.quantity))
                enter(id, request, rests: request.kind == .enter)
            case .modify:
                guard book.delete(Int64(id)) else { continue }
                open[id] += Int64(request.increase)
                enter(id, request, rests: true)
            case .cancel: _ = book.delete(Int64(id))
            }
        }
        return Double(threadNanos() - start) / Double(requests.count)
    }
}
