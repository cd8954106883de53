import Domain
import OrderFlow
import SQLiteFile

/// What an execution bot is to do.
public struct SellerPlan: Equatable, Sendable {
    public var traded: TradedInstrument
    /// PartyIDSessionID that the orders are entered by.
    public var session: UInt32
    public var quantity: Quantity
    /// Quantity of one order.
    public var slice: Quantity
    /// Lowest price to sell at.
    public var limit: Price
    /// Time between two orders.
    public var pauseNanos: UInt64

    public init(
        traded: TradedInstrument, session: UInt32, quantity: Quantity, slice: Quantity,
        limit: Price, pauseNanos: UInt64
    ) {
        self.traded = traded
        self.session = session
        self.quantity = quantity
        self.slice = slice
        self.limit = limit
        self.pauseNanos = pauseNanos
    }
}

/// An order as the store has it: what was intended, and what is known to have come of it.
public struct SellerOrder: Equatable, Sendable {
    public var clOrdID: ClOrdID
    public var quantity: Quantity
    /// Nil until the venue's answer, or the drop copy, has told.
    public var soldQty: Quantity?
    /// SessionInstanceID it was entered under.
    public var instance: UInt32
}

/// The plan and every order, in a file that outlives the bot: an order is written down before it is
/// sent, and its result as soon as it is known. The file is one bot's at a time.
public final class SellerStore {
    public let plan: SellerPlan
    private let file: SQLiteFile
    private let insertion: SQLiteStatement
    private let result: SQLiteStatement

    /// Opens the file. A new one takes `plan`; one that has a plan keeps it, and must not be given
    /// another.
    public init(_ path: String, plan: SellerPlan?) throws(ToolError) {
        do throws(SQLiteError) {
            file = try Self.open(path)
            try file.execute(Self.schema)
            insertion = try file.prepare(
                "INSERT INTO orders (clordid, quantity, instance) VALUES (?, ?, ?)")
            result = try file.prepare("UPDATE orders SET sold = ? WHERE clordid = ?")
            let stored = try Self.read(file)
            if stored == nil, let plan { try Self.write(plan, file) }
            guard let known = stored ?? plan else {
                throw SQLiteError(
                    "\(path) has no plan yet: give --quantity and --limit")
            }
            if let plan, plan != known {
                throw SQLiteError(
                    "\(path) has another plan; leave the options of the plan away to "
                        + "go on with it, or name another file")
            }
            self.plan = known
        } catch {
            throw .input(error.description)
        }
    }

    /// Opens a file that is nobody else's until this process ends.
    private static func open(_ path: String) throws(SQLiteError) -> SQLiteFile {
        let file = try SQLiteFile(path: path)
        do throws(SQLiteError) {
            try file.execute(
                "PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT")
        } catch  where error.description.hasSuffix("locked") {
            throw SQLiteError("\(path) is in use by another program")
        }
        return file
    }

    /// Writes down an order that is about to be sent. When this returns it is on the disk.
    public func intend(
        _ clOrdID: ClOrdID, _ quantity: Quantity, instance: UInt32
    ) throws(ToolError) {
        do throws(SQLiteError) {
            try insertion.run(
                .integer(Int64(bitPattern: clOrdID.raw)), .integer(quantity.raw),
                .integer(Int64(instance)))
        } catch {
            throw .run(error.description)
        }
    }

    /// Writes down what an order sold.
    public func settle(_ clOrdID: ClOrdID, sold: Quantity) throws(ToolError) {
        do throws(SQLiteError) {
            try result.run(.integer(sold.raw), .integer(Int64(bitPattern: clOrdID.raw)))
        } catch {
            throw .run(error.description)
        }
    }

    /// All orders, oldest first.
    public func orders() throws(ToolError) -> [SellerOrder] {
        do throws(SQLiteError) {
            let query = try file.prepare(
                "SELECT clordid, quantity, sold, instance FROM orders ORDER BY clordid")
            var orders: [SellerOrder] = []
            try query.begin()
            while try query.next() {
                orders.append(
                    SellerOrder(
                        clOrdID: ClOrdID(raw: UInt64(bitPattern: query.integer(0) ?? 0)),
                        quantity: Quantity(raw: query.integer(1) ?? 0),
                        soldQty: query.integer(2).map { Quantity(raw: $0) },
                        instance: UInt32(truncatingIfNeeded: query.integer(3) ?? 0)))
            }
            return orders
        } catch {
            throw .run(error.description)
        }
    }

    private static let schema = """
        CREATE TABLE IF NOT EXISTS plan (
            instrument INTEGER, product INTEGER, tick INTEGER, session INTEGER, quantity INTEGER,
            slice INTEGER, price INTEGER, pause INTEGER);
        CREATE TABLE IF NOT EXISTS orders (
            clordid INTEGER PRIMARY KEY, quantity INTEGER NOT NULL, sold INTEGER,
            instance INTEGER NOT NULL);
        """

    private static func write(_ plan: SellerPlan, _ file: SQLiteFile) throws(SQLiteError) {
        let insertion = try file.prepare("INSERT INTO plan VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        try insertion.run(
            .integer(Int64(plan.traded.instrument)), .integer(Int64(plan.traded.product)),
            .integer(plan.traded.tick.raw), .integer(Int64(plan.session)),
            .integer(plan.quantity.raw), .integer(plan.slice.raw), .integer(plan.limit.raw),
            .integer(Int64(plan.pauseNanos)))
    }

    private static func read(_ file: SQLiteFile) throws(SQLiteError) -> SellerPlan? {
        let query = try file.prepare("SELECT * FROM plan")
        try query.begin()
        guard try query.next() else { return nil }
        let values = (0..<8).map { query.integer($0) ?? 0 }
        return SellerPlan(
            traded: TradedInstrument(
                instrument: UInt32(truncatingIfNeeded: values[0]),
                product: Int32(truncatingIfNeeded: values[1]), tick: Price(raw: values[2])),
            session: UInt32(truncatingIfNeeded: values[3]), quantity: Quantity(raw: values[4]),
            slice: Quantity(raw: values[5]), limit: Price(raw: values[6]),
            pauseNanos: UInt64(bitPattern: values[7]))
    }
}

extension SQLiteStatement {
    /// A cell that is a number.
    fileprivate func integer(_ column: Int) -> Int64? {
        guard case .integer(let number) = self.column(column) else { return nil }
        return number
    }
}
