import Domain
import Platform
import PublicBooks
import Testing

/// A builder with what tests ask of it.
final class Receiver {
    var builder: PublicBookBuilder
    var events: [PublicEvent] = []

    init(limits: PublicBookLimits = PublicBookLimits(orders: 4096, packets: 512)) {
        builder = PublicBookBuilder(limits: limits)
    }

    func take(_ packet: NaivePublisher.Packet) { take(packet.bytes, packet.channel) }

    func take(_ bytes: [UInt8], _ channel: FeedChannel) {
        bytes.withUnsafeBytes { builder.take($0, from: channel) }
        for index in 0..<builder.eventCount { events.append(builder.event(at: index)) }
    }

    func index(_ security: Int64) -> Int { builder.index(of: security) ?? -1 }

    func instrument(_ security: Int64) -> PublicInstrument? {
        builder.index(of: security).map { builder.instrument($0) }
    }

    func orders(_ security: Int64) -> [NaiveMarket.Order] {
        guard let index = builder.index(of: security) else { return [] }
        var orders: [NaiveMarket.Order] = []
        for side in [Side.buy, .sell] {
            builder.forEachOrder(index, side) {
                orders.append(
                    NaiveMarket.Order(
                        side: $0.side.rawValue, price: $0.price.raw, quantity: $0.quantity.raw,
                        priority: $0.timePriority.nanos))
                return true
            }
        }
        return orders
    }

    func image(_ securities: [Int64]) -> NaiveMarket.Image {
        Dictionary(uniqueKeysWithValues: securities.map { ($0, orders($0)) })
    }

    func isLive(_ security: Int64) -> Bool { instrument(security)?.isLive == true }

    /// Depth and best prices say what the orders say, added up here anew.
    func levelsAgree(_ security: Int64) -> Bool {
        guard let index = builder.index(of: security) else { return true }
        let orders = orders(security)
        for side in [Side.buy, .sell] {
            var levels: [PublicLevel] = []
            for order in orders where order.side == side.rawValue {
                if levels.last?.price.raw == order.price {
                    levels[levels.count - 1].quantity.raw += order.quantity
                    levels[levels.count - 1].orderCount += 1
                } else {
                    levels.append(
                        PublicLevel(
                            price: Price(raw: order.price), quantity: Quantity(raw: order.quantity),
                            orderCount: 1))
                }
            }
            guard builder.levelCount(index, side) == levels.count else { return false }
            for (depth, level) in levels.enumerated()
            where builder.level(index, side, at: depth) != level {
                return false
            }
            let top = builder.instrument(index).top
            guard (side == .buy ? top.bid : top.ask) == levels.first ?? .none else { return false }
        }
        return true
    }
}
