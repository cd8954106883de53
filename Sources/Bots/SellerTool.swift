import CommandLineTool
import Domain
import LinuxPlatform
import OrderFlow

/// The program `apus-seller`.
public enum SellerTool {
    public static func main() -> Never {
        tool.mainOfBot { arguments in
            let options = try BotOptions(arguments)
            let office = try office(arguments, options.credentials.session)
            // Before any connection, so that Ctrl-C ends it cleanly at any time.
            let stop = try StopSignal()
            let store = try SellerStore(
                arguments.string("store") ?? "", plan: try plan(arguments, options))
            guard store.plan.traded == options.traded,
                store.plan.session == options.credentials.session
            else {
                throw UsageError("the store's plan is for another instrument or session.")
            }
            let market = try options.market(arguments)
            let desk = try options.desk()
            try desk.open()
            var notes: [String] = []
            if try store.orders().contains(where: { $0.soldQty == nil }) {
                let clock = SystemClock.utc
                var connection: ListenerConnection<TCPByteStream>?
                if let office {
                    connection = ListenerConnection(
                        session: office.session, password: office.password,
                        stream: try TCPByteStream(port: office.port), clock: clock)
                }
                for order in try SellerRecovery(
                    store, desk: desk, office: connection, clock: clock
                ).run() {
                    let sold = BotReport.text(order.soldQty ?? .zero)
                    notes.append("order \(order.clOrdID.raw) of an earlier run had sold \(sold)")
                }
            }
            var seller = try SellerBot(store)
            try options.run(&seller, desk: desk, market: market, stop: stop) {
                notes + [
                    "sold \(BotReport.text($0.soldQty)) of \(BotReport.text(store.plan.quantity)) "
                        + "in all runs"
                ]
            }
        }
    }

    /// Nil when the plan is to be the store's.
    private static func plan(
        _ arguments: Arguments, _ options: BotOptions
    ) throws -> SellerPlan? {
        let quantity = try BotOptions.quantity(arguments, "quantity")
        let limit = try BotOptions.price(arguments, "limit")
        guard let quantity, let limit else {
            guard quantity == nil, limit == nil else {
                throw UsageError("--quantity and --limit go together.")
            }
            return nil
        }
        guard limit.raw % options.traded.tick.raw == 0 else {
            throw UsageError("--limit has to be a whole number of ticks.")
        }
        return SellerPlan(
            traded: options.traded, session: options.credentials.session, quantity: quantity,
            slice: try BotOptions.quantity(arguments, "slice") ?? Quantity(units: 10), limit: limit,
            pauseNanos: try arguments.durationNanos("pause", in: 0...3_600_000_000_000) ?? 0)
    }

    /// Port, session and password of the back office; nil when the session's own history is asked.
    private static func office(
        _ arguments: Arguments, _ session: UInt32
    ) throws -> (port: UInt16, session: UInt32, password: String)? {
        guard let port = try arguments.int("dropcopy-port", in: 1...65535) else { return nil }
        let isKnown = [10001, 20001, 30001].contains(session)
        let standard = isKnown ? Int(90_000 + session / 10_000) : nil
        guard let office = try arguments.int("office", in: 1...0xFFFF_FFFE) ?? standard else {
            throw UsageError(
                "session \(session) is not of the demonstration market: give --office.")
        }
        let password =
            arguments.string("office-password")
            ?? SessionChoice.environment("APUS_OFFICE_PASSWORD") ?? "apus-\(office)"
        return (UInt16(port), UInt32(office), password)
    }

    static let tool = Tool(
        "apus-seller",
        summary: "Sells a quantity slice by slice whenever the bid is at its limit or better.",
        options: [
            .value(
                "store", "FILE", "database of the plan and its orders; goes on where it ended",
                isRequired: true),
            .value("quantity", "N", "what to sell in all; with --limit it makes the plan"),
            .value("limit", "P", "lowest price"),
            .value("slice", "N", "quantity of one order", default: "10"),
            .value("pause", "TIME", "time between two orders", default: "1s"),
            BotOptions.feed,
            .value("dropcopy-port", "N", "asks the drop copy there, not the session's history"),
            .value("office", "N", "back-office session that asks (default: the unit's)"),
            .value("office-password", "P", "its password (default: $APUS_OFFICE_PASSWORD)"),
        ] + BotOptions.options(session: 30001),
        notes: """
            It may be killed at any moment: what it was about to do is in the store before it is done.
            Started again with the same store, it asks the venue for its session's history (or the drop
            copy) what became of an order whose answer it never saw, and goes on. Needs libsqlite3 when built.

            """ + BotOptions.notes)
}
