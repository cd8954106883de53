import Client
import CommandLineTool
import Domain
import OrderFlow

/// What a bot did, for people and machines.
public struct BotReport: Equatable, Sendable {
    public var session: UInt32
    public var instrument: UInt32
    public var seconds: Double
    public var counts: OwnOrders.Counts
    public var position: OwnPosition
    /// The price that the profit is counted with; nil when none is known.
    public var mark: Price?
    /// More lines, of one bot alone.
    public var notes: [String] = []

    public init(
        session: UInt32, instrument: UInt32, seconds: Double, orders: OwnOrders, mark: Price?
    ) {
        self.session = session
        self.instrument = instrument
        self.seconds = seconds
        counts = orders.counts
        position = orders.position(in: instrument)
        self.mark = mark
    }

    private static func units(_ quantity: Quantity) -> Double {
        Double(quantity.raw) / Double(Quantity.unit)
    }

    static func text(_ quantity: Quantity) -> String {
        quantity.raw % Quantity.unit == 0
            ? formatGrouped(quantity.raw / Quantity.unit)
            : formatDecimal(units(quantity), decimals: 4)
    }

    static func text(_ price: Price) -> String {
        formatDecimal(Double(price.raw) / Double(Price.unit), decimals: 4)
    }

    /// Lines with a line end each.
    public var text: String {
        var text = """
            session \(session), instrument \(instrument), \(formatDecimal(seconds, decimals: 1)) s
            \(formatGrouped(counts.entered)) orders entered, \(formatGrouped(counts.changed)) \
            changes, \(formatGrouped(counts.deleted)) deletions, \
            \(formatGrouped(counts.rejected)) rejects
            \(formatGrouped(counts.executions)) executions: bought \(Self.text(position.boughtQty)), \
            sold \(Self.text(position.soldQty)), position \(Self.text(position.net))

            """
        if let mark {
            let profit = formatDecimal(position.profit(markedAt: mark), decimals: 2)
            text += "profit \(profit), marked at \(Self.text(mark))\n"
        }
        for note in notes { text += note + "\n" }
        return text
    }

    public var json: String {
        var json = JSONWriter()
        json.object {
            $0.field("session", session)
            $0.field("instrument", instrument)
            $0.field("seconds", seconds, decimals: 3)
            $0.field("entered", counts.entered)
            $0.field("changed", counts.changed)
            $0.field("deleted", counts.deleted)
            $0.field("rejected", counts.rejected)
            $0.field("executions", counts.executions)
            $0.field("bought", Self.units(position.boughtQty))
            $0.field("sold", Self.units(position.soldQty))
            $0.field("position", Self.units(position.net))
            $0.field("mark", mark.map { Double($0.raw) / Double(Price.unit) })
            $0.field("profit", mark.map { position.profit(markedAt: $0) })
        }
        return json.text
    }
}
