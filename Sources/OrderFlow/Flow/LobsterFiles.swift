import Domain

/// Reads a flow from files in the LOBSTER sample format: messages and best prices, without headers;
/// and, with headers, the orders to start with and the rows to treat otherwise.
public enum LobsterFiles {
    static let seedHeader = "order_id,side,price,size"
    static let exceptionsHeader = "row,kind"
    /// Row that the published AAPL sample can be followed from: before it, orders from before the
    /// opening appear with their old priority.
    public static let firstRowWithSeed = 672

    public static func read(
        messages: String, bestPrices: String, seed: String? = nil, exceptions: String? = nil,
        firstRow: Int? = nil
    ) throws(ToolError) -> RecordedFlow {
        let events = try readMessages(CSVReader(path: messages))
        let prices = try readBestPrices(CSVReader(path: bestPrices))
        guard events.count == prices.count else {
            throw .input(
                "\(messages) has \(events.count) rows and \(bestPrices) has \(prices.count): "
                    + "expected as many best prices as messages")
        }
        let seedOrders = try seed.map { path throws(ToolError) in
            try readSeed(CSVReader(path: path))
        }
        let exceptionRows = try exceptions.map { path throws(ToolError) in
            try readExceptions(CSVReader(path: path), events: events)
        }
        return RecordedFlow(
            events: events, bestPrices: prices, seed: seedOrders ?? [],
            exceptions: exceptionRows ?? [:],
            firstRow: firstRow ?? ((seedOrders ?? []).isEmpty ? 0 : firstRowWithSeed))
    }

    package static func readMessages(_ file: consuming CSVReader) throws(ToolError) -> [FlowEvent] {
        var reader = file
        var events: [FlowEvent] = []
        events.reserveCapacity(reader.lineEstimate / 2)
        var lastTime: Int64 = 0
        while !reader.isAtEnd() {
            let time = try reader.decimal("the time in seconds", places: 9)
            guard time >= lastTime else {
                throw reader.expected("a time not before the last row's")
            }
            lastTime = time
            try reader.comma()
            guard let kind = FlowEventKind(rawValue: try reader.integer("the type")) else {
                throw reader.expected("a type from 1 to 5")
            }
            try reader.comma()
            let orderID = try reader.integer("the order id")
            try reader.comma()
            let size = try reader.integer("the size")
            guard size > 0, size <= maximumSize else {
                throw reader.expected("a size from 1 to \(maximumSize)")
            }
            try reader.comma()
            let price = try readPrice(&reader)
            try reader.comma()
            let side = try readSide(&reader, "a direction")
            try reader.endOfLine()
            events.append(
                FlowEvent(
                    timeNanos: time, kind: kind, orderID: orderID, size: size, price: price,
                    side: side))
        }
        return events
    }

    package static func readBestPrices(
        _ file: consuming CSVReader
    ) throws(ToolError) -> [BestPrices] {
        var reader = file
        var prices: [BestPrices] = []
        prices.reserveCapacity(reader.lineEstimate / 2)
        while !reader.isAtEnd() {
            let askPrice = try reader.integer("the ask price")
            try reader.comma()
            let askSize = try reader.integer("the ask size")
            try reader.comma()
            let bidPrice = try reader.integer("the bid price")
            try reader.comma()
            let bidSize = try reader.integer("the bid size")
            try reader.endOfLine()
            prices.append(
                BestPrices(
                    askPrice: askPrice, askSize: askSize, bidPrice: bidPrice, bidSize: bidSize))
        }
        return prices
    }

    package static func readSeed(_ file: consuming CSVReader) throws(ToolError) -> [SeedOrder] {
        var reader = file
        try reader.header(seedHeader)
        var orders: [SeedOrder] = []
        while !reader.isAtEnd() {
            let orderID = try reader.integer("the order id")
            try reader.comma()
            let side = try readSide(&reader, "a side")
            try reader.comma()
            let price = try readPrice(&reader)
            try reader.comma()
            let size = try reader.integer("the size")
            guard size > 0, size <= maximumSize else {
                throw reader.expected("a size from 1 to \(maximumSize)")
            }
            try reader.endOfLine()
            orders.append(SeedOrder(orderID: orderID, side: side, price: price, size: size))
        }
        return orders
    }

    package static func readExceptions(
        _ file: consuming CSVReader, events: [FlowEvent]
    ) throws(ToolError) -> [Int: FlowException] {
        var reader = file
        try reader.header(exceptionsHeader)
        var exceptions: [Int: FlowException] = [:]
        while !reader.isAtEnd() {
            let row = try reader.integer("the row")
            guard row >= 0, row < events.count else {
                throw reader.expected("a row from 0 to \(events.count - 1)")
            }
            try reader.comma()
            guard let kind = FlowException(rawValue: try reader.word("the kind of exception"))
            else {
                throw reader.expected("exec_not_front_of_queue or cancel_unknown_order")
            }
            let event = events[Int(row)].kind
            let fits =
                kind == .executionNotAtFront
                ? event == .execution : event == .reduction || event == .deletion
            guard fits else { throw reader.expected("a row whose type fits \(kind.rawValue)") }
            try reader.endOfLine()
            exceptions[Int(row)] = kind
        }
        return exceptions
    }

    /// Bounds that keep every sum of sizes and every wire price within 64 bits.
    private static let maximumSize: Int64 = 100_000_000
    private static let maximumPrice: Int64 = 10_000_000_000

    private static func readPrice(_ reader: inout CSVReader) throws(ToolError) -> Int64 {
        let price = try reader.integer("the price")
        guard price > 0, price < maximumPrice else {
            throw reader.expected("a price above 0 and below \(maximumPrice)")
        }
        return price
    }

    private static func readSide(
        _ reader: inout CSVReader, _ what: String
    ) throws(ToolError) -> Side {
        switch try reader.integer(what) {
        case 1: .buy
        case -1: .sell
        default: throw reader.expected("\(what) of 1 or -1")
        }
    }
}
