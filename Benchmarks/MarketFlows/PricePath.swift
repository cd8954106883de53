/// Where the middle of a market is over time: straight from point to point, and a random walk upon it.
public struct PricePath: Sendable, Equatable {
    struct Point: Sendable, Equatable {
        /// Share of the flow that has passed.
        var share: Double
        var tick: Int32
    }

    let points: [Point]
    /// New orders from one step of the walk to the next; 0: none.
    let stepOrders: Int
    /// How far the walk may lead away, in ticks.
    let reach: Int32

    /// From the first point, at 0, to the last, at 1; shares rise.
    public init(
        _ points: [(share: Double, tick: Int32)], wandersEvery orders: Int, by reach: Int32
    ) {
        precondition(
            points.first?.share == 0 && points.last?.share == 1, "a path leads from 0 to 1")
        self.points = points.map { Point(share: $0.share, tick: $0.tick) }
        stepOrders = orders
        self.reach = reach
    }

    /// Around one price.
    public init(_ tick: Int32, wandersEvery orders: Int = 0, by reach: Int32 = 0) {
        self.init([(0, tick), (1, tick)], wandersEvery: orders, by: reach)
    }

    var lowest: Int32 { points.map(\.tick).min()! - reach }
    var highest: Int32 { points.map(\.tick).max()! + reach }

    /// The path without the walk.
    func tick(at share: Double) -> Int32 {
        let next = points.firstIndex { $0.share > share } ?? points.count - 1
        let (from, to) = (points[next - 1], points[next])
        let passed = min(1, (share - from.share) / (to.share - from.share))
        return from.tick + Int32(passed * Double(to.tick - from.tick))
    }
}
