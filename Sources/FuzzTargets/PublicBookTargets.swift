import Domain
import Platform
import PublicBooks

extension FuzzTarget {
    static let books = FuzzTarget(
        "books", "books made of the public feed: any datagrams, in any order and number",
        lengthMax: 32_768, Feed.run)
}

/// An input is a list of datagrams: a byte whose lowest bit names the channel and whose next one doubles
/// the datagram, a length of two bytes, the datagram.
private enum Feed {
    static func run(_ input: UnsafeRawBufferPointer) {
        var input = FuzzInput(input)
        var builder = PublicBookBuilder(
            limits: PublicBookLimits(products: 4, instruments: 8, orders: 48, packets: 12))
        while !input.isEmpty {
            let how = input.byte()
            let datagram = input.take(Int(input.number(UInt16.self)))
            let channel = how & 1 == 0 ? FeedChannel.incremental : .snapshot
            datagram.withExactCopy {
                builder.take($0, from: channel)
                if how & 2 != 0 { builder.take($0, from: channel) }
            }
            builder.checkInvariants()
            check(builder)
        }
    }

    /// Depth and best prices are what the orders add up to.
    private static func check(_ builder: borrowing PublicBookBuilder) {
        for index in 0..<builder.instrumentCount {
            guard !builder.instrument(index).isTopOfBookOnly else { continue }
            for side in [Side.buy, .sell] {
                var levels: [PublicLevel] = []
                builder.forEachOrder(index, side) { order in
                    if levels.last?.price == order.price {
                        levels[levels.count - 1].quantity.raw += order.quantity.raw
                        levels[levels.count - 1].orderCount += 1
                    } else {
                        levels.append(
                            PublicLevel(
                                price: order.price, quantity: order.quantity, orderCount: 1))
                    }
                    return true
                }
                require(
                    levels.count == builder.levelCount(index, side), "every level has its orders")
                for (depth, level) in levels.enumerated() {
                    require(
                        builder.level(index, side, at: depth) == level,
                        "a level adds up its orders")
                }
                let top = builder.instrument(index).top
                require(
                    (side == .buy ? top.bid : top.ask) == levels.first ?? .none,
                    "the best price is the first level")
            }
        }
    }
}
