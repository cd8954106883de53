import CommandLineTool
import Domain
import Exchange
import Glibc
import LinuxPlatform
import OrderFlow
import Surface

/// Market operations from the command line: `apus-exchange halt` and its relatives.
public enum OperationsTool {
    /// Where the password may stand instead of on the command line, where others can see it.
    static let passwordVariable = "APUS_OPERATIONS_PASSWORD"

    /// Runs the command that this word is, if it is one. `words` begin with it.
    public static func mainIfCommand(_ words: [String]) {
        guard let action = MarketStateAction.allCases.first(where: { $0.command == words.first })
        else { return }
        tool(action).main(words) { try run(action, $0) }
    }

    static func tool(_ action: MarketStateAction) -> Tool {
        var options: [Option] = [
            .value(
                "product", "PRODUCT",
                action == .endOfDay
                    ? "its number or name; without it every product" : "its number or name")
        ]
        if action != .endOfDay {
            options.append(.value("instrument", "INSTRUMENT", "its SecurityID or name"))
        }
        options += [
            .value("name", "NAME", "the venue's name on this machine", default: "demo"),
            .value("session", "N", "session of market operations", default: "90000"),
            .value("password", "WORD", "its password; better in \(passwordVariable)"),
            .flag("json", "one JSON object"),
        ]
        return Tool(
            "apus-exchange \(action.command)", summary: summary(action), options: options,
            notes: """
                Asks a running venue and waits until it is done. Without a password that of the
                demonstration market is tried. docs/operations.md says what each command does.
                """)
    }

    private static func summary(_ action: MarketStateAction) -> String {
        switch action {
        case .halt: "Halts a product or an instrument: orders that are not persistent are deleted."
        case .resume: "Lets a halted product or instrument trade again."
        case .endOfDay: "Ends the business day: all orders for the day are deleted."
        case .close: "Closes a product or an instrument: nothing is possible, orders stay."
        case .open: "Opens a closed product or instrument, or begins a business day."
        }
    }

    private static func run(_ action: MarketStateAction, _ arguments: Arguments) throws {
        let session = try arguments.int("session", in: 1...Int(UInt32.max - 1), default: 90000)
        let venue = try SurfaceReader.attach(name: arguments.string("name") ?? "")
        let configuration = try Configuration(parsing: Array(venue.configuration.utf8))
        let market = configuration.market
        let operation = try MarketOperation(
            action, product: arguments.string("product"),
            instrument: action == .endOfDay ? nil : arguments.string("instrument"), in: market)
        let connection = OperationsConnection(
            session: UInt32(session), password: try password(arguments, session),
            stream: try TCPByteStream(port: configuration.runtime.port),
            clock: SystemClock.utc)
        try connection.logon()
        let product = operation.product.map { market.products[$0.index].marketSegmentID }
        let instrument = operation.instrument.map { market.instruments[$0.index].securityID }
        let transaction = try connection.changeMarketState(
            action, product: product, instrument: instrument, what: operation.request(in: market))
        try connection.logout()
        guard arguments.flag("json") else { return print(operation.result(in: market)) }
        var json = JSONWriter()
        json.object {
            $0.field("action", action.command)
            $0.field("marketSegmentID", product.map(Int64.init))
            $0.field("securityID", instrument)
            $0.field("massActionReportID", transaction.nanos)
        }
        print(json.text)
    }

    /// Sessions' passwords have 1 to 32 bytes.
    private static func password(_ arguments: Arguments, _ session: Int) throws -> String {
        let given =
            arguments.string("password") ?? getenv(passwordVariable).map { String(cString: $0) }
            ?? "apus-\(session)"
        guard (1...32).contains(given.utf8.count) else {
            throw UsageError("the password has to be 1 to 32 bytes long.")
        }
        return given
    }
}
