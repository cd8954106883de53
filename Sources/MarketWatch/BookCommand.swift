import CommandLineTool
import DataOutput
import Domain
import PublicBooks

/// One instrument's book: price levels, or single orders.
struct BookCommand {
    let names: InstrumentNames
    let instrument: Int64
    let levels: Int
    let showsOrders: Bool
    let json: Bool
    let output: LineOutput

    /// Waits until the book is live, and shows it.
    func run(_ listener: FeedListener) throws {
        // In the same look many packets may follow: the book is shown as of the last of them.
        listener.run(onLook: { _ in
            if let index = listener.builder.index(of: instrument),
                listener.builder.instrument(index).isLive
            {
                listener.end()
            }
        })
        guard let index = listener.builder.index(of: instrument),
            listener.builder.instrument(index).isLive
        else {
            let name = names.name(of: instrument)
            throw NoBook(
                description: "the book of \(name) did not come: \(listener.summary)")
        }
        if json {
            output.add(object(listener, index))
        } else {
            output.add(text(listener, index))
        }
    }

    private func text(_ listener: FeedListener, _ index: Int) -> String {
        let view = listener.builder.instrument(index)
        let decimals = names.decimals(of: instrument)
        var text =
            "\(names.name(of: instrument)), \(StateWords.of(view.state)), as of "
            + "\(NumberText.timeOfDay(view.lastUpdate)), \(formatGrouped(view.orderCount)) orders, "
            + "last \(NumberText.price(view.statistics.last, decimals: decimals))\n"
        if showsOrders {
            var table = TextTable([
                ("side", .left), ("price", .right), ("quantity", .right), ("priority", .left),
            ])
            for side in [Side.buy, .sell] {
                for order in orders(listener, index, side) {
                    table.add([
                        side == .buy ? "buy" : "sell",
                        NumberText.price(order.price, decimals: decimals),
                        NumberText.quantity(order.quantity),
                        NumberText.timeOfDay(order.timePriority),
                    ])
                }
            }
            return text + table.text.trimmingLineEnd()
        }
        var table = TextTable([
            ("orders", .right), ("quantity", .right), ("bid", .right), ("ask", .right),
            ("quantity", .right), ("orders", .right),
        ])
        let depth = max(
            listener.builder.levelCount(index, .buy), listener.builder.levelCount(index, .sell))
        for place in 0..<min(depth, levels) {
            let bid = cells(listener, index, .buy, place, decimals)
            table.add(Array(bid.reversed()) + cells(listener, index, .sell, place, decimals))
        }
        text += table.text
        return text.trimmingLineEnd()
    }

    /// Price, quantity and orders of a level; blanks where there is none.
    private func cells(
        _ listener: FeedListener, _ index: Int, _ side: Side, _ place: Int, _ decimals: Int
    ) -> [String] {
        guard place < listener.builder.levelCount(index, side) else { return ["", "", ""] }
        let level = listener.builder.level(index, side, at: place)
        return [
            NumberText.price(level.price, decimals: decimals),
            NumberText.quantity(level.quantity), formatGrouped(level.orderCount),
        ]
    }

    /// The orders of the levels that are shown.
    private func orders(_ listener: FeedListener, _ index: Int, _ side: Side) -> [PublicOrder] {
        let count = min(levels, listener.builder.levelCount(index, side))
        guard count > 0 else { return [] }
        let last = listener.builder.level(index, side, at: count - 1).price
        var orders: [PublicOrder] = []
        listener.builder.forEachOrder(index, side) { order in
            if side == .buy ? order.price < last : order.price > last { return false }
            orders.append(order)
            return true
        }
        return orders
    }

    private func object(_ listener: FeedListener, _ index: Int) -> String {
        let view = listener.builder.instrument(index)
        var json = JSONWriter()
        json.object {
            $0.field("instrument", names.name(of: instrument))
            $0.field("security_id", instrument)
            $0.field("state", StateWords.of(view.state))
            $0.field("time", view.lastUpdate.isNone ? nil : view.lastUpdate.nanos)
            $0.field("last", NumberText.number(view.statistics.last))
            $0.field("orders", view.orderCount)
            for (key, side) in [("bids", Side.buy), ("asks", .sell)] {
                $0.array(key) { json in
                    guard showsOrders else {
                        let count = min(levels, listener.builder.levelCount(index, side))
                        for place in 0..<count {
                            json.object {
                                $0.levelFields(listener.builder.level(index, side, at: place))
                            }
                        }
                        return
                    }
                    for order in orders(listener, index, side) {
                        json.object {
                            $0.field("price", NumberText.number(order.price))
                            $0.field("quantity", NumberText.number(order.quantity))
                            $0.field("priority", order.timePriority.nanos)
                        }
                    }
                }
            }
        }
        return json.text
    }
}

/// A book that did not come in time.
struct NoBook: Error, CustomStringConvertible {
    var description: String
}

extension String {
    func trimmingLineEnd() -> String { hasSuffix("\n") ? String(dropLast()) : self }
}
