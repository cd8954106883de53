import Domain
import Glibc

/// Writes a flow as files of the format that `LobsterFiles` reads.
public enum FlowWriter {
    public static let messagesName = "messages.csv"
    public static let bestPricesName = "bbo.csv"
    public static let seedName = "seed.csv"
    public static let exceptionsName = "exceptions.csv"

    /// Writes the four files into a folder, which is made when it is missing.
    public static func write(_ flow: RecordedFlow, to folder: String) throws(ToolError) {
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw .input("\(folder) cannot be made: \(systemText(errno))")
        }
        try write(messages(flow), to: "\(folder)/\(messagesName)")
        try write(bestPrices(flow), to: "\(folder)/\(bestPricesName)")
        try write(seed(flow), to: "\(folder)/\(seedName)")
        try write(exceptions(flow), to: "\(folder)/\(exceptionsName)")
    }

    static func messages(_ flow: RecordedFlow) -> String {
        var text = ""
        for event in flow.events {
            let nanos = String(event.timeNanos % 1_000_000_000)
            let decimals = String(repeating: "0", count: 9 - nanos.count) + nanos
            text += "\(event.timeNanos / 1_000_000_000).\(decimals),\(event.kind.rawValue),"
            text += "\(event.orderID),\(event.size),\(event.price),\(direction(event.side))\n"
        }
        return text
    }

    static func bestPrices(_ flow: RecordedFlow) -> String {
        var text = ""
        for best in flow.bestPrices {
            text += "\(best.askPrice),\(best.askSize),\(best.bidPrice),\(best.bidSize)\n"
        }
        return text
    }

    static func seed(_ flow: RecordedFlow) -> String {
        var text = LobsterFiles.seedHeader + "\n"
        for order in flow.seed {
            text += "\(order.orderID),\(direction(order.side)),\(order.price),\(order.size)\n"
        }
        return text
    }

    static func exceptions(_ flow: RecordedFlow) -> String {
        var text = LobsterFiles.exceptionsHeader + "\n"
        for (row, kind) in flow.exceptions.sorted(by: { $0.key < $1.key }) {
            text += "\(row),\(kind.rawValue)\n"
        }
        return text
    }

    private static func direction(_ side: Side) -> Int { side == .buy ? 1 : -1 }

    private static func write(_ text: String, to path: String) throws(ToolError) {
        try OutputFile.write(path) { output in output.append(text) }
    }
}
