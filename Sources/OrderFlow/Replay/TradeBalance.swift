import Client
import Domain
import Wire

/// Whether all trades have two sides: what was bought in a match step was sold in it, at one price.
struct TradeBalance {
    private struct Step {
        var price: Price
        var bought = Quantity.zero
        var sold = Quantity.zero
    }

    /// Steps of which not both sides are complete, by product and match number.
    private var open: [UInt64: Step] = [:]
    private var sides: Set<UInt64> = []
    /// Match steps seen so far.
    private(set) var steps = 0
    private(set) var differences: [String] = []

    var isBalanced: Bool { open.isEmpty && differences.isEmpty }

    mutating func add(_ message: ListenerMessage) {
        guard message.kind == .traded else { return }
        let view = TradeBroadcastView(message.inbound.base)
        let product = UInt64(UInt32(bitPattern: view.marketSegmentID)) << 32
        if !sides.insert(product | UInt64(view.sideTradeID)).inserted {
            differences.append("side trade \(view.sideTradeID) was confirmed twice")
        }
        let fill = message.fill(at: 0)
        let key = product | UInt64(fill.matchID)
        if open[key] == nil { steps += 1 }
        var step = open[key] ?? Step(price: fill.price)
        if step.price != fill.price {
            differences.append("match step \(fill.matchID) has two prices")
        }
        if view.side == Side.buy.rawValue {
            step.bought += fill.quantity
        } else {
            step.sold += fill.quantity
        }
        open[key] = step.bought == step.sold ? nil : step
    }

    /// The end: steps that are still open have lost a side.
    mutating func finish() {
        for (key, step) in open {
            differences.append(
                "match step \(key & 0xFFFF_FFFF): bought \(step.bought.raw), sold \(step.sold.raw)")
        }
    }
}
