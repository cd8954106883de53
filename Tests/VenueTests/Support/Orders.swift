import TestSupport
import Wire

/// Requests about orders, in the words of a test.
extension TestClient {
    enum Form {
        /// 10125 and lean.
        case lean
        /// 10125 and standard, non-persistent.
        case short
        /// 10100 and standard, persistent.
        case persistent
        /// 10100 and standard, non-persistent.
        case long
    }

    /// A limit order of any form: `side` 1 buys, 2 sells.
    func orderFrame(
        _ number: UInt32, _ form: Form = .lean, id: UInt64, side: UInt8, lots: Int64,
        price: Double, instrument: UInt32 = 1001, product: Int32 = 100, timeInForce: UInt8 = 0
    ) -> [UInt8] {
        switch form {
        case .lean, .short:
            Frames.shortOrder(number, trader: trader, clOrdID: id, instrument: instrument) {
                $0.side = side
                $0.price = .price(price)
                $0.orderQty = .lots(lots)
                $0.timeInForce = timeInForce
                $0.applSeqIndicator = form == .lean ? 0 : 1
            }
        case .persistent, .long:
            Frames.order(
                number, trader: trader, clOrdID: id, product: product, instrument: instrument
            ) {
                $0.side = side
                $0.price = .price(price)
                $0.orderQty = .lots(lots)
                $0.timeInForce = timeInForce
                $0.execInst = form == .persistent ? 1 : 2
            }
        }
    }

    /// Enters a limit order and returns all that its answer took.
    func order(
        _ form: Form = .lean, id: UInt64, side: UInt8, lots: Int64, price: Double,
        instrument: UInt32 = 1001, product: Int32 = 100, timeInForce: UInt8 = 0
    ) throws -> [Message] {
        try exchange {
            orderFrame(
                $0, form, id: id, side: side, lots: lots, price: price, instrument: instrument,
                product: product, timeInForce: timeInForce)
        }
    }

    func deleteFrame(
        _ number: UInt32, id: UInt64, as newID: UInt64 = .max, instrument: UInt32 = 1001,
        product: Int32 = 100, orderID: UInt64 = .max
    ) -> [UInt8] {
        Frames.delete(number, trader: trader, product: product, instrument: instrument) {
            $0.orderID = orderID
            $0.clOrdID = newID
            $0.origClOrdID = id
        }
    }

    func delete(
        id: UInt64, as newID: UInt64 = .max, instrument: UInt32 = 1001, product: Int32 = 100
    ) throws -> [Message] {
        try exchange {
            deleteFrame($0, id: id, as: newID, instrument: instrument, product: product)
        }
    }
}
